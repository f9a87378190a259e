import type { Need } from '../../../lambda/core/operation.ts'
import { operations } from '../../../lambda/core/operations/index.ts'
import type { OperationName } from '../../../lambda/core/model/secrets-manager.types.generated.ts'
import { makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'

const needOf: Readonly<Record<string, Need>> = {
  load: 'store:read',
  loadMany: 'store:read',
  readValue: 'store:read',
  recordAccess: 'store:touch',
  list: 'store:list',
  commit: 'store:write',
  generateDataKey: 'keys:use',
  wrapDataKey: 'keys:use',
  unwrapDataKey: 'keys:use',
  serviceKey: 'keys:create',
  retireServiceKey: 'keys:create',
}

/** Calls that together make each operation reach for everything that it can. */
const script: readonly (readonly [OperationName, Json])[] = [
  ['CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') }],
  ['CreateSecret', { Name: 'a', SecretString: 'v', ClientRequestToken: token('v1') }],
  ['PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('v2') }],
  ['PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('v2') }],
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
  ['GetRandomPassword', {}],
]

describe('the operation table', () => {
  it('declares for each operation what it reaches for, no less and no more', async () => {
    const used = new Map<string, Set<Need>>(Object.keys(operations).map((name) => [name, new Set()]))
    const coffer = makeCoffer()
    await coffer.call('CreateSecret', { Name: 'keyed', KmsKeyId: coffer.keys.addKey('mine') })
    await coffer.call('CreateSecret', { Name: 'large', SecretString: 'v' })
    for (const [operation, input] of script)
      await watched(coffer, used.get(operation)!, () => coffer.call(operation, input))
    const declared = Object.entries(operations).map(([name, { needs }]) => [name, [...needs].sort()])
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

async function watched({ services }: Coffer, needs: Set<Need>, work: () => Promise<unknown>): Promise<void> {
  const spies = [services.store, services.keys].flatMap((target) =>
    Object.entries(needOf)
      .filter(([method]) => method in target)
      .map(([method, need]) => ({ need, spy: jest.spyOn(target, method as never) })),
  )
  await work()
  for (const { need, spy } of spies) {
    if (spy.mock.calls.length > 0) needs.add(need)
    spy.mockRestore()
  }
}
