import { ACCOUNT, allowing, makeIdentities, OTHER, policy, rootOf, type Parameters } from '../support/identities.ts'

const READ = policy({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' })
const TRUST = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'
const OWN = `arn:aws:iam::${ACCOUNT}:policy/own`

type World = ReturnType<typeof makeIdentities>
type Step = readonly [action: string, parameters: Parameters]

async function play({ iam }: World, steps: readonly Step[]): Promise<void> {
  for (const [action, parameters] of steps) await iam(action, parameters)
}

const failing = (code: string, status: number, message?: RegExp): object =>
  expect.objectContaining({ code, status, ...(message && { message: expect.stringMatching(message) }) })

describe('IAM', () => {
  let world: World
  beforeEach(() => {
    world = makeIdentities()
  })

  describe('users', () => {
    it('are made with path, tags and boundary, and shown so', async () => {
      const { iam } = world
      await iam('CreateUser', {
        UserName: 'Alice',
        Path: '/team/',
        PermissionsBoundary: ADMINISTRATOR,
        'Tags.member.1.Key': 'stage',
        'Tags.member.1.Value': 'prod',
      })
      const shown = await iam('GetUser', { UserName: 'alice' })
      expect(shown.text('Arn')).toBe(`arn:aws:iam::${ACCOUNT}:user/team/Alice`)
      expect(shown.text('UserId')).toMatch(/^AIDA[A-Z2-7]{16}$/)
      expect(shown.text('CreateDate')).toBe('2026-03-01T10:20:30Z')
      expect(shown.text('PermissionsBoundaryArn')).toBe(ADMINISTRATOR)
      expect([shown.text('Key'), shown.text('Value')]).toEqual(['stage', 'prod'])
    })

    it('are the caller without a name', async () => {
      const alice = await world.user('alice', allowing('iam:GetUser'))
      expect((await world.iam('GetUser', {}, alice)).text('UserName')).toBe('alice')
    })

    it('are listed by path, in pages whose marker outlives its entry', async () => {
      const { iam } = world
      for (const name of ['d', 'b', 'c', 'a']) await iam('CreateUser', { UserName: name, Path: '/x/' })
      await iam('CreateUser', { UserName: 'e' })
      const first = await iam('ListUsers', { PathPrefix: '/x/', MaxItems: 2 })
      expect(first.texts('UserName')).toEqual(['a', 'b'])
      expect(first.text('IsTruncated')).toBe('true')
      await iam('DeleteUser', { UserName: 'b' })
      const second = await iam('ListUsers', { PathPrefix: '/x/', MaxItems: 2, Marker: first.text('Marker') })
      expect(second.texts('UserName')).toEqual(['c', 'd'])
      expect(second.text('IsTruncated')).toBe('false')
      await expect(iam('ListUsers', { Marker: '*' })).rejects.toEqual(failing('ValidationError', 400, /Marker/))
    })

    it('keep id, groups and devices under another name', async () => {
      const { iam } = world
      await iam('CreateUser', { UserName: 'alice' })
      await iam('CreateGroup', { GroupName: 'staff' })
      await iam('AddUserToGroup', { GroupName: 'staff', UserName: 'alice' })
      await world.mfa('alice')
      const { id } = world.store.account(ACCOUNT).users.get('alice')!
      await iam('UpdateUser', { UserName: 'alice', NewUserName: 'bob', NewPath: '/p/' })
      const bob = await iam('GetUser', { UserName: 'bob' })
      expect([bob.text('UserId'), bob.text('Arn')]).toEqual([id, `arn:aws:iam::${ACCOUNT}:user/p/bob`])
      expect((await iam('GetGroup', { GroupName: 'staff' })).texts('UserName')).toEqual(['bob'])
      expect((await iam('ListMFADevices', { UserName: 'bob' })).texts('UserName')).toEqual(['bob'])
      await expect(iam('GetUser', { UserName: 'alice' })).rejects.toEqual(failing('NoSuchEntity', 404))
    })

    it.each<[what: string, steps: readonly Step[], last: Step]>([
      ['access keys', [['CreateAccessKey', { UserName: 'a' }]], ['DeleteUser', { UserName: 'a' }]],
      [
        'a password',
        [['CreateLoginProfile', { UserName: 'a', Password: 'a long password' }]],
        ['DeleteUser', { UserName: 'a' }],
      ],
      [
        'inline policies',
        [['PutUserPolicy', { UserName: 'a', PolicyName: 'p', PolicyDocument: READ }]],
        ['DeleteUser', { UserName: 'a' }],
      ],
      [
        'attached policies',
        [['AttachUserPolicy', { UserName: 'a', PolicyArn: ADMINISTRATOR }]],
        ['DeleteUser', { UserName: 'a' }],
      ],
      ['groups', [['AddUserToGroup', { UserName: 'a', GroupName: 'g' }]], ['DeleteUser', { UserName: 'a' }]],
      [
        'members (a group)',
        [['AddUserToGroup', { UserName: 'a', GroupName: 'g' }]],
        ['DeleteGroup', { GroupName: 'g' }],
      ],
      [
        'attached policies (a role)',
        [['AttachRolePolicy', { RoleName: 'r', PolicyArn: ADMINISTRATOR }]],
        ['DeleteRole', { RoleName: 'r' }],
      ],
      [
        'holders (a policy)',
        [['AttachRolePolicy', { RoleName: 'r', PolicyArn: OWN }]],
        ['DeletePolicy', { PolicyArn: OWN }],
      ],
      [
        'whose boundary it is (a policy)',
        [['PutUserPermissionsBoundary', { UserName: 'a', PermissionsBoundary: OWN }]],
        ['DeletePolicy', { PolicyArn: OWN }],
      ],
      [
        'versions (a policy)',
        [['CreatePolicyVersion', { PolicyArn: OWN, PolicyDocument: READ }]],
        ['DeletePolicy', { PolicyArn: OWN }],
      ],
    ])('and others are not deleted while they have %s', async (_, steps, last) => {
      await play(world, [
        ['CreateUser', { UserName: 'a' }],
        ['CreateGroup', { GroupName: 'g' }],
        ['CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST }],
        ['CreatePolicy', { PolicyName: 'own', PolicyDocument: READ }],
        ...steps,
      ])
      await expect(world.iam(...last)).rejects.toEqual(failing('DeleteConflict', 409))
    })
  })

  describe('names', () => {
    it.each<[what: string, first: Step, second: Step]>([
      ['user', ['CreateUser', { UserName: 'same' }], ['CreateUser', { UserName: 'SAME' }]],
      ['group', ['CreateGroup', { GroupName: 'same' }], ['CreateGroup', { GroupName: 'Same' }]],
      [
        'role',
        ['CreateRole', { RoleName: 'same', AssumeRolePolicyDocument: TRUST }],
        ['CreateRole', { RoleName: 'SaMe', AssumeRolePolicyDocument: TRUST }],
      ],
      [
        'policy',
        ['CreatePolicy', { PolicyName: 'same', PolicyDocument: READ }],
        ['CreatePolicy', { PolicyName: 'SAME', Path: '/p/', PolicyDocument: READ }],
      ],
      [
        'device',
        ['CreateVirtualMFADevice', { VirtualMFADeviceName: 'same' }],
        ['CreateVirtualMFADevice', { VirtualMFADeviceName: 'same' }],
      ],
    ])('of a %s are taken once, whatever their case', async (_, first, second) => {
      await world.iam(...first)
      await expect(world.iam(...second)).rejects.toEqual(failing('EntityAlreadyExists', 409))
    })

    it.each(['', 'a b', 'a/b', 'ü', 'x'.repeat(65)])('such as %j are refused', async (UserName) => {
      await expect(world.iam('CreateUser', { UserName })).rejects.toEqual(failing('ValidationError', 400, /userName/))
    })
  })

  describe('what is not there', () => {
    it.each<Step>([
      ['GetUser', { UserName: 'nobody' }],
      ['DeleteUser', { UserName: 'nobody' }],
      ['GetGroup', { GroupName: 'nobody' }],
      ['GetRole', { RoleName: 'nobody' }],
      ['GetPolicy', { PolicyArn: OWN }],
      ['GetUserPolicy', { UserName: 'someone', PolicyName: 'none' }],
      ['DeleteUserPolicy', { UserName: 'someone', PolicyName: 'none' }],
      ['AttachUserPolicy', { UserName: 'someone', PolicyArn: OWN }],
      ['AttachUserPolicy', { UserName: 'someone', PolicyArn: 'arn:aws:iam::aws:policy/NoSuchThing' }],
      ['DetachUserPolicy', { UserName: 'someone', PolicyArn: ADMINISTRATOR }],
      ['PutUserPermissionsBoundary', { UserName: 'someone', PermissionsBoundary: OWN }],
      ['GetLoginProfile', { UserName: 'someone' }],
      ['DeleteAccessKey', { UserName: 'someone', AccessKeyId: 'AKIANOSUCHKEYATALLXX' }],
      ['DeleteVirtualMFADevice', { SerialNumber: `arn:aws:iam::${ACCOUNT}:mfa/none` }],
      ['AddUserToGroup', { GroupName: 'nobody', UserName: 'someone' }],
    ])('is NoSuchEntity for %s', async (action, parameters) => {
      await world.iam('CreateUser', { UserName: 'someone' })
      await expect(world.iam(action, parameters)).rejects.toEqual(failing('NoSuchEntity', 404))
    })
  })

  describe('policies', () => {
    it('of users, groups and roles come back as they were put, in percent-encoding', async () => {
      await play(world, [
        ['CreateUser', { UserName: 'h' }],
        ['CreateGroup', { GroupName: 'h' }],
        ['CreateRole', { RoleName: 'h', AssumeRolePolicyDocument: TRUST }],
      ])
      for (const kind of ['User', 'Group', 'Role']) {
        const holder = { [`${kind}Name`]: 'h' }
        await world.iam(`Put${kind}Policy`, { ...holder, PolicyName: 'p', PolicyDocument: READ })
        const read = await world.iam(`Get${kind}Policy`, { ...holder, PolicyName: 'p' })
        expect(read.text('PolicyDocument')).toMatch(/^%7B%22Version/)
        expect(decodeURIComponent(read.text('PolicyDocument'))).toBe(READ)
        expect((await world.iam(`List${kind}Policies`, holder)).texts('member')).toEqual(['p'])
        await world.iam(`Attach${kind}Policy`, { ...holder, PolicyArn: ADMINISTRATOR })
        await world.iam(`Attach${kind}Policy`, { ...holder, PolicyArn: ADMINISTRATOR })
        const attached = await world.iam(`ListAttached${kind}Policies`, holder)
        expect(attached.texts('PolicyArn')).toEqual([ADMINISTRATOR])
        await world.iam(`Detach${kind}Policy`, { ...holder, PolicyArn: ADMINISTRATOR })
        await world.iam(`Delete${kind}Policy`, { ...holder, PolicyName: 'p' })
        expect((await world.iam(`List${kind}Policies`, holder)).texts('member')).toEqual([])
        expect((await world.iam(`ListAttached${kind}Policies`, holder)).texts('PolicyArn')).toEqual([])
      }
    })

    it.each<[what: string, text: string]>([
      ['no JSON', '{'],
      ['no statement', '{"Version":"2012-10-17"}'],
      ['an operator that does not exist', policy({ ...allowing('s:*'), Condition: { StringSounds: { a: 'b' } } })],
      ['a principal in an identity policy', policy({ ...allowing('s:*'), Principal: '*' })],
    ])('with %s are refused, without their text', async (_, PolicyDocument) => {
      await world.iam('CreateUser', { UserName: 'a' })
      for (const [action, parameters] of [
        ['PutUserPolicy', { UserName: 'a', PolicyName: 'p', PolicyDocument }],
        ['CreatePolicy', { PolicyName: 'own', PolicyDocument }],
      ] as const)
        await expect(world.iam(action, parameters)).rejects.toEqual(failing('MalformedPolicyDocument', 400))
    })

    it('of trust must name principals, and no resource', async () => {
      const role = { RoleName: 'r', AssumeRolePolicyDocument: policy(allowing('sts:AssumeRole')) }
      await expect(world.iam('CreateRole', role)).rejects.toEqual(failing('MalformedPolicyDocument', 400))
    })

    it.each([
      ['user', 'User', 2048],
      ['group', 'Group', 5120],
      ['role', 'Role', 10_240],
    ])('of one %s have a size together in which white space does not count', async (_, kind, limit) => {
      await play(world, [
        ['CreateUser', { UserName: 'h' }],
        ['CreateGroup', { GroupName: 'h' }],
        ['CreateRole', { RoleName: 'h', AssumeRolePolicyDocument: TRUST }],
      ])
      const holder = { [`${kind}Name`]: 'h' }
      const put = (PolicyName: string, PolicyDocument: string): Promise<unknown> =>
        world.iam(`Put${kind}Policy`, { ...holder, PolicyName, PolicyDocument })
      await put('first', sized(limit - 300))
      await put('second', `${' '.repeat(500)}${sized(300)}`)
      await expect(put('third', READ)).rejects.toEqual(failing('LimitExceeded', 409))
      // In place of another it fits.
      await put('second', sized(300))
      await expect(put('second', sized(301))).rejects.toEqual(failing('LimitExceeded', 409))
    })

    it('are attached ten at most, versioned five at most, and of a size', async () => {
      const { iam } = world
      await iam('CreateUser', { UserName: 'a' })
      for (let n = 0; n < 10; n++) {
        const made = await iam('CreatePolicy', { PolicyName: `p${n}`, PolicyDocument: READ })
        await iam('AttachUserPolicy', { UserName: 'a', PolicyArn: made.text('Arn') })
      }
      await iam('CreatePolicy', { PolicyName: 'own', PolicyDocument: READ })
      await expect(iam('AttachUserPolicy', { UserName: 'a', PolicyArn: OWN })).rejects.toEqual(
        failing('LimitExceeded', 409),
      )
      for (let n = 2; n <= 5; n++) await iam('CreatePolicyVersion', { PolicyArn: OWN, PolicyDocument: READ })
      await expect(iam('CreatePolicyVersion', { PolicyArn: OWN, PolicyDocument: READ })).rejects.toEqual(
        failing('LimitExceeded', 409),
      )
      await expect(iam('CreatePolicy', { PolicyName: 'big', PolicyDocument: sized(6145) })).rejects.toEqual(
        failing('LimitExceeded', 409),
      )
    })

    it('have a default version, which alone cannot be deleted', async () => {
      const { iam } = world
      const next = policy(allowing('secretsmanager:ListSecrets'))
      await iam('CreatePolicy', { PolicyName: 'own', PolicyDocument: READ, Description: 'mine' })
      await iam('CreatePolicyVersion', { PolicyArn: OWN, PolicyDocument: next, SetAsDefault: 'true' })
      expect((await iam('GetPolicy', { PolicyArn: OWN })).text('DefaultVersionId')).toBe('v2')
      expect((await iam('ListPolicyVersions', { PolicyArn: OWN })).texts('VersionId')).toEqual(['v2', 'v1'])
      const version = await iam('GetPolicyVersion', { PolicyArn: OWN, VersionId: 'v2' })
      expect(decodeURIComponent(version.text('Document'))).toBe(next)
      await expect(iam('DeletePolicyVersion', { PolicyArn: OWN, VersionId: 'v2' })).rejects.toEqual(
        failing('DeleteConflict', 409),
      )
      await iam('SetDefaultPolicyVersion', { PolicyArn: OWN, VersionId: 'v1' })
      await iam('DeletePolicyVersion', { PolicyArn: OWN, VersionId: 'v2' })
      await iam('DeletePolicy', { PolicyArn: OWN })
    })

    it('tell who has them', async () => {
      await play(world, [
        ['CreatePolicy', { PolicyName: 'own', PolicyDocument: READ }],
        ['CreateUser', { UserName: 'u' }],
        ['CreateGroup', { GroupName: 'g' }],
        ['CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST, PermissionsBoundary: OWN }],
        ['AttachUserPolicy', { UserName: 'u', PolicyArn: OWN }],
        ['AttachGroupPolicy', { GroupName: 'g', PolicyArn: OWN }],
      ])
      const all = await world.iam('ListEntitiesForPolicy', { PolicyArn: OWN })
      expect([all.text('UserName'), all.text('GroupName'), all.text('RoleName')]).toEqual(['u', 'g', 'r'])
      const shown = await world.iam('GetPolicy', { PolicyArn: OWN })
      expect([shown.text('AttachmentCount'), shown.text('PermissionsBoundaryUsageCount')]).toEqual(['2', '1'])
    })

    it('of AWS are read, and changed by nobody', async () => {
      const shown = await world.iam('GetPolicyVersion', { PolicyArn: ADMINISTRATOR, VersionId: 'v1' })
      expect(decodeURIComponent(shown.text('Document'))).toContain('"Action":["*"]')
      const change = { PolicyArn: ADMINISTRATOR, PolicyDocument: READ }
      await expect(world.iam('CreatePolicyVersion', change)).rejects.toEqual(failing('AccessDenied', 403))
      await expect(world.iam('DeletePolicy', { PolicyArn: ADMINISTRATOR })).rejects.toEqual(
        failing('AccessDenied', 403),
      )
    })
  })

  describe('access keys', () => {
    it('are two at most, shown with their secret once', async () => {
      const { iam } = world
      await iam('CreateUser', { UserName: 'a' })
      const first = await iam('CreateAccessKey', { UserName: 'a' })
      expect(first.text('AccessKeyId')).toMatch(/^AKIA[A-Z2-7]{16}$/)
      expect(first.text('SecretAccessKey')).toHaveLength(40)
      await iam('CreateAccessKey', { UserName: 'a' })
      await expect(iam('CreateAccessKey', { UserName: 'a' })).rejects.toEqual(failing('LimitExceeded', 409))
      const key = { UserName: 'a', AccessKeyId: first.text('AccessKeyId') }
      await iam('UpdateAccessKey', { ...key, Status: 'Inactive' })
      const listed = await iam('ListAccessKeys', { UserName: 'a' })
      expect(listed.texts('Status').sort()).toEqual(['Active', 'Inactive'])
      expect(listed.body).not.toContain('Secret')
      await iam('DeleteAccessKey', key)
      expect((await iam('ListAccessKeys', { UserName: 'a' })).texts('AccessKeyId')).toHaveLength(1)
    })

    it('that administer Coffer are not taken away by IAM', async () => {
      await world.iam('CreateUser', { UserName: 'admin' })
      const AccessKeyId = (await world.iam('CreateAccessKey', { UserName: 'admin' })).text('AccessKeyId')
      await world.store.change(ACCOUNT, (account) => {
        const admin = account.users.get('admin')!
        const accessKeys = admin.accessKeys.map((key) => ({ ...key, isAdmin: true }))
        return { account: { ...account, users: new Map([['admin', { ...admin, accessKeys }]]) }, result: undefined }
      })
      const key = { UserName: 'admin', AccessKeyId }
      await expect(world.iam('DeleteAccessKey', key)).rejects.toEqual(failing('UnmodifiableEntity', 400))
      await expect(world.iam('UpdateAccessKey', { ...key, Status: 'Inactive' })).rejects.toEqual(
        failing('UnmodifiableEntity', 400),
      )
    })
  })

  describe('passwords', () => {
    it('are set, changed by who knows the old one, and never shown', async () => {
      const alice = await world.user('alice', allowing('iam:ChangePassword'))
      const { iam } = world
      const made = await iam('CreateLoginProfile', { UserName: 'alice', Password: 'the first password' })
      expect(made.body).not.toContain('the first password')
      const change = (OldPassword: string, NewPassword: string): Promise<unknown> =>
        iam('ChangePassword', { OldPassword, NewPassword }, alice)
      await expect(change('wrong', 'the second password')).rejects.toEqual(failing('AccessDenied', 403))
      await expect(change('the first password', 'short')).rejects.toEqual(failing('PasswordPolicyViolation', 400))
      await change('the first password', 'the second password')
      await change('the second password', 'the third password')
      await iam('DeleteLoginProfile', { UserName: 'alice' })
      await expect(iam('GetLoginProfile', { UserName: 'alice' })).rejects.toEqual(failing('NoSuchEntity', 404))
    })
  })

  describe('MFA devices', () => {
    it('are enabled by two codes in a row, for one user', async () => {
      const { iam } = world
      await iam('CreateUser', { UserName: 'a' })
      await iam('CreateUser', { UserName: 'b' })
      const { serialNumber } = await world.mfa('a')
      const codes = { AuthenticationCode1: '000000', AuthenticationCode2: '111111' }
      await expect(iam('EnableMFADevice', { UserName: 'b', SerialNumber: serialNumber, ...codes })).rejects.toEqual(
        failing('InvalidAuthenticationCode', 403),
      )
      await expect(iam('DeleteVirtualMFADevice', { SerialNumber: serialNumber })).rejects.toEqual(
        failing('DeleteConflict', 409),
      )
      await expect(iam('DeleteUser', { UserName: 'a' })).rejects.toEqual(failing('DeleteConflict', 409, /MFA/))
      expect((await iam('ListVirtualMFADevices', { AssignmentStatus: 'Assigned' })).texts('UserName')).toEqual(['a'])
      await expect(iam('DeactivateMFADevice', { UserName: 'b', SerialNumber: serialNumber })).rejects.toEqual(
        failing('NoSuchEntity', 404),
      )
      await iam('DeactivateMFADevice', { UserName: 'a', SerialNumber: serialNumber })
      await iam('DeleteVirtualMFADevice', { SerialNumber: serialNumber })
    })

    it('never show their seed again', async () => {
      await world.iam('CreateUser', { UserName: 'a' })
      await world.mfa('a')
      expect((await world.iam('ListVirtualMFADevices')).body).not.toContain('Seed')
    })
  })

  describe('tags', () => {
    it('replace those of the same key in any case, 50 at most', async () => {
      const { iam } = world
      await iam('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST })
      await iam('TagRole', { RoleName: 'r', 'Tags.member.1.Key': 'Stage', 'Tags.member.1.Value': 'prod' })
      await iam('TagRole', { RoleName: 'r', 'Tags.member.1.Key': 'stage', 'Tags.member.1.Value': 'test' })
      const tags = await iam('ListRoleTags', { RoleName: 'r' })
      expect([tags.texts('Key'), tags.texts('Value')]).toEqual([['stage'], ['test']])
      const many = Object.fromEntries(
        Array.from({ length: 50 }, (_, n) => [
          [`Tags.member.${n + 1}.Key`, `k${n}`],
          [`Tags.member.${n + 1}.Value`, ''],
        ]).flat(),
      ) as Parameters
      await expect(iam('TagRole', { RoleName: 'r', ...many })).rejects.toEqual(failing('LimitExceeded', 409))
      await iam('UntagRole', { RoleName: 'r', 'TagKeys.member.1': 'STAGE' })
      expect((await iam('ListRoleTags', { RoleName: 'r' })).texts('Key')).toEqual([])
    })
  })

  describe('the account', () => {
    it('is told whole, by kind', async () => {
      await play(world, [
        ['CreateUser', { UserName: 'u' }],
        ['AttachUserPolicy', { UserName: 'u', PolicyArn: ADMINISTRATOR }],
        ['CreateGroup', { GroupName: 'g' }],
        ['CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: TRUST }],
        ['CreatePolicy', { PolicyName: 'own', PolicyDocument: READ }],
      ])
      const all = await world.iam('GetAccountAuthorizationDetails')
      expect([all.text('UserName'), all.text('GroupName'), all.text('RoleName')]).toEqual(['u', 'g', 'r'])
      expect(all.texts('PolicyId')).toHaveLength(2)
      const roles = await world.iam('GetAccountAuthorizationDetails', { 'Filter.member.1': 'Role' })
      expect([roles.text('UserName'), roles.text('RoleName')]).toEqual(['', 'r'])
      const summary = await world.iam('GetAccountSummary')
      expect(summary.body).toContain('<entry><key>Users</key><value>1</value></entry>')
      expect((await world.iam('ListAccountAliases')).texts('member')).toEqual([])
    })
  })

  it('tells who declared an entity in the file where to change it', async () => {
    await world.iam('CreateUser', { UserName: 'alice' })
    world.store.fileOwned.add('alice')
    await expect(world.iam('DeleteUser', { UserName: 'alice' })).rejects.toEqual(
      failing('UnmodifiableEntity', 400, /user alice is declared in the identities file: change it there\./),
    )
  })

  it('answers an operation that it has not with InvalidAction', async () => {
    await expect(world.iam('CreateSAMLProvider')).rejects.toEqual(failing('InvalidAction', 400))
  })

  it('keeps accounts apart', async () => {
    await world.iam('CreateUser', { UserName: 'alice' })
    expect((await world.iam('ListUsers', {}, rootOf(OTHER))).texts('UserName')).toEqual([])
    await expect(world.iam('GetUser', { UserName: 'alice' }, rootOf(OTHER))).rejects.toEqual(
      failing('NoSuchEntity', 404),
    )
  })
})

/** An identity policy of so many characters. */
function sized(characters: number): string {
  const empty = policy({ Sid: '', ...allowing('s:Get') })
  return policy({ Sid: 'x'.repeat(characters - empty.length), ...allowing('s:Get') })
}
