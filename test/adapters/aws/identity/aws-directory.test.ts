import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { decide } from '../../../../lambda/auth/decide.ts'
import { contextOf } from '../../../../lambda/auth/condition-context.ts'
import type { Found, Identity } from '../../../../lambda/auth/identity.ts'
import type { Principal } from '../../../../lambda/auth/principal.ts'
import { identityKey, identityNameKey, identitySnapshotKey } from '../../../../lambda/adapters/aws/dynamo/item-keys.ts'
import { packed } from '../../../../lambda/adapters/aws/identity/kept-identity.ts'
import { failing } from '../dynamo/disturbed-client.ts'
import {
  ACCOUNT,
  ALICE,
  allow,
  APP,
  attached,
  inline,
  managedArn,
  managedPolicy,
  role,
  roleArn,
  sessionArn,
  throttling,
  trusting,
  user,
  userArn,
} from './fake-iam.ts'
import { asSession, asUser, identitySuite, PLACE, type Started } from './identity-fixture.ts'

const suite = identitySuite()
const alice = asUser('alice', ALICE)
const app = asSession('app', APP)

const reasonOf = (found: Found): string | undefined => (found.kind === 'unknown' ? found.reason : undefined)
const identityOf = (found: Found): Identity => {
  if (found.kind !== 'identity') throw new Error(`no identity: ${JSON.stringify(found)}`)
  return found.identity
}
async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const verdictOn = (principal: Principal, found: Found, action: string) =>
  decide({
    principal,
    found,
    action,
    resource: '*',
    account: ACCOUNT,
    rule: 'either',
    context: contextOf(() => undefined),
  }).verdict

