import fc from 'fast-check'
import { sweepPurges } from '../../../lambda/core/sweeper.ts'
import { ApiError, makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'
import { Refusal, ReferenceSecrets, type Operation } from './reference-secrets.ts'

const names = ['a', 'b']
const tokens = ['t1', 't2', 't3', 't4'].map(token)
const stages = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS', 'X', 'Y']

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom(
    'create',
    'put',
    'put',
    'update',
    'move',
    'move',
    'delete',
    'force',
    'restore',
    'tag',
    'untag',
    'wait',
  ),
  name: fc.constantFrom(...names),
  token: fc.constantFrom(...tokens),
  value: fc.constantFrom(undefined, 'v', 'w', 'large'.repeat(2_000)),
  stages: fc.uniqueArray(fc.constantFrom(...stages), { maxLength: 3 }),
  to: fc.constantFrom(undefined, ...tokens),
  from: fc.constantFrom(undefined, ...tokens),
})

const requests: Readonly<
  Record<Exclude<Operation['kind'], 'wait'>, (operation: Operation) => readonly [string, Json]>
> = {
  create: ({ name, value, token }) => ['CreateSecret', { Name: name, SecretString: value, ClientRequestToken: token }],
  put: ({ name, value = 'v', token, stages }) => [
    'PutSecretValue',
    {
      SecretId: name,
      SecretString: value,
      ClientRequestToken: token,
      ...(stages.length > 0 && { VersionStages: stages }),
    },
  ],
  update: ({ name, value, token, to }) => [
    'UpdateSecret',
    { SecretId: name, SecretString: value, ClientRequestToken: token, Description: to },
  ],
  move: ({ name, stages: [stage = 'X'], to, from }) => [
    'UpdateSecretVersionStage',
    { SecretId: name, VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from },
  ],
  delete: ({ name }) => ['DeleteSecret', { SecretId: name, RecoveryWindowInDays: 7 }],
  force: ({ name }) => ['DeleteSecret', { SecretId: name, ForceDeleteWithoutRecovery: true }],
  restore: ({ name }) => ['RestoreSecret', { SecretId: name }],
  tag: ({ name, token, value = '' }) => [
    'TagResource',
    { SecretId: name, Tags: [{ Key: token, Value: value.slice(0, 5) }] },
  ],
  untag: ({ name, token }) => ['UntagResource', { SecretId: name, TagKeys: [token] }],
}

describe('random operations', () => {
  it('do what the reference model does, after every step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async (operations) => {
        const coffer = makeCoffer()
        const reference = new ReferenceSecrets()
        try {
          for (const step of operations) {
            expect(await outcomeOf(coffer, step)).toBe(expectedOutcome(reference, step))
            expect(await observe(coffer)).toEqual(expected(reference))
          }
        } finally {
          coffer.close()
        }
      }),
      { numRuns: 1_000 },
    )
  }, 120_000)
})

async function outcomeOf(coffer: Coffer, step: Operation): Promise<string> {
  if (step.kind === 'wait') {
    coffer.clock.advance(3 * 86_400_000)
    await sweepPurges(coffer.services)
    return 'done'
  }
  try {
    await coffer.call(...requests[step.kind](step))
    return 'done'
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}

function expectedOutcome(reference: ReferenceSecrets, step: Operation): string {
  try {
    reference.apply(step.kind === 'tag' ? { ...step, value: step.value?.slice(0, 5) } : step)
    return 'done'
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

/** Everything that a client can see of all secrets. */
async function observe(coffer: Coffer): Promise<Json> {
  const { SecretList } = await coffer.call('ListSecrets', { IncludePlannedDeletion: true })
  const entries = (SecretList as { Name: string; Description?: string; DeletedDate?: number; Tags?: Json[] }[]).map(
    async ({ Name, Description, DeletedDate, Tags }) => {
      const { Versions } = await coffer.call('ListSecretVersionIds', { SecretId: Name, IncludeDeprecated: true })
      const versions = (Versions as { VersionId: string; VersionStages?: string[] }[]).map(
        async ({ VersionId, VersionStages = [] }) => {
          if (DeletedDate !== undefined) return [VersionId, VersionStages]
          const { SecretString } = await coffer.call('GetSecretValue', { SecretId: Name, VersionId })
          return [VersionId, VersionStages, SecretString]
        },
      )
      const shown = { description: Description, isScheduled: DeletedDate !== undefined, tags: Tags && tagPairs(Tags) }
      return [Name, { ...shown, versions: (await Promise.all(versions)).sort() }] as const
    },
  )
  return Object.fromEntries(await Promise.all(entries))
}

const tagPairs = (tags: Json[]) => tags.map(({ Key, Value }) => [Key, Value]).sort()

function expected({ secrets }: ReferenceSecrets): Json {
  const entries = [...secrets].map(([name, { versions, tags, hadTags, description, purgeDay }]) => {
    const isScheduled = purgeDay !== undefined
    const listed = [...versions].map(([id, { value, stages: held }]) =>
      isScheduled ? [id, [...held].sort()] : [id, [...held].sort(), value],
    )
    return [name, { description, isScheduled, tags: hadTags ? [...tags].sort() : undefined, versions: listed.sort() }]
  })
  return Object.fromEntries(entries) as Json
}
