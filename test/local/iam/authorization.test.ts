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
    await world.iam('CreateUser', { UserName: 'Bob', Path: '/boss/' })
    const refusal = (name: string, action: string, parameters: Parameters = {}): Promise<string> =>
      world.iam(action, { UserName: name, ...parameters }, alice).then(
        () => 'allowed',
        (error: unknown) => (error as Error).message.replaceAll(name, '*'),
      )
    for (const [action, parameters] of [
      ['GetUser', {}],
      ['UpdateUser', { NewPath: '/x/' }],
    ] as const)
      for (const name of ['Bob', 'bob'])
        expect(await refusal(name, action, parameters)).toBe(await refusal('nobody', action, parameters))
    // Nor by what a name or a path would be, where one of the two may be changed.
    await world.allow('alice', { ...allowing('iam:UpdateUser'), Resource: `arn:aws:iam::${ACCOUNT}:user/*Bob` })
    await world.iam('CreateUser', { UserName: 'bob2', Path: '/boss/' })
    const refused = refusal('bob', 'UpdateUser', { NewUserName: 'bob2' })
    expect(await refused).toContain('iam:UpdateUser on resource: user *2 because')
  })

  describe('of a new name or path', () => {
    const arn = (pathAndName: string): string => `arn:aws:iam::${ACCOUNT}:${pathAndName}`
    it.each<[what: string, action: string, parameters: Parameters, wanted: string]>([
      ['user by name', 'UpdateUser', { UserName: 'dev', NewUserName: 'Boss' }, arn('user/dev/Boss')],
      ['user by path', 'UpdateUser', { UserName: 'DEV', NewPath: '/admins/' }, arn('user/admins/dev')],
      ['user by both', 'UpdateUser', { UserName: 'dev', NewUserName: 'b', NewPath: '/' }, arn('user/b')],
      ['group by name', 'UpdateGroup', { GroupName: 'devs', NewGroupName: 'boss' }, arn('group/dev/boss')],
      ['group by path', 'UpdateGroup', { GroupName: 'devs', NewPath: '/admins/' }, arn('group/admins/devs')],
    ])('needs permission on both ARNs: a %s', async (_, action, parameters, wanted) => {
      await world.iam('CreateUser', { UserName: 'dev', Path: '/dev/' })
      await world.iam('CreateGroup', { GroupName: 'devs', Path: '/dev/' })
      const present = [arn('user/dev/dev'), arn('group/dev/devs')]
      const alice = await world.user('alice')
      const allow = (...Resource: string[]): Promise<void> =>
        world.allow('alice', { Effect: 'Allow', Action: `iam:${action}`, Resource })
      await allow(...present)
      await expect(isDenied(action, parameters, alice)).resolves.toBe(true)
      await allow(wanted)
      await expect(isDenied(action, parameters, alice)).resolves.toBe(true)
      await allow(...present, wanted)
      await expect(isDenied(action, parameters, alice)).resolves.toBe(false)
    })

    it('is not wanted where neither is given', async () => {
      const alice = await world.user('alice', { ...allowing('iam:UpdateUser'), Resource: ALICE })
      await expect(isDenied('UpdateUser', { UserName: 'alice' }, alice)).resolves.toBe(false)
    })
  })

  describe('of an administrator who is held to a boundary', () => {
    const DOCUMENT = policy(allowing('s:*'))
    const attached = { PolicyArn: ADMINISTRATOR }
    const inline = { PolicyName: 'p', PolicyDocument: DOCUMENT }
    const CALLS: [action: string, parameters: Parameters][] = [
      ['PutUserPolicy', { ...inline }],
      ['AttachUserPolicy', attached],
      ['DetachUserPolicy', attached],
      ['DeleteUserPolicy', { PolicyName: 'p' }],
      ['DeleteUserPermissionsBoundary', {}],
      ['PutRolePolicy', { ...inline }],
      ['AttachRolePolicy', attached],
      ['DetachRolePolicy', attached],
      ['DeleteRolePolicy', { PolicyName: 'p' }],
      ['DeleteRolePermissionsBoundary', {}],
    ]
    const named = (action: string, name: string): Parameters =>
      action.includes('Role') ? { RoleName: name } : { UserName: name }

    async function setUp(statement: object): Promise<Principal> {
      for (const [name, boundary] of [
        ['bounded', { PermissionsBoundary: READ_ONLY }],
        ['free', {}],
        ['other', { PermissionsBoundary: ADMINISTRATOR }],
      ] as const) {
        await world.iam('CreateUser', { UserName: name, ...boundary })
        await world.iam('CreateRole', { RoleName: name, AssumeRolePolicyDocument: TRUST, ...boundary })
      }
      return world.user('alice', statement)
    }

    it.each(CALLS)('%s goes by the boundary that there is', async (action, parameters) => {
      const Condition = { ArnEquals: { 'iam:PermissionsBoundary': READ_ONLY } }
      const alice = await setUp({ ...allowing('iam:*'), Condition })
      for (const name of ['free', 'other', 'nobody'])
        await expect(isDenied(action, { ...named(action, name), ...parameters }, alice)).resolves.toBe(true)
      await expect(isDenied(action, { ...named(action, 'BOUNDED'), ...parameters }, alice)).resolves.toBe(false)
    })

    it.each(CALLS)('%s meets a Deny on it', async (action, parameters) => {
      const alice = await setUp(allowing('iam:*'))
      const Condition = { ArnEquals: { 'iam:PermissionsBoundary': READ_ONLY } }
      const deny = { Effect: 'Deny', Action: 'iam:*', Resource: '*', Condition }
      const PolicyDocument = policy(deny)
      await world.iam('PutUserPolicy', { UserName: 'alice', PolicyName: 'deny', PolicyDocument })
      await expect(isDenied(action, { ...named(action, 'bounded'), ...parameters }, alice)).resolves.toBe(true)
      await expect(isDenied(action, { ...named(action, 'free'), ...parameters }, alice)).resolves.toBe(false)
    })

    it.each(['User', 'Role'])('Put%sPermissionsBoundary goes by the one that is wanted', async (kind) => {
      const Condition = { ArnEquals: { 'iam:PermissionsBoundary': READ_ONLY } }
      const alice = await setUp({ ...allowing('iam:*'), Condition })
      const put = (name: string, PermissionsBoundary: string): Promise<boolean> => {
        const action = `Put${kind}PermissionsBoundary`
        return isDenied(action, { ...named(action, name), PermissionsBoundary }, alice)
      }
      await expect(put('bounded', ADMINISTRATOR)).resolves.toBe(true)
      await expect(put('free', READ_ONLY)).resolves.toBe(false)
    })
  })

  it('knows which keys an action has not, and not what else IAM would tell', async () => {
    const alice = await world.user('alice', { ...allowing('iam:*'), Condition: { Null: { 'iam:PolicyARN': 'true' } } })
    await expect(isDenied('CreateUser', { UserName: 'new' }, alice)).resolves.toBe(false)
    await world.allow('alice', { ...allowing('iam:*'), Condition: { Null: { 'iam:PassedToService': 'true' } } })
    await expect(isDenied('CreateUser', { UserName: 'newer' }, alice)).resolves.toBe(true)
  })

  it('is for whom it was asked: a name that went to another in the meantime is refused', async () => {
    await world.user('bob')
    await world.iam('CreateUser', { UserName: 'boss', Path: '/boss/' })
    const bobs = `arn:aws:iam::${ACCOUNT}:user/bob`
    const alice = await world.user('alice', { Effect: 'Allow', Action: 'iam:*', Resource: bobs })
    // Hashing takes a while.
    const pending = world.iam('CreateLoginProfile', { UserName: 'bob', Password: 'a long password' }, alice)
    const outcome = expect(pending).rejects.toMatchObject({ status: 409, code: 'ConcurrentModification' })
    await world.iam('UpdateUser', { UserName: 'bob', NewUserName: 'bobby' })
    await world.iam('UpdateUser', { UserName: 'boss', NewUserName: 'bob' })
    await outcome
    // Also where the ARN is the same, and the user is not.
    const again = world.iam('CreateLoginProfile', { UserName: 'bobby', Password: 'a long password' })
    const refused = expect(again).rejects.toMatchObject({ status: 409, code: 'ConcurrentModification' })
    await world.iam('DeleteUser', { UserName: 'bobby' })
    await world.user('bobby')
    await refused
    // And where the user is the same, and the ARN is not.
    const moved = world.iam('CreateLoginProfile', { UserName: 'bobby', Password: 'a long password' })
    const late = expect(moved).rejects.toMatchObject({ status: 409, code: 'ConcurrentModification' })
    await world.iam('UpdateUser', { UserName: 'bobby', NewPath: '/boss/' })
    await late
    for (const { passwordHash } of world.store.account(ACCOUNT).users.values()) expect(passwordHash).toBeUndefined()
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