describe('who is known', () => {
  it('a user is, with the policies on it and on its groups, inline and managed, and its tags', async () => {
    const { iam, pass, directory } = suite.start()
    iam.users[0] = user('alice', ALICE, {
      Arn: userArn('alice', '/staff/'),
      UserPolicyList: [inline('own', allow('a:Inline'))],
      AttachedManagedPolicies: [attached(managedArn('mine')), attached('arn:aws:iam::aws:policy/Theirs')],
      GroupList: ['devs'],
      Tags: [{ Key: 'team', Value: 'db' }],
    })
    iam.groups = [
      {
        GroupName: 'devs',
        GroupPolicyList: [inline('group', allow('a:GroupInline'))],
        AttachedManagedPolicies: [attached(managedArn('shared')), attached(managedArn('mine'))],
      },
    ]
    iam.policies = [
      managedPolicy(managedArn('mine'), allow('a:Managed')),
      managedPolicy(managedArn('shared'), allow('a:GroupManaged')),
      managedPolicy('arn:aws:iam::aws:policy/Theirs', allow('a:ByAws')),
    ]
    await pass()
    const principal = asUser('alice', ALICE, userArn('alice', '/staff/'))
    const found = await directory().find(principal)
    const { policies, ...identity } = identityOf(found)
    expect(identity).toEqual({
      arn: userArn('alice', '/staff/'),
      uniqueId: ALICE,
      tags: [{ key: 'team', value: 'db' }],
      areTagsCertain: true,
    })
    expect(policies.map(({ source }) => source).toSorted()).toEqual([
      managedArn('mine'),
      managedArn('shared'),
      'arn:aws:iam::aws:policy/Theirs',
      'inline policy "group" of group devs',
      'inline policy "own" of user alice',
    ])
    for (const action of ['a:Inline', 'a:Managed', 'a:GroupInline', 'a:GroupManaged', 'a:ByAws'])
      expect([action, verdictOn(principal, found, action)]).toEqual([action, 'allow'])
    // The version of a managed policy that is not in force allows everything.
    expect(verdictOn(principal, found, 'a:Other')).toBe('implicit-deny')
  })

  it('a session of a role is, by the unique id of the role, whose path its ARN lacks', async () => {
    const { iam, pass, directory } = suite.start()
    iam.roles = [role('app', APP, { Arn: roleArn('app', '/apps/eu/'), RolePolicyList: [inline('p', allow('a:B'))] })]
    await pass()
    const found = await directory().find(asSession('app', APP, 'any@session'))
    expect(identityOf(found)).toMatchObject({ arn: roleArn('app', '/apps/eu/'), uniqueId: APP })
    expect(verdictOn(app, found, 'a:B')).toBe('allow')
  })

  it('a boundary is part of it', async () => {
    const { iam, pass, directory } = suite.start()
    const boundary = managedArn('boundary')
    iam.policies = [managedPolicy(boundary, allow('a:B'))]
    iam.users[0] = user('alice', ALICE, {
      UserPolicyList: [inline('p', allow('a:*'))],
      PermissionsBoundary: { PermissionsBoundaryArn: boundary },
    })
    await pass()
    const found = await directory().find(alice)
    expect(identityOf(found).boundary?.source).toBe(boundary)
    expect([verdictOn(alice, found, 'a:B'), verdictOn(alice, found, 'a:C')]).toEqual(['allow', 'implicit-deny'])
  })

  it.each<[string, (iam: Started['iam']) => void]>([
    ['a managed policy', ({ users }) => (users[0]!.AttachedManagedPolicies = [attached(managedArn('gone'))])],
    ['a group', ({ users }) => (users[0]!.GroupList = ['gone'])],
    ['a boundary', ({ users }) => (users[0]!.PermissionsBoundary = { PermissionsBoundaryArn: managedArn('gone') })],
    ['the name of a boundary', ({ users }) => (users[0]!.PermissionsBoundary = {})],
    ['a text', ({ users }) => users[0]!.UserPolicyList!.push({ PolicyName: 'x' })],
    [
      'a text that can be decoded',
      ({ users }) => users[0]!.UserPolicyList!.push({ PolicyName: 'x', PolicyDocument: '%E0%' }),
    ],
    ['a text that is a policy', ({ users }) => users[0]!.UserPolicyList!.push(inline('x', { Statement: 'no' }))],
    [
      'the version in force',
      (iam) => {
        iam.policies = [{ ...managedPolicy(managedArn('gone'), allow('a:*')), DefaultVersionId: 'v3' }]
        iam.users[0]!.AttachedManagedPolicies = [attached(managedArn('gone'))]
      },
    ],
  ])('where %s is missing, whoever has it is denied', async (_, disturb) => {
    const { iam, pass, directory } = suite.start()
    iam.users[0] = user('alice', ALICE, { UserPolicyList: [inline('p', allow('a:*'))] })
    disturb(iam)
    await pass()
    const found = await directory().find(alice)
    expect(verdictOn(alice, found, 'a:B')).toBe('explicit-deny')
  })

  it.each<[string, string, boolean]>([
    ['sts:AssumeRole alone', trusting('sts:AssumeRole'), true],
    ['sts:TagSession too', trusting('sts:AssumeRole', 'sts:TagSession'), false],
    ['what cannot be read', '%7Bnonsense', false],
  ])('the tags of a role whose trust policy allows %s are certain or not', async (_, trust, areTagsCertain) => {
    const { iam, pass, directory } = suite.start()
    iam.roles = [role('app', APP, { AssumeRolePolicyDocument: trust, Tags: [{ Key: 'a', Value: 'b' }] })]
    await pass()
    expect(identityOf(await directory().find(app))).toMatchObject({ areTagsCertain, tags: [{ key: 'a', value: 'b' }] })
  })

  it.each<[string, Partial<Principal>, string]>([
    ['another name', { arn: userArn('bob') }, 'no such user or role is known'],
    ['another path', { arn: userArn('alice', '/staff/') }, 'its ARN is not that of the user or role'],
    ['other letters', { arn: userArn('Alice') }, 'its ARN is not that of the user or role'],
    ['another unique id', { userId: 'AIDAOTHEROTHEROTHER00' }, 'no such user or role is known'],
    ["a role's name", { arn: sessionArn('alice') }, 'no such user or role is known'],
    ["a role's unique id", { userId: APP }, 'no such user or role is known'],
    ['a unique id that is none', { userId: `${ALICE}#x` }, 'its unique id is none'],
    ['no unique id', { userId: '' }, 'its unique id is none'],
    ['an ARN of another account', { arn: 'arn:aws:iam::999999999999:user/alice' }, 'its ARN is of another account'],
    ['an ARN of nothing', { arn: '' }, 'its ARN is of another account'],
    ['a group', { arn: `arn:aws:iam::${ACCOUNT}:group/alice` }, 'it is neither a user nor a session of a role'],
    ['a role itself', { arn: roleArn('app'), userId: APP }, 'it is a role without a session'],
    ['a federated user', { arn: `arn:aws:sts::${ACCOUNT}:federated-user/alice` }, 'sessions of GetFederationToken'],
  ])('an event with %s names nobody', async (_, over, reason) => {
    const { pass, directory } = suite.start()
    await pass()
    expect(reasonOf(await directory().find({ ...alice, ...over }))).toContain(reason)
  })

  it("a session is not another role's, whatever the event says of its name", async () => {
    const { iam, pass, directory } = suite.start()
    iam.roles.push(role('admin', 'AROAADMINADMINADMIN00'))
    await pass()
    expect(reasonOf(await directory().find(asSession('admin', APP)))).toContain(
      'no such user or role is known any more',
    )
  })

  it('the root of the account is', async () => {
    const { directory, requests } = suite.start()
    expect(await directory().find({ ...alice, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT })).toEqual({
      kind: 'root',
    })
    expect(requests.take()).toEqual({})
  })

  it.each(['iam::999999999999:root', 'iam::999999999999:user/a', 'sts::999999999999:assumed-role/a/b'])(
    'API Gateway stands for %s of another account',
    async (rest) => {
      const found = await suite
        .start()
        .directory()
        .find({ ...alice, account: '999999999999', arn: `arn:aws:${rest}` })
      expect(found).toEqual({ kind: 'represented' })
    },
  )
})

