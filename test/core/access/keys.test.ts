import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { makeCoffer, token, type Coffer, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'

const OTHER = '222222222222'
const ROOT = 'arn:aws:iam::123456789012:root'
const SECRETS = 'secretsmanager:*'
const [SEAL, OPEN, RESEAL] = ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt']
const refusal = { code: 'AccessDeniedException', message: 'Access to KMS is not allowed' }

let directory: MemoryDirectory
let coffer: Coffer
let admin: Principal
let key: string
let arn: string

beforeEach(async () => {
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  admin = directory.user('admin', { allow: [{ Action: '*' }] })
  key = coffer.keys.addKey('mine')
  const made = await as(admin, 'CreateSecret', { Name: 'a', SecretString: 'v', KmsKeyId: key })
  arn = String(made.ARN)
})
afterEach(() => coffer.close())

type Operation = Parameters<Coffer['call']>[0]
const as = (principal: Principal, operation: Operation, input: Json): Promise<Json> =>
  coffer.call(operation, input, { principal })
const user = (...actions: readonly string[]): Principal =>
  directory.user('dev', { allow: [{ Action: [SECRETS, ...actions] }] })
const isRefused = (work: Promise<unknown>): Promise<void> => expect(work).rejects.toMatchObject(refusal)

describe("SM-KMS-10 what a caller needs of a customer's key", () => {
  const write = { SecretString: 'w' }
  it.each<[Operation, Json, readonly string[]]>([
    ['GetSecretValue', { SecretId: 'a' }, [OPEN]],
    ['PutSecretValue', { SecretId: 'a', ...write }, [SEAL, OPEN]],
    ['UpdateSecret', { SecretId: 'a', ...write }, [SEAL, OPEN]],
    ['CreateSecret', { Name: 'b' }, [SEAL, OPEN]],
    ['CreateSecret', { Name: 'b', ...write }, [SEAL, OPEN]],
  ])('%s %j: %j, each of them', async (operation, input, needed) => {
    const asked = operation === 'CreateSecret' ? { ...input, KmsKeyId: key } : input
    for (const missing of needed)
      await isRefused(as(user(...[SEAL, OPEN, RESEAL].filter((action) => action !== missing)), operation, asked))
    await as(user(...needed), operation, asked)
  })

  it('BatchGetSecretValue: kms:Decrypt, with an error for each secret that lacks it', async () => {
    const answer = await as(user(), 'BatchGetSecretValue', { SecretIdList: ['a'] })
    expect(answer.Errors).toMatchObject([{ ErrorCode: 'AccessDeniedException', Message: refusal.message }])
    expect((await as(user(OPEN), 'BatchGetSecretValue', { SecretIdList: ['a'] })).SecretValues).toHaveLength(1)
  })

  it('is nothing for what does not touch a value', async () => {
    await as(user(), 'DescribeSecret', { SecretId: 'a' })
    await as(user(), 'TagResource', { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] })
    await as(user(), 'UpdateSecret', { SecretId: 'a', Description: 'd' })
  })

  it("is nothing of the service's own key", async () => {
    const describeKey = jest.spyOn(coffer.keys, 'describeKey')
    await as(user(), 'CreateSecret', { Name: 'own', SecretString: 'v' })
    await as(user(), 'PutSecretValue', { SecretId: 'own', SecretString: 'w' })
    expect(await as(user(), 'GetSecretValue', { SecretId: 'own' })).toMatchObject({ SecretString: 'w' })
    expect(describeKey).not.toHaveBeenCalled()
  })

  it('leaves nothing behind when it is missing', async () => {
    await isRefused(
      as(user(SEAL), 'PutSecretValue', { SecretId: 'a', SecretString: 'w', ClientRequestToken: token('t') }),
    )
    await isRefused(as(user(SEAL), 'CreateSecret', { Name: 'b', SecretString: 'w', KmsKeyId: key }))
    expect(await as(admin, 'GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'v' })
    await expect(as(admin, 'DescribeSecret', { SecretId: 'b' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it("counts the key's own policy: an admin of the account whom it leaves out is refused", async () => {
    coffer.keys.policies.set(key, document([{ Principal: { AWS: user(OPEN).arn }, Action: 'kms:*' }]))
    await isRefused(as(admin, 'GetSecretValue', { SecretId: 'a' }))
    expect(await as(user(), 'GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'v' })
  })
})

describe('a change of key', () => {
  let fresh: string
  beforeEach(() => (fresh = coffer.keys.addKey('fresh')))
  const change = (principal: Principal): Promise<Json> =>
    as(principal, 'UpdateSecret', { SecretId: 'a', KmsKeyId: fresh })
  const keyIdsOf = async (): Promise<unknown> => {
    const { Versions } = await as(admin, 'ListSecretVersionIds', { SecretId: 'a' })
    return (Versions as readonly Json[]).map(({ KmsKeyIds }) => KmsKeyIds)
  }

  it('SM-KMS-07 by a caller without kms:Encrypt counts for later versions only', async () => {
    await change(user(SEAL, OPEN))
    expect(await as(admin, 'DescribeSecret', { SecretId: 'a' })).toMatchObject({ KmsKeyId: fresh })
    expect(await keyIdsOf()).toEqual([[key]])
    coffer.clock.advance(1000)
    await as(user(SEAL, OPEN), 'PutSecretValue', { SecretId: 'a', SecretString: 'w' })
    expect(await keyIdsOf()).toEqual([[key], [fresh]])
  })

  it('SM-KMS-06 by a caller with kms:Encrypt moves the values', async () => {
    await change(user(SEAL, OPEN, RESEAL))
    expect(await keyIdsOf()).toEqual([[fresh]])
  })

  it('is refused without GenerateDataKey and Decrypt on the new key, and without Decrypt on the old', async () => {
    for (const missing of [SEAL, OPEN])
      await isRefused(change(user(...[SEAL, OPEN, RESEAL].filter((action) => action !== missing))))
    const allow = [{ Action: SECRETS }, { Action: [SEAL, OPEN, RESEAL], Resource: fresh }]
    await isRefused(change(directory.user('half', { allow })))
    expect(await keyIdsOf()).toEqual([[key]])
  })

  it("to the service's own asks for Decrypt on the old one alone", async () => {
    await isRefused(as(user(SEAL, RESEAL), 'UpdateSecret', { SecretId: 'a', KmsKeyId: '' }))
    await as(user(OPEN), 'UpdateSecret', { SecretId: 'a', KmsKeyId: '' })
    expect(await as(user(), 'GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'v' })
  })
})

describe('SM-CROSS-02 a value that is read from another account', () => {
  const share = (ResourcePolicy = document([{ Principal: { AWS: OTHER }, Action: SECRETS }])): Promise<Json> =>
    as(admin, 'PutResourcePolicy', { SecretId: 'a', ResourcePolicy })
  const foreigner = (...Action: readonly string[]): Principal =>
    directory.user('foreigner', { account: OTHER, allow: [{ Action }] })
  const openKey = (...Action: readonly string[]): void =>
    void coffer.keys.policies.set(
      key,
      document([
        { Principal: { AWS: ROOT }, Action: 'kms:*' },
        { Principal: { AWS: OTHER }, Action },
      ]),
    )

  it("needs the secret's policy, the key's policy and the caller's own for both", async () => {
    await share()
    openKey(OPEN)
    const read = (principal: Principal): Promise<Json> => as(principal, 'GetSecretValue', { SecretId: arn })
    expect(await read(foreigner(SECRETS, OPEN))).toMatchObject({ SecretString: 'v' })
    await isRefused(read(foreigner(SECRETS)))
    await expect(read(foreigner(OPEN))).rejects.toMatchObject({ code: 'AccessDeniedException' })
    coffer.keys.policies.delete(key)
    await isRefused(read(foreigner(SECRETS, OPEN)))
  })

  it('is written with GenerateDataKey and Decrypt', async () => {
    await share()
    openKey(OPEN)
    const write = (): Promise<Json> =>
      as(foreigner(SECRETS, 'kms:*'), 'PutSecretValue', { SecretId: arn, SecretString: 'w' })
    await isRefused(write())
    openKey(OPEN, SEAL)
    await write()
  })

  it("may be under a key of a third account, which lets the secret's account and the reader's use it", async () => {
    const third = '333333333333'
    const theirs = coffer.keys.addKey('theirs', third)
    const make = (): Promise<Json> => as(admin, 'CreateSecret', { Name: 'c', SecretString: 'v', KmsKeyId: theirs })
    const letIn = (...AWS: readonly string[]): void =>
      void coffer.keys.policies.set(theirs, document([{ Principal: { AWS }, Action: [SEAL, OPEN] }]))
    await isRefused(make())
    letIn(third)
    await isRefused(make())
    letIn('123456789012')
    await make()
    expect(await as(admin, 'GetSecretValue', { SecretId: 'c' })).toMatchObject({ SecretString: 'v' })
    await isRefused(as(user(), 'GetSecretValue', { SecretId: 'c' }))
    const { ARN } = await as(admin, 'PutResourcePolicy', {
      SecretId: 'c',
      ResourcePolicy: document([{ Principal: { AWS: OTHER }, Action: SECRETS }]),
    })
    const read = (): Promise<Json> => as(foreigner(SECRETS, OPEN), 'GetSecretValue', { SecretId: ARN })
    await isRefused(read())
    letIn('123456789012', OTHER)
    expect(await read()).toMatchObject({ SecretString: 'v' })
  })

  it('SM-CROSS-03 is refused under the default key, also for a version from before the secret had another', async () => {
    await as(admin, 'CreateSecret', { Name: 'old', SecretString: 'first', ClientRequestToken: token('v1') })
    // Not re-encrypted: the caller may not encrypt.
    await as(user(SEAL, OPEN), 'UpdateSecret', { SecretId: 'old', KmsKeyId: key })
    const { ARN } = await as(admin, 'DescribeSecret', { SecretId: 'old' })
    await as(admin, 'PutResourcePolicy', {
      SecretId: 'old',
      ResourcePolicy: document([{ Principal: { AWS: OTHER }, Action: SECRETS }]),
    })
    openKey('kms:*')
    await expect(as(foreigner(SECRETS, 'kms:*'), 'GetSecretValue', { SecretId: ARN })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: expect.stringContaining('default KMS service key'),
    })
  })
})
