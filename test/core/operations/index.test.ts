import type { Need } from '../../../lambda/core/operation.ts'
import { rotationTasks } from '../../../lambda/core/rotation/tasks.ts'
import { reconcileSecret } from '../../../lambda/core/replication/reconcile-secret.ts'
import { operations } from '../../../lambda/core/operations/index.ts'
import type { OperationName } from '../../../lambda/core/model/secrets-manager.types.generated.ts'
import type { Commit } from '../../../lambda/core/ports/secret-store.ts'
import { ACCOUNT, makeCoffer, REGION, token, type Coffer, type Json } from '../../support/coffer.ts'

/** What a call of a port's method shows to be needed. */
const needsOf: Readonly<Record<string, (argument: never) => readonly Need[]>> = {
  load: () => ['store:read'],
  loadHeads: () => ['store:read'],
  readValue: () => ['values:read'],
  recordAccess: () => ['store:touch'],
  list: () => ['store:list'],
  commit: ({ head, put, drop }: Commit) => [
    head.revision === 1 ? 'store:create' : 'store:write',
    ...(put.length > 0 ? (['values:write'] as const) : []),
    ...(drop.length > 0 ? (['values:drop'] as const) : []),
  ],
  generateDataKey: () => ['keys:seal'],
  wrapDataKey: () => ['keys:rewrap'],
  unwrapDataKey: () => ['keys:open'],
  serviceKey: () => ['keys:create'],
  retireServiceKey: () => ['keys:create'],
  rotation: () => ['rotation:read'],
  saveRotation: () => ['store:write'],
  replicaViews: () => ['links:read'],
  describeKey: () => ['keys:describe'],
  check: () => ['functions:check'],
  tell: () => ['events:tell'],
}