describe('what is remembered', () => {
  it('an identity for half a minute, with one request', async () => {
    const { iam, pass, directory, requests, clock } = suite.start()
    await pass()
    const view = directory()
    requests.take()
    for (let time = 0; time < 3; time++) await view.find(alice)
    await Promise.all([view.find(app), view.find(app), view.find(asSession('app', APP, 'other'))])
    expect(requests.take()).toEqual({ BatchGetItem: 2 })
    iam.users[0] = user('alice', ALICE, { UserPolicyList: [inline('p', allow('a:B'))] })
    await pass()
    clock.advance(29_999)
    expect(identityOf(await view.find(alice)).policies).toEqual([])
    clock.advance(1)
    requests.take()
    expect(identityOf(await view.find(alice)).policies).toHaveLength(1)
    expect(requests.take()).toEqual({ BatchGetItem: 1 })
  })

  it('a principal that nobody knows has the snapshot renewed once, and is refused for ten seconds', async () => {
    const { iam, pass, directory, requests, clock, refreshed } = suite.start()
    await pass()
    clock.advance(10_000)
    const view = directory()
    const bob = asUser('bob', 'AIDABOBBOBBOBBOBBOB00')
    expect(await view.find(bob)).toMatchObject({ kind: 'unknown' })
    expect([refreshed, iam.calls]).toEqual([['AIDABOBBOBBOBBOBBOB00'], 2])
    iam.users.push(user('bob', 'AIDABOBBOBBOBBOBBOB00'))
    requests.take()
    clock.advance(9_999)
    expect(await view.find(bob)).toMatchObject({ kind: 'unknown' })
    expect([requests.take(), iam.calls]).toEqual([{}, 2])
    clock.advance(1)
    expect(await view.find(bob)).toMatchObject({ kind: 'identity' })
    expect(iam.calls).toBe(3)
  })

  it('somebody who was made a moment ago is found at the first call', async () => {
    const { iam, pass, directory, clock } = suite.start()
    await pass()
    clock.advance(10_000)
    iam.users.push(user('bob', 'AIDABOBBOBBOBBOBBOB00'))
    expect(await directory().find(asUser('bob', 'AIDABOBBOBBOBBOBBOB00'))).toMatchObject({ kind: 'identity' })
  })

  it('the very first snapshot is made on demand as well', async () => {
    const { directory, iam } = suite.start()
    expect(await directory().find(alice)).toMatchObject({ kind: 'identity' })
    expect(iam.calls).toBe(1)
  })

  it('whoever cannot be looked up, since the identity function fails, is refused', async () => {
    const { pass, directory } = suite.start()
    await pass()
    const refresh = () => Promise.reject(new Error('throttled'))
    expect(reasonOf(await directory({ refresh }).find(asUser('bob', 'AIDABOBBOBBOBBOBBOB00')))).toBe(
      'no such user or role is known',
    )
  })

  it('no more than so many principals', async () => {
    const { pass, directory, requests } = suite.start()
    await pass()
    const view = directory({ refresh: async () => undefined })
    await view.find(alice)
    const idOf = (index: number): string => `AIDA${String(index).padStart(17, '0')}`
    for (let index = 0; index < 1_000; index++) await view.find(asUser(`u${index}`, idOf(index)))
    requests.take()
    await view.find(alice)
    expect(requests.take()).toEqual({ BatchGetItem: 1 })
  })
})

