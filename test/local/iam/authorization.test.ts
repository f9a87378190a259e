import type { Principal } from '../../../lambda/auth/principal.ts'
import { iamOperations } from '../../../local/iam/operations.ts'
import { ACCOUNT, allowing, makeIdentities, policy, type Parameters } from '../support/identities.ts'

const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
const READ_ONLY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess'
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const TRUST = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } })

/** Enough for every operation to be read: who may not, learns nothing more. */
const ANYTHING: Parameters = {
  UserName: 'alice',
  GroupName: 'g',
  RoleName: 'r',
  PolicyName: 'p',
  PolicyArn: ADMINISTRATOR,
  PolicyDocument: policy(allowing('s:*')),
  AssumeRolePolicyDocument: TRUST,
  PermissionsBoundary: ADMINISTRATOR,
  VersionId: 'v1',
  AccessKeyId: 'AKIANOSUCHKEYATALLXX',
  Status: 'Active',
  Password: 'a long password',
  OldPassword: 'a long password',
  NewPassword: 'another long password',
  VirtualMFADeviceName: 'd',
  SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/d`,
  AuthenticationCode1: '123456',
  AuthenticationCode2: '123456',
  PolicySourceArn: ALICE,
  'ActionNames.member.1': 's:Get',
  'TagKeys.member.1': 'k',
}
/** `Tags` means another permission to some that have it, and a trust policy is no other policy. */
const parametersFor = (action: string): Parameters => ({
  ...ANYTHING,
  ...(action.startsWith('Tag') && { 'Tags.member.1.Key': 'k', 'Tags.member.1.Value': 'v' }),
  ...(action === 'UpdateAssumeRolePolicy' && { PolicyDocument: TRUST }),
})

describe('authorization of IAM', () => {
  let world: ReturnType<typeof makeIdentities>
  beforeEach(() => {
    world = makeIdentities()
  })

  const isDenied = async (action: string, parameters: Parameters, principal: Principal): Promise<boolean> => {
    try {
      await world.iam(action, parameters, principal)
      return false
    } catch (error) {
      const { code, message } = error as { readonly code: string; readonly message: string }
      expect(code).not.toMatch(/Internal|Malformed|Validation/)
      return code === 'AccessDenied' && message.includes('is not authorized to perform: iam:')
    }
  }

  it.each(Object.keys(iamOperations))('%s needs permission of its own, and no other', async (action) => {
    const alice = await world.user('alice')
    await expect(isDenied(action, parametersFor(action), alice)).resolves.toBe(true)
    await world.allow('alice', { Effect: 'Allow', NotAction: `iam:${action}`, Resource: '*' })
    await expect(isDenied(action, parametersFor(action), alice)).resolves.toBe(true)
    await world.allow('alice', allowing(`iam:${action}`))
    await expect(isDenied(action, parametersFor(action), alice)).resolves.toBe(false)
  })

  it('says so as AWS does', async () => {
    const alice = await world.user('alice')
    await expect(world.iam('CreateUser', { UserName: 'bob', Path: '/x/' }, alice)).rejects.toMatchObject({
      status: 403,
      code: 'AccessDenied',
      message: `User: ${ALICE} is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::${ACCOUNT}:user/x/bob because no identity-based policy allows the iam:CreateUser action`,
    })
    await world.allow('alice', { Effect: 'Deny', Action: 'iam:*', Resource: '*' })
    await expect(world.iam('DeleteUser', { UserName: 'bob' }, alice)).rejects.toMatchObject({
      message: `User: ${ALICE} is not authorized to perform: iam:DeleteUser on resource: user bob with an explicit deny in an identity-based policy`,
    })
  })

  it('does not tell who is there', async () => {
    const alice = await world.user('alice')
    await world.user('bob')
    const refusal = (name: string): Promise<string> =>
      world.iam('GetUser', { UserName: name }, alice).then(
        () => 'allowed',
        (error: unknown) => (error as Error).message.replaceAll(name, '*'),
      )
    expect(await refusal('bob')).toBe(await refusal('nobody'))
  })

  it('goes by the true ARN, however the name is spelt', async () => {
    await world.iam('CreateUser', { UserName: 'Bob', Path: '/boss/' })
    const alice = await world.user('alice', allowing('iam:*'))
    await world.iam('PutUserPolicy', {
      UserName: 'alice',
      PolicyName: 'deny',
      PolicyDocument: policy({ Effect: 'Deny', Action: '*', Resource: `arn:aws:iam::${ACCOUNT}:user/boss/Bob` }),
    })
    for (const UserName of ['Bob', 'bob', 'BOB'])
      await expect(isDenied('CreateAccessKey', { UserName }, alice)).resolves.toBe(true)
  })

  it.each<[key: string, condition: object, good: [string, Parameters], bad: [string, Parameters]]>([
    [
      'iam:PolicyARN',
      { ArnEquals: { 'iam:PolicyARN': READ_ONLY } },
      ['AttachUserPolicy', { UserName: 'bob', PolicyArn: READ_ONLY }],
      ['AttachUserPolicy', { UserName: 'bob', PolicyArn: ADMINISTRATOR }],
    ],
    [
      'iam:PermissionsBoundary',
      { ArnEquals: { 'iam:PermissionsBoundary': READ_ONLY } },
      ['CreateUser', { UserName: 'new', PermissionsBoundary: READ_ONLY }],
      ['CreateUser', { UserName: 'new' }],
    ],
    [
      'aws:RequestTag',
      { StringEquals: { 'aws:RequestTag/team': 'a' } },
      ['TagUser', { UserName: 'bob', 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'a' }],
      ['TagUser', { UserName: 'bob', 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'b' }],
    ],
    [
      'aws:TagKeys',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] }, Null: { 'aws:TagKeys': 'false' } },
      ['UntagUser', { UserName: 'bob', 'TagKeys.member.1': 'team' }],
      ['UntagUser', { UserName: 'bob', 'TagKeys.member.1': 'team', 'TagKeys.member.2': 'owner' }],
    ],
    [
      'aws:ResourceTag',
      { StringEquals: { 'aws:ResourceTag/team': 'blue' } },
      ['CreateAccessKey', { UserName: 'blue' }],
      ['CreateAccessKey', { UserName: 'bob' }],
    ],
    [
      'iam:ResourceTag',
      { StringEquals: { 'iam:ResourceTag/team': 'blue' } },
      ['DeleteUser', { UserName: 'blue' }],
      ['DeleteUser', { UserName: 'bob' }],
    ],
  ])('knows %s', async (_, Condition, good, bad) => {
    await world.user('bob')
    await world.iam('CreateUser', { UserName: 'blue', 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'blue' })
    const alice = await world.user('alice', { ...allowing('iam:*'), Condition })
    await expect(isDenied(...bad, alice)).resolves.toBe(true)
    await expect(isDenied(...good, alice)).resolves.toBe(false)
  })

  it('wants the permission to tag for what is made with tags', async () => {
    const tags = { 'Tags.member.1.Key': 'k', 'Tags.member.1.Value': 'v' }
    const alice = await world.user('alice', allowing('iam:CreateUser', 'iam:CreateRole', 'iam:CreatePolicy'))
    const made: [string, Parameters][] = [
      ['CreateUser', { UserName: 'n' }],
      ['CreateRole', { RoleName: 'n', AssumeRolePolicyDocument: TRUST }],
      ['CreatePolicy', { PolicyName: 'n', PolicyDocument: policy(allowing('s:*')) }],
    ]
    for (const [action, parameters] of made) {
      await expect(isDenied(action, { ...parameters, ...tags }, alice)).resolves.toBe(true)
      await expect(isDenied(action, parameters, alice)).resolves.toBe(false)
    }
  })

  it('lets users look after themselves by a variable', async () => {
    const statement = { ...allowing('iam:*AccessKey*'), Resource: `arn:aws:iam::${ACCOUNT}:user/\${aws:username}` }
    const alice = await world.user('alice', statement)
    await world.user('bob')
    await expect(isDenied('CreateAccessKey', {}, alice)).resolves.toBe(false)
    await expect(isDenied('CreateAccessKey', { UserName: 'bob' }, alice)).resolves.toBe(true)
  })

  it('does not take a session for whoever has its old name by now', async () => {
    const alice = await world.user('alice', allowing('iam:*'))
    await world.iam('UpdateUser', { UserName: 'alice', NewUserName: 'alicia' })
    await world.user('alice')
    await world.iam('CreateAccessKey', {}, alice)
    expect((await world.iam('ListAccessKeys', { UserName: 'alicia' })).texts('AccessKeyId')).toHaveLength(1)
    expect((await world.iam('ListAccessKeys', { UserName: 'alice' })).texts('AccessKeyId')).toHaveLength(0)
  })

  it('is closed to sessions of users without MFA, and to federated ones', async () => {
    const alice = await world.user('alice', allowing('*'))
    const plain = world.opened(await world.sts('GetSessionToken', {}, alice))
    const federated = world.opened(
      await world.sts('GetFederationToken', { Name: 'fed', Policy: policy(allowing('*')) }, alice),
    )
    for (const principal of [plain, federated])
      await expect(world.iam('ListUsers', {}, principal)).rejects.toMatchObject({
        status: 403,
        code: 'InvalidClientTokenId',
      })
    const { serialNumber, code } = await world.mfa('alice')
    const session = await world.sts('GetSessionToken', { SerialNumber: serialNumber, TokenCode: code() }, alice)
    expect((await world.iam('ListUsers', {}, world.opened(session))).texts('UserName')).toEqual(['alice'])
  })

  it('simulates with the engine that decides', async () => {
    await world.user('alice', allowing('secretsmanager:GetSecretValue'))
    const simulated = await world.iam('SimulatePrincipalPolicy', {
      PolicySourceArn: ALICE,
      'ActionNames.member.1': 'secretsmanager:GetSecretValue',
      'ActionNames.member.2': 'secretsmanager:DeleteSecret',
    })
    expect(simulated.texts('EvalDecision')).toEqual(['allowed', 'implicitDeny'])
  })
})
