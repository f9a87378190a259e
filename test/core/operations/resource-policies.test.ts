import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { makeCoffer, type Coffer, type Json } from '../../support/coffer.ts'
import { document, MemoryDirectory, type PolicyStatement } from '../../support/memory-directory.ts'

let directory: MemoryDirectory
let coffer: Coffer
let owner: Principal
let arn: string

beforeEach(async () => {
  directory = new MemoryDirectory()
  coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
  owner = directory.user('owner', { allow: [{ Action: '*' }] })
  arn = String((await call('CreateSecret', { Name: 'a', SecretString: 'v' })).ARN)
})
afterEach(() => coffer.close())

const call = (operation: string, input: Json = {}, principal = owner): Promise<Json> =>
  coffer.call(operation, { SecretId: 'a', ...input }, { principal })
const put = (statements: readonly PolicyStatement[], more: Json = {}): Promise<Json> =>
  call('PutResourcePolicy', { ResourcePolicy: document(statements), ...more })
const forAccount: PolicyStatement = {
  Principal: { AWS: 'arn:aws:iam::222222222222:root' },
  Action: 'secretsmanager:GetSecretValue',
}
const forAll: PolicyStatement = { Principal: '*', Action: 'secretsmanager:GetSecretValue' }

describe('a resource policy', () => {
  it('SM-POLICY-03 is answered by ARN and Name when it is put, and comes back as it was given', async () => {
    const ResourcePolicy = `  ${document([forAccount])}\n`
    expect(await call('PutResourcePolicy', { ResourcePolicy })).toEqual({ ARN: arn, Name: 'a' })
    expect(await call('GetResourcePolicy')).toEqual({ ARN: arn, Name: 'a', ResourcePolicy })
  })

  it('SM-POLICY-03 replaces the one before', async () => {
    await put([forAccount])
    await put([forAll])
    expect(JSON.parse(String((await call('GetResourcePolicy')).ResourcePolicy))).toMatchObject({ Statement: [forAll] })
  })

  it('SM-POLICY-04 is deleted, and deleting none answers the same', async () => {
    await put([forAccount])
    expect(await call('DeleteResourcePolicy')).toEqual({ ARN: arn, Name: 'a' })
    expect(await call('GetResourcePolicy')).toEqual({ ARN: arn, Name: 'a' })
    expect(await call('DeleteResourcePolicy')).toEqual({ ARN: arn, Name: 'a' })
  })

  it('moves LastChangedDate when it is put and when it is deleted', async () => {
    const changed = async () => (await call('DescribeSecret')).LastChangedDate
    const first = await changed()
    coffer.clock.advance(1000)
    await put([forAccount])
    const second = await changed()
    coffer.clock.advance(1000)
    await call('DeleteResourcePolicy')
    expect(new Set([first, second, await changed()]).size).toBe(3)
  })

  it.each(['PutResourcePolicy', 'GetResourcePolicy', 'DeleteResourcePolicy', 'ValidateResourcePolicy'])(
    '%s refuses a secret that is scheduled for deletion',
    async (operation) => {
      await call('DeleteSecret')
      await expect(call(operation, { ResourcePolicy: document([forAccount]) })).rejects.toMatchObject({
        code: 'InvalidRequestException',
      })
    },
  )

  it('lets a user of the account in who has no policy of their own', async () => {
    const reader = directory.user('reader')
    await put([{ Principal: { AWS: reader.arn }, Action: 'secretsmanager:GetSecretValue' }])
    expect(await call('GetSecretValue', {}, reader)).toMatchObject({ SecretString: 'v' })
    await expect(call('GetSecretValue', {}, directory.user('other'))).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  it('keeps out by a Deny whoever is allowed elsewhere', async () => {
    await put([{ Effect: 'Deny', Principal: { AWS: owner.arn }, Action: 'secretsmanager:GetSecretValue' }])
    await expect(call('GetSecretValue')).rejects.toMatchObject({
      message: `User: ${owner.arn} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn} with an explicit deny in a resource-based policy`,
    })
  })

  it('is about its secret alone', async () => {
    const reader = directory.user('reader')
    await call('CreateSecret', { Name: 'b', SecretString: 'w' })
    await put([{ Principal: { AWS: reader.arn }, Action: 'secretsmanager:GetSecretValue' }])
    await expect(call('GetSecretValue', { SecretId: 'b' }, reader)).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  it('SM-POLICY-07 does not let in who gets the name of a deleted principal', async () => {
    const former = directory.user('reader')
    await put([{ Principal: { AWS: former.arn }, Action: 'secretsmanager:GetSecretValue' }])
    const later = new MemoryDirectory()
    const namesake = { ...later.user('reader', { account: '123456789012' }), userId: 'AIDAANOTHERONE000000' }
    await expect(call('GetSecretValue', {}, namesake)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('SM-POLICY-07 does not let in a session of a role that was made again under the same name', async () => {
    const session = directory.role('deploy')
    await put([{ Principal: { AWS: session.arn }, Action: 'secretsmanager:GetSecretValue' }])
    expect(await call('GetSecretValue', {}, session)).toMatchObject({ SecretString: 'v' })
    const again = directory.role('deploy', { uniqueId: 'AROAANOTHERONE000000' })
    expect(again.arn).toBe(session.arn)
    await expect(call('GetSecretValue', {}, again)).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('does not let the policy of a former secret of the name speak for the next', async () => {
    await put([forAll])
    await call('DeleteSecret', { ForceDeleteWithoutRecovery: true })
    await call('CreateSecret', { Name: 'a', SecretString: 'w' })
    expect(await call('GetResourcePolicy')).not.toHaveProperty('ResourcePolicy')
  })
})

describe('SM-POLICY-01 PutResourcePolicy refuses', () => {
  const syntax = 'This resource policy contains a syntax error.'
  it.each([
    ['what is not JSON', '{', syntax],
    ['what is not an object', '[]', syntax],
    ['no statement', '{"Version":"2012-10-17"}', syntax],
    ['another effect', document([{ ...forAll, Effect: 'Maybe' as 'Allow' }]), syntax],
    ['no principal', document([{ Action: 'secretsmanager:GetSecretValue' }]), syntax],
    ['no action', document([{ Principal: '*' }]), syntax],
    ['no resource', '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}', syntax],
    ['an element that there is not', document([{ ...forAll, Princpal: '*' }]), syntax],
    [
      'an operator that there is not',
      document([{ ...forAll, Condition: { StringLick: { 'aws:userid': 'x' } } }]),
      syntax,
    ],
    ['a repeated element', '{"Version":"2012-10-17","Statement":[],"Statement":[]}', syntax],
    ['another version', '{"Version":"2013-01-01","Statement":[]}', 'This policy has invalid syntax.'],
  ])('%s', async (_, ResourcePolicy, message) => {
    await expect(call('PutResourcePolicy', { ResourcePolicy })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message,
    })
    expect(await call('GetResourcePolicy')).not.toHaveProperty('ResourcePolicy')
  })

  it.each([
    ['a user that does not exist', { AWS: 'arn:aws:iam::123456789012:user/ghost' }],
    ['a role that does not exist', { AWS: ['*', 'arn:aws:iam::123456789012:role/ghost'] }],
    ['a session of a role that does not exist', { AWS: 'arn:aws:sts::123456789012:assumed-role/ghost/session' }],
    ['a unique id that nobody has', { AWS: 'AIDANOBODY0000000000' }],
    ['a wildcard in a name', { AWS: 'arn:aws:iam::123456789012:user/*' }],
    ['an account of eleven digits', { AWS: '12345678901' }],
    ['a group', { AWS: 'arn:aws:iam::123456789012:group/readers' }],
    ['a federated principal', { Federated: 'arn:aws:iam::123456789012:saml-provider/x' }],
    ['a canonical user', { CanonicalUser: 'abcdef' }],
  ])('%s as principal', async (_, Principal) => {
    await expect(put([{ ...forAll, Principal }])).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
      message: expect.stringMatching(/^This resource policy contains (an unsupported principal|a syntax error)\.$/),
    })
  })

  it('a service principal that is none', async () => {
    await expect(put([{ ...forAll, Principal: { Service: 'example.com' } }])).rejects.toMatchObject({
      message: 'This resource policy contains an unsupported service principal.',
    })
    await put([{ ...forAll, Principal: { Service: 'lambda.amazonaws.com' } }])
  })

  it('SM-POLICY-06 broad access, where BlockPublicPolicy asks for it and not else', async () => {
    await put([forAll])
    await expect(put([forAll], { BlockPublicPolicy: true })).rejects.toMatchObject({
      code: 'PublicPolicyException',
      message: "You can't attach a resource-based policy that allows broad access to the secret.",
    })
    await put([forAll], { BlockPublicPolicy: false })
    await put([forAccount], { BlockPublicPolicy: true })
    await put([{ ...forAll, Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' } } }], {
      BlockPublicPolicy: true,
    })
  })

  it('SM-POLICY-08 what would keep its author from managing the policy', async () => {
    await expect(put([{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:*' }])).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: 'Your requested changes will not allow you to manage this secret in the future.',
    })
    await put([{ Effect: 'Deny', Principal: '*', Action: 'secretsmanager:GetSecretValue' }])
  })

  it('SM-POLICY-08 what would take back the very policy that its author acts by', async () => {
    const friend = directory.user('friend')
    const Action = ['secretsmanager:PutResourcePolicy', 'secretsmanager:GetResourcePolicy']
    await put([{ Principal: { AWS: friend.arn }, Action }])
    await expect(call('PutResourcePolicy', { ResourcePolicy: document([forAccount]) }, friend)).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
  })
})

describe('SM-POLICY-05 ValidateResourcePolicy', () => {
  const validate = (statements: readonly PolicyStatement[], more: Json = {}): Promise<Json> =>
    call('ValidateResourcePolicy', { ResourcePolicy: document(statements), ...more })

  it('passes a narrow policy, and stores nothing', async () => {
    expect(await validate([forAccount])).toEqual({ PolicyValidationPassed: true, ValidationErrors: [] })
    expect(await call('GetResourcePolicy')).not.toHaveProperty('ResourcePolicy')
  })

  it('reports broad access, a lock-out and an unknown principal, all at once', async () => {
    const answer = await validate([
      forAll,
      { Effect: 'Deny', Principal: { AWS: 'arn:aws:iam::123456789012:user/ghost' }, Action: '*' },
      { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:PutResourcePolicy' },
    ])
    expect(answer).toMatchObject({ PolicyValidationPassed: false })
    expect((answer.ValidationErrors as Json[]).map(({ CheckName }) => CheckName)).toEqual([
      'PRINCIPAL_CHECK',
      'BROAD_ACCESS_CHECK',
      'REFLEXIVE_PRINCIPAL_CHECK',
    ])
  })

  it('refuses what is no policy', async () => {
    await expect(call('ValidateResourcePolicy', { ResourcePolicy: '{' })).rejects.toMatchObject({
      code: 'MalformedPolicyDocumentException',
    })
  })

  it('does without a secret', async () => {
    expect(await validate([forAll], { SecretId: undefined })).toMatchObject({ PolicyValidationPassed: false })
    expect(await validate([forAccount], { SecretId: undefined })).toMatchObject({ PolicyValidationPassed: true })
    await expect(
      call('ValidateResourcePolicy', { SecretId: undefined, ResourcePolicy: '{}' }, directory.user('nobody')),
    ).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('refuses a secret that is not there, and a name that is none', async () => {
    await expect(validate([forAccount], { SecretId: 'missing' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
    await expect(validate([forAccount], { SecretId: 'a b' })).rejects.toMatchObject({ code: 'ValidationException' })
  })
})