describe('an old snapshot', () => {
  const MINUTE = 60_000

  it.each([
    [15, 17],
    [0, 2],
    [1440, 1442],
  ])(
    'serves for its grace of %d minutes and the two that it takes at most, and not a moment longer',
    async (graceMinutes, minutes) => {
      const { iam, pass, directory, clock, refreshed } = suite.start()
      await pass()
      iam.before = () => iam.failures.push(throttling())
      clock.advance(minutes * MINUTE)
      const view = directory({ graceMinutes })
      expect(await view.find(alice)).toMatchObject({ kind: 'identity' })
      clock.advance(1)
      // Remembered or not.
      expect(reasonOf(await view.find(alice))).toContain(`the snapshot of identities is ${minutes} minutes old`)
      expect(reasonOf(await directory({ graceMinutes }).find(app))).toContain('minutes old')
      expect(refreshed).toEqual([])
    },
  )

  it('is served again once it is renewed, by who has refused it before', async () => {
    const { pass, directory, clock } = suite.start()
    await pass()
    const view = directory()
    clock.advance(20 * MINUTE)
    expect(await view.find(alice)).toMatchObject({ kind: 'unknown' })
    await pass()
    clock.advance(10_000)
    expect(await view.find(alice)).toMatchObject({ kind: 'identity' })
  })

  it('of the future serves nobody', async () => {
    const { pass, directory, clock } = suite.start()
    await pass()
    clock.advance(-120_001)
    expect(reasonOf(await directory().find(alice))).toContain('of the future')
  })
})

describe('trouble', () => {
  it.each(['ThrottlingException', 'InternalServerError'])(
    'at DynamoDB (%s) refuses, and is over when it is',
    async (name) => {
      const { pass, directory, client } = suite.start()
      await pass()
      let isDown = true
      failing(client, 'BatchGetItem', () => (isDown ? Object.assign(new Error('no'), { name }) : undefined))
      const view = directory()
      expect(reasonOf(await view.find(alice))).toContain('the snapshot of identities cannot be read')
      isDown = false
      expect(await view.find(alice)).toMatchObject({ kind: 'identity' })
    },
  )

  const put = ({ client, table }: Started, key: ReturnType<typeof identityKey>, rest: ReturnType<typeof identityKey>) =>
    client.send(new PutItemCommand({ TableName: table, Item: { ...key, ...rest } }))
  const bytes = (value: unknown) => ({ packed: { B: packed(JSON.stringify(value)) }, hash: { S: 'h' } })
  const kept = {
    form: 1,
    arn: userArn('alice'),
    uniqueId: ALICE,
    mayTagSessions: false,
    tags: [],
    policies: [],
    boundary: null,
  }

  it.each<[string, ReturnType<typeof identityKey>]>([
    ['nothing', {}],
    ['bytes that are not compressed', { packed: { B: Buffer.from('nonsense') } }],
    ['a bomb', { packed: { B: packed(JSON.stringify(kept) + ' '.repeat(9 * 1024 * 1024)) } }],
    ['null', bytes(null)],
    ['another form', bytes({ ...kept, form: 2 })],
    ['a boundary lost', bytes({ ...kept, boundary: undefined })],
    ['policies lost', bytes({ ...kept, policies: undefined })],
    ['a policy without its text', bytes({ ...kept, policies: [{ source: 'x' }] })],
    ['tags that are none', bytes({ ...kept, tags: [{ key: 1 }] })],
    ['certainty lost', bytes({ ...kept, mayTagSessions: undefined })],
    ["another's unique id", bytes({ ...kept, uniqueId: APP })],
    ["another's ARN", bytes({ ...kept, arn: userArn('admin') })],
  ])('an item with %s is nobody', async (_, rest) => {
    const started = suite.start()
    await started.pass()
    await put(started, identityKey(PLACE, ALICE), rest)
    const found = await started.directory({ refresh: async () => undefined }).find(alice)
    expect(found.kind).toBe('unknown')
  })

  it('an item as it should be is somebody', async () => {
    const started = suite.start()
    await started.pass()
    await put(started, identityKey(PLACE, ALICE), bytes(kept))
    expect((await started.directory().find(alice)).kind).toBe('identity')
  })

  it.each<[string, ReturnType<typeof identityKey>]>([
    ['no time', {}],
    ['a time that is text', { began: { S: '1' } }],
  ])('a snapshot with %s serves nobody', async (_, rest) => {
    const started = suite.start()
    await started.pass()
    await put(started, identitySnapshotKey(PLACE), rest)
    expect(reasonOf(await started.directory().find(alice))).toContain('cannot be read')
  })

  it('an identity that no name leads to is nobody', async () => {
    const started = suite.start()
    await started.pass()
    const Key = identityNameKey(PLACE, 'user', 'alice')
    await started.client.send(new DeleteItemCommand({ TableName: started.table, Key }))
    expect(await started.directory({ refresh: async () => undefined }).find(alice)).toMatchObject({ kind: 'unknown' })
  })
})

