import { failureOf } from '../../../support/keyring-fixture.ts'
import { adapter, customerKeys, kmsError, recordingKms, scope, type RecordingKms } from './kms-fixture.ts'

let kms: RecordingKms
let arn: string
let keyId: string
beforeEach(async () => {
  kms = await recordingKms()
  ;({ arn, keyId } = await customerKeys(kms.client).createKey({ tag: { key: 'team', value: 'db' } }))
  kms.takeCalls()
})
afterEach(() => kms.close())

const ALL = ['DescribeKey', 'GetKeyPolicy', 'ListResourceTags']
const sorted = (): string[] => kms.takeCalls().sort()
const denied = kmsError('AccessDeniedException', 'not for you')

describe('the description of a customer key', () => {
  it('is asked for once a minute for each way of writing its name', async () => {
    const service = adapter(kms)
    for (let time = 0; time < 3; time++) await service.describeKey({ keyId: arn, scope })
    expect(sorted()).toEqual(ALL)
    await service.describeKey({ keyId, scope })
    expect(sorted()).toEqual(ALL)
    kms.clock.advance(59_999)
    await service.describeKey({ keyId: arn, scope })
    expect(sorted()).toEqual([])
    kms.clock.advance(1)
    await service.describeKey({ keyId: arn, scope })
    expect(sorted()).toEqual(ALL)
  })

  it('is asked for once by those who ask at the same time', async () => {
    const service = adapter(kms)
    await Promise.all([1, 2, 3].map(() => service.describeKey({ keyId: arn, scope })))
    expect(sorted()).toEqual(ALL)
  })

  it('is a new one when a minute has passed: a changed policy counts then', async () => {
    const service = adapter(kms)
    const before = await service.describeKey({ keyId: arn, scope })
    const policy = before.policy.replace('kms:*', 'kms:P*')
    await customerKeys(kms.client).setPolicy(arn, policy)
    kms.clock.advance(60_000)
    expect((await service.describeKey({ keyId: arn, scope })).policy).toBe(policy)
  })

  it('tells its tags to the check for service keys, which need not ask again', async () => {
    const service = adapter(kms)
    await service.describeKey({ keyId: arn, scope })
    kms.takeCalls()
    const context = { SecretARN: 'arn:secret', SecretVersionId: 'v' }
    await service.generateDataKey({ keyId: arn, owner: 'customer', context, scope })
    expect(kms.takeCalls()).toEqual(['GenerateDataKey'])
  })

  it.each(['GetKeyPolicy', 'DescribeKey'])(
    'is denied when %s is, and asked for again the next time',
    async (operation) => {
      const service = adapter(kms)
      kms.answer(operation, denied)
      expect(await failureOf(service.describeKey({ keyId: arn, scope }))).toMatchObject({
        name: 'KeyFailure',
        kind: 'denied',
      })
      expect(await service.describeKey({ keyId: arn, scope })).toMatchObject({ arn })
    },
  )

  it('has unseen tags where they may not be read', async () => {
    kms.answer('ListResourceTags', denied)
    const described = await adapter(kms).describeKey({ keyId: arn, scope })
    expect(described.tags).toBeUndefined()
    expect(described.aliases).toBeUndefined()
  })

  it.each([
    ['GetKeyPolicy', 'ThrottlingException', 'throttled'],
    ['DescribeKey', 'NotFoundException', 'unusable'],
  ])('fails as %s does with %s', async (operation, code, kind) => {
    kms.answer(operation, kmsError(code))
    expect(await failureOf(adapter(kms).describeKey({ keyId: arn, scope }))).toMatchObject({ kind, code })
  })

  it('is not had from an answer about another key, or one without a policy', async () => {
    const other = { KeyMetadata: { KeyId: 'x', Arn: arn.replace(/.{12}$/, '000000000000') } }
    kms.answer('DescribeKey', { status: 200, body: JSON.stringify(other) })
    expect((await failureOf(adapter(kms).describeKey({ keyId: arn, scope }))).message).toContain('another key')
    kms.answer('GetKeyPolicy', { status: 200, body: '{}' })
    expect((await failureOf(adapter(kms).describeKey({ keyId: arn, scope }))).message).toContain('without a key policy')
  })

  it('SM-KMS-11 is not asked of KMS for a key of another account', async () => {
    const foreign = arn.replace('111122223333', '999988887777')
    expect(await failureOf(adapter(kms).describeKey({ keyId: foreign, scope }))).toMatchObject({ kind: 'denied' })
    expect(kms.takeCalls()).toEqual([])
  })
})