const DAY = 86_400_000
const KEY = { account: ACCOUNT, region: REGION }
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`
const POLICY = JSON.stringify({
  Statement: { Effect: 'Allow', Principal: '*', Action: 'secretsmanager:DescribeSecret', Resource: '*' },
})
const LARGE = 'v'.repeat(9_000)

const REPLICATED: Json = {
  Name: 'everywhere',
  SecretString: 'v',
  ClientRequestToken: token('v1'),
  AddReplicaRegions: [{ Region: 'eu-west-1' }, { Region: 'ap-south-1' }],
}

/** Calls that together make each operation reach for everything that it can. */
const script: readonly (readonly [OperationName, Json])[] = [
  ['CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') }],
  ['CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') }],
  ['PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('v2') }],
  ['PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('v2') }],
  ['CreateSecret', { Name: 'big', SecretString: LARGE, ClientRequestToken: token('v1') }],
  ['CreateSecret', { Name: 'big', SecretString: LARGE, ClientRequestToken: token('v1') }],
  ['BatchGetSecretValue', { SecretIdList: ['big'] }],
  ['PutSecretValue', { SecretId: 'big', SecretString: 'w', ClientRequestToken: token('v2') }],
  ['PutSecretValue', { SecretId: 'big', SecretString: LARGE, ClientRequestToken: token('v1') }],
  ['PutSecretValue', { SecretId: 'many', SecretString: 'w' }],
  ['UpdateSecret', { SecretId: 'big', KmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/mine' }],
  ['UpdateSecret', { SecretId: 'a', SecretString: 'x', ClientRequestToken: token('v3') }],
  ['UpdateSecret', { SecretId: 'keyed', KmsKeyId: '' }],
  [
    'UpdateSecretVersionStage',
    { SecretId: 'a', VersionStage: 'AWSCURRENT', MoveToVersionId: token('v2'), RemoveFromVersionId: token('v3') },
  ],
  ['GetSecretValue', { SecretId: 'a', VersionStage: 'AWSPREVIOUS' }],
  ['BatchGetSecretValue', { Filters: [{ Key: 'name', Values: ['a'] }] }],
  ['DescribeSecret', { SecretId: 'a' }],
  ['ListSecretVersionIds', { SecretId: 'a' }],
  ['ListSecrets', {}],
  ['TagResource', { SecretId: 'large', Tags: [{ Key: 'k', Value: 'v' }] }],
  ['UntagResource', { SecretId: 'large', TagKeys: ['k'] }],
  ['DeleteSecret', { SecretId: 'a' }],
  ['RestoreSecret', { SecretId: 'a' }],
  ['DeleteSecret', { SecretId: 'nothing', ForceDeleteWithoutRecovery: true }],
  ['GetResourcePolicy', { SecretId: 'large' }],
  ['PutResourcePolicy', { SecretId: 'large', ResourcePolicy: POLICY }],
  ['ValidateResourcePolicy', { SecretId: 'large', ResourcePolicy: POLICY }],
  ['DeleteResourcePolicy', { SecretId: 'large' }],
  ['CreateSecret', REPLICATED],
  ['ReplicateSecretToRegions', { SecretId: 'keyed-too', AddReplicaRegions: [{ Region: 'ap-south-1' }] }],
  ['DescribeSecret', { SecretId: 'everywhere' }],
  ['RemoveRegionsFromReplication', { SecretId: 'everywhere', RemoveReplicaRegions: ['ap-south-1'] }],
  ['GetRandomPassword', {}],
  ['RotateSecret', { SecretId: 'full', RotationLambdaARN: FUNCTION }],
  ['CancelRotateSecret', { SecretId: 'tested' }],
  ['DeleteSecret', { SecretId: 'tested-too' }],
  ['PutSecretValue', { SecretId: 'rotating', SecretString: 'x' }],
  ['UpdateSecret', { SecretId: 'rotating-too', SecretString: 'x' }],
]

describe('the operation table', () => {
  it('declares for each operation what it reaches for, no less and no more', async () => {
    const used = new Map<string, Set<Need>>(Object.keys(operations).map((name) => [name, new Set()]))
    const coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'keyed', KmsKeyId: coffer.keys.addKey('mine') })
    await coffer.call('CreateSecret', { Name: 'large', SecretString: 'v' })
    await coffer.call('CreateSecret', { Name: 'many', SecretString: 'v' })
    for (let version = 1; version < 100; version++)
      await coffer.call('PutSecretValue', { SecretId: 'many', SecretString: `${version}`, VersionStages: ['S'] })
    await coffer.call('CreateSecret', { Name: 'full', SecretString: 'v' })
    for (let version = 1; version < 100; version++)
      await coffer.call('PutSecretValue', { SecretId: 'full', SecretString: `${version}`, VersionStages: ['S'] })
    for (const name of ['tested', 'tested-too']) await rotate(coffer, name, { RotateImmediately: false })
    for (const name of ['rotating', 'rotating-too']) await rotate(coffer, name)
    coffer.clock.advance(2 * DAY)
    await coffer.call('CreateSecret', REPLICATED)
    await coffer.call('CreateSecret', { Name: 'keyed-too', KmsKeyId: coffer.keys.addKey('theirs'), SecretString: 'v' })
    await copyTo(coffer, 'eu-west-1', 'everywhere')
    await watched(coffer, used.get('StopReplicationToReplica')!, () =>
      coffer.call('StopReplicationToReplica', { SecretId: 'everywhere' }, { region: 'eu-west-1' }),
    )
    for (const [operation, input] of script)
      await watched(coffer, used.get(operation)!, () => coffer.call(operation, input))
    const declared = Object.entries(operations).map(([name, { needs }]) => [name, [...needs].sort()])
    // Who opens or seals may ask who may.
    for (const needs of used.values())
      if (needs.has('keys:open') || needs.has('keys:seal')) needs.delete('keys:describe')
    expect(Object.fromEntries([...used].map(([name, needs]) => [name, [...needs].sort()]))).toEqual(
      Object.fromEntries(declared),
    )
    coffer.close()
  })

  it('finds nothing under a name from the prototype', () => {
    expect((operations as Record<string, unknown>).constructor).toBeUndefined()
    expect(Object.getPrototypeOf(operations)).toBeNull()
  })
})

/** As the replicator of that Region makes it. */
async function copyTo({ feed, services }: Coffer, region: string, name: string): Promise<void> {
  await feed.deliver(feed.pending(100))
  await reconcileSecret({ ...services, noteFault: fail }, { account: ACCOUNT, region, name })
}

const fail = (fault: unknown): never => {
  throw fault
}

/** A rotation, or the test of one, that somebody has taken up. */
async function rotate(coffer: Coffer, name: string, input: Json = {}): Promise<void> {
  await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
  await coffer.call('RotateSecret', { SecretId: name, RotationLambdaARN: FUNCTION, ...input })
  const { key, suffix, rotation } = (await coffer.store.load({ ...KEY, name }))!.head
  const tasks = rotationTasks({ services: coffer.services, patienceMs: 0, noteFault: () => undefined })
  await tasks({ ...key, suffix, run: rotation!.running!.run, task: 'begin', executor: 'x' })
}

async function watched({ services }: Coffer, needs: Set<Need>, work: () => Promise<unknown>): Promise<void> {
  const spies = [services.store, services.replication, services.keys, services.functions, services.events].flatMap(
    (target) =>
      Object.entries(needsOf)
        .filter(([method]) => method in target)
        .map(([method, shown]) => ({ shown, spy: jest.spyOn(target, method as never) })),
  )
  await work()
  for (const { shown, spy } of spies) {
    for (const [argument] of spy.mock.calls as unknown as readonly (readonly never[])[])
      for (const need of shown(argument!)) needs.add(need)
    spy.mockRestore()
  }
}
