import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { OperationName } from '../../../lambda/core/model/secrets-manager.types.generated.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { makeCoffer, type Coffer, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'

const OTHER = '222222222222'
const POLICY = document([{ Principal: { AWS: OTHER }, Action: 'secretsmanager:*' }])

let directory: MemoryDirectory
let coffer: Coffer
let owner: Principal
let arn: string

beforeEach(async () => {
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  owner = directory.user('owner', { allow: [{ Action: '*' }] })
  arn = String((await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' }, { principal: owner })).ARN)
})
afterEach(() => coffer.close())

const share = (ResourcePolicy = POLICY, SecretId = arn): Promise<Json> =>
  coffer.call('PutResourcePolicy', { SecretId, ResourcePolicy }, { principal: owner })
const foreigner = (Action: string | readonly string[] = '*', name = 'foreigner'): Principal =>
  directory.user(name, { account: OTHER, allow: [{ Action }] })

describe('SM-CROSS-02 a principal of another account', () => {
  const allowed: readonly (readonly [OperationName, Json])[] = [
    ['DescribeSecret', {}],
    ['GetResourcePolicy', {}],
    ['PutResourcePolicy', { ResourcePolicy: POLICY }],
    ['ListSecretVersionIds', {}],
    ['TagResource', { Tags: [{ Key: 'k', Value: 'v' }] }],
    ['UntagResource', { TagKeys: ['k'] }],
    ['DeleteSecret', {}],
    ['DeleteSecret', { ForceDeleteWithoutRecovery: true }],
  ]

  it.each(allowed)('%s with an allow on both sides is carried out', async (operation, input) => {
    await share()
    await coffer.call(operation, { SecretId: arn, ...input }, { principal: foreigner() })
  })

  it('restores what it has deleted', async () => {
    await share()
    const principal = foreigner()
    await coffer.call('DeleteSecret', { SecretId: arn }, { principal })
    await coffer.call('RestoreSecret', { SecretId: arn }, { principal })
    await coffer.call('GetSecretValue', { SecretId: arn }, { principal: owner })
  })

  it.each(allowed)('%s is refused without a resource policy, in the words that name it', async (operation, input) => {
    await expect(coffer.call(operation, { SecretId: arn, ...input }, { principal: foreigner() })).rejects.toMatchObject(
      {
        code: 'AccessDeniedException',
        message: `User: arn:aws:iam::${OTHER}:user/foreigner is not authorized to perform: secretsmanager:${operation} on resource: ${arn} because no resource-based policy allows the secretsmanager:${operation} action`,
      },
    )
  })

  it.each(allowed)('%s is refused without a policy of its own', async (operation, input) => {
    await share()
    const principal = directory.user('bare', { account: OTHER })
    await expect(coffer.call(operation, { SecretId: arn, ...input }, { principal })).rejects.toMatchObject({
      message: expect.stringContaining(
        `because no identity-based policy allows the secretsmanager:${operation} action`,
      ),
    })
  })

  it('is refused when the resource policy names a third account', async () => {
    await share(document([{ Principal: { AWS: '333333333333' }, Action: 'secretsmanager:*' }]))
    await expect(coffer.call('DescribeSecret', { SecretId: arn }, { principal: foreigner() })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  it('may be named alone: others of its account stay out', async () => {
    const friend = foreigner('*', 'friend')
    await share(document([{ Principal: { AWS: friend.arn }, Action: 'secretsmanager:DescribeSecret' }]))
    await coffer.call('DescribeSecret', { SecretId: arn }, { principal: friend })
    await expect(coffer.call('DescribeSecret', { SecretId: arn }, { principal: foreigner() })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  it('SM-CROSS-03 gets no value under the default key, and none in', async () => {
    await share()
    const principal = foreigner()
    const refusal = {
      code: 'InvalidRequestException',
      message:
        "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    }
    await expect(coffer.call('GetSecretValue', { SecretId: arn }, { principal })).rejects.toMatchObject(refusal)
    await expect(
      coffer.call('PutSecretValue', { SecretId: arn, SecretString: 'w' }, { principal }),
    ).rejects.toMatchObject(refusal)
  })

  it('learns nothing of a secret that is not shared with it: neither that it is there nor its suffix', async () => {
    const principal = foreigner()
    const partial = arn.slice(0, -7)
    for (const SecretId of [partial, `${partial}x`])
      await expect(coffer.call('DescribeSecret', { SecretId }, { principal })).rejects.toMatchObject({
        code: 'AccessDeniedException',
        message: expect.stringContaining(`on resource: ${SecretId} because no resource-based policy`),
      })
  })

  it('means its own account by a bare name', async () => {
    await share()
    await expect(coffer.call('DescribeSecret', { SecretId: 'a' }, { principal: foreigner() })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  it('SM-CROSS-04 never sees the secrets of others in a list', async () => {
    await share()
    expect(await coffer.call('ListSecrets', {}, { principal: foreigner() })).toMatchObject({ SecretList: [] })
  })

  it('reads metadata of what is shared in a batch beside what is not', async () => {
    await share()
    const answer = await coffer.call('BatchGetSecretValue', { SecretIdList: [arn, 'b'] }, { principal: foreigner() })
    expect(answer.Errors).toMatchObject([
      { SecretId: arn, ErrorCode: 'InvalidRequestException' },
      { SecretId: 'b', ErrorCode: 'ResourceNotFoundException' },
    ])
  })
})

describe('a principal of an account whose identities are not known here', () => {
  const represented = (): Principal => {
    directory.represented.add('333333333333')
    return directory.user('far', { account: '333333333333' })
  }

  it('is let in by the resource policy, by ARN', async () => {
    const principal = represented()
    await share(document([{ Principal: { AWS: '333333333333' }, Action: 'secretsmanager:*' }]))
    await coffer.call('DescribeSecret', { SecretId: arn }, { principal })
    expect((await coffer.call('BatchGetSecretValue', { SecretIdList: [arn] }, { principal })).Errors).toMatchObject([
      { ErrorCode: 'InvalidRequestException' },
    ])
  })

  it('is refused without one', async () => {
    await expect(coffer.call('DescribeSecret', { SecretId: arn }, { principal: represented() })).rejects.toMatchObject({
      message: expect.stringContaining('because no resource-based policy allows'),
    })
  })

  it.each([
    ['DescribeSecret', { SecretId: 'a' }],
    ['CreateSecret', { Name: 'mine' }],
    ['ListSecrets', {}],
    ['ValidateResourcePolicy', { ResourcePolicy: POLICY }],
    ['BatchGetSecretValue', { Filters: [{ Key: 'name', Values: ['a'] }] }],
  ])('has no secrets of its own here: %s %j is denied', async (operation, input) => {
    await expect(coffer.call(operation, input, { principal: represented() })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  it('makes random passwords', async () => {
    expect(await coffer.call('GetRandomPassword', {}, { principal: represented() })).toHaveProperty('RandomPassword')
  })
})

describe('a principal that nobody knows', () => {
  it('is denied, whatever the policies of the resource say', async () => {
    await share(document([{ Principal: '*', Action: 'secretsmanager:*' }]))
    const principal = { ...foreigner(), account: '123456789012', userId: 'AIDAUNKNOWN000000000' }
    await expect(coffer.call('DescribeSecret', { SecretId: arn }, { principal })).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })
})