describe('what a policy names', () => {
  it('is found by its ARN, with its path and in its letters', async () => {
    const { iam, pass, directory, refreshed } = suite.start()
    iam.roles = [role('app', APP, { Arn: roleArn('app', '/eu/') })]
    await pass()
    const view = directory()
    expect(await view.resolve(roleArn('app', '/eu/'))).toEqual({ kind: 'exists', uniqueId: APP })
    expect(await view.resolve(userArn('alice'))).toEqual({ kind: 'exists', uniqueId: ALICE })
    expect(refreshed).toEqual([])
    for (const arn of [roleArn('app'), userArn('Alice'), userArn('app'), userArn('bob')])
      expect([arn, await view.resolve(arn)]).toEqual([arn, { kind: 'missing' }])
    // A session is its role's, whose path its ARN does not tell.
    expect(await view.resolve(sessionArn('app'))).toEqual({ kind: 'exists', uniqueId: APP })
    expect(await view.resolve(APP)).toEqual({ kind: 'unseen' })
    for (const arn of [`arn:aws:iam::${ACCOUNT}:group/devs`, sessionArn('nobody')])
      expect([arn, await view.resolve(arn)]).toEqual([arn, { kind: 'missing' }])
    expect(await view.resolve('arn:aws:iam::999999999999:user/alice')).toEqual({ kind: 'unseen' })
  })

  it('is looked up in IAM when it was made a moment ago', async () => {
    const { iam, pass, directory, clock } = suite.start()
    await pass()
    clock.advance(10_000)
    iam.roles.push(role('new', 'AROANEWNEWNEWNEWNEW00'))
    expect(await directory().resolve(roleArn('new'))).toEqual({ kind: 'exists', uniqueId: 'AROANEWNEWNEWNEWNEW00' })
  })

  it('is not decided on when the table cannot be read', async () => {
    const { directory, client } = suite.start()
    failing(client, 'BatchGetItem', () => Object.assign(new Error('no'), { name: 'InternalServerError' }))
    await expect(directory().resolve(userArn('alice'))).rejects.toMatchObject({ name: 'StoreFailure' })
  })
})

describe('principals for explanations', () => {
  it('are users, sessions of roles and the root, each of which is then found', async () => {
    const { pass, directory } = suite.start()
    await pass()
    const view = directory()
    const kinds = {
      [userArn('alice')]: 'identity',
      [roleArn('app')]: 'identity',
      [sessionArn('app', 'x')]: 'identity',
      [`arn:aws:iam::${ACCOUNT}:root`]: 'root',
    }
    for (const [arn, kind] of Object.entries(kinds)) {
      const principal = await view.principalFor(arn)
      expect([arn, principal && (await view.find(principal)).kind]).toEqual([arn, kind])
    }
    expect((await view.principalFor(sessionArn('app', 'x')))?.arn).toBe(sessionArn('app', 'x'))
    for (const arn of [
      userArn('bob'),
      roleArn('app', '/eu/'),
      sessionArn('alice'),
      'arn:aws:iam::999999999999:root',
      'x',
    ])
      expect([arn, await view.principalFor(arn)]).toEqual([arn, undefined])
  })

  it('are all that the account has', async () => {
    const { pass, directory } = suite.start()
    await pass()
    const view = directory()
    const found = await all(view.principalsOf(ACCOUNT))
    expect(found.map(({ userId }) => userId).toSorted()).toEqual([ALICE, `${APP}:session`])
    for (const principal of found) expect((await view.find(principal)).kind).toBe('identity')
    expect(await all(view.principalsOf('999999999999'))).toEqual([])
  })
})
