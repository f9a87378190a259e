import { decide } from '../../../lambda/auth/decide.ts'
import { contextOf } from '../../../lambda/auth/condition-context.ts'
import type { Found, Identity } from '../../../lambda/auth/identity.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'
import { embeddedDirectory } from '../../../local/identities/embedded-directory.ts'
import { emptyAccount, type ManagedPolicy } from '../../../local/identities/model.ts'
import { ACCOUNT, allowing, groupOf, openIdentities, put, roleOf, userOf } from './support/identity-fixture.ts'

const user = (name: string, more: Partial<Principal> = {}): Principal => ({
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/${name}`,
  userId: `AIDA${name.toUpperCase()}`,
  accessKeyId: 'AKIA',
  ...more,
})
const session = (role: string, more: Partial<Extract<Principal['session'], object>> = {}): Principal => ({
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/s`,
  userId: `AROA${role.toUpperCase()}:s`,
  accessKeyId: 'ASIA',
  session: { issuedAt: 1, ...more },
})
const managed: ManagedPolicy = {
  origin: 'api',
  id: 'ANPA',
  name: 'managed',
  path: '/',
  arn: `arn:aws:iam::${ACCOUNT}:policy/managed`,
  createdAt: 1,
  tags: [],
  versions: [
    { id: 'v1', document: allowing('old:*'), createdAt: 1 },
    { id: 'v2', document: allowing('managed:*'), createdAt: 2 },
  ],
  defaultVersionId: 'v2',
}

function setUp() {
  const { store } = openIdentities()
  return { store, directory: embeddedDirectory(store, () => 9) }
}
const identityIn = (found: Found | Promise<Found>): Identity => {
  if (found instanceof Promise || found.kind !== 'identity') throw new Error(`found ${JSON.stringify(found)}`)
  return found.identity
}
const verdict = (principal: Principal, found: Found | Promise<Found>, action: string): string => {
  if (found instanceof Promise) throw new Error('it was expected at once')
  const rest = { resource: '*', account: ACCOUNT, rule: 'either', context: contextOf() } as const
  return decide({ principal, found, action, ...rest }).verdict
}

describe('the identity behind a principal', () => {
  it('has the inline policies, the attached ones, those of its groups, its boundary and its tags', async () => {
    const { store, directory } = setUp()
    await put(store, 'policies', managed)
    await put(store, 'groups', groupOf('readers', { inline: new Map([['g', allowing('group:*')]]) }))
    await put(
      store,
      'users',
      userOf('alice', {
        inline: new Map([['own', allowing('own:*')]]),
        attached: [managed.arn, 'arn:aws:iam::aws:policy/IAMFullAccess'],
        groups: ['Readers'],
        boundary: managed.arn,
        tags: [{ key: 'team', value: 'blue' }],
      }),
    )
    const identity = identityIn(directory.find(user('alice')))
    expect(identity).toMatchObject({
      arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
      uniqueId: 'AIDAALICE',
      boundary: { source: managed.arn },
      tags: [{ key: 'team', value: 'blue' }],
      areTagsCertain: true,
    })
    expect(identity.policies.map(({ source }) => source)).toEqual([
      'inline policy "own" of user alice',
      managed.arn,
      'arn:aws:iam::aws:policy/IAMFullAccess',
      'inline policy "g" of group readers',
    ])
    expect(identity).not.toHaveProperty('sessionPolicies')
  })

  it('has the default version of a managed policy', async () => {
    const { store, directory } = setUp()
    await put(store, 'policies', managed)
    await put(store, 'users', userOf('alice', { attached: [managed.arn] }))
    expect(verdict(user('alice'), directory.find(user('alice')), 'managed:Get')).toBe('allow')
    expect(verdict(user('alice'), directory.find(user('alice')), 'old:Get')).toBe('implicit-deny')
  })

  it.each<[string, object]>([
    ['a policy that is no policy', { inline: new Map([['bad', '{']]) }],
    ['an attached policy that does not exist', { attached: [`arn:aws:iam::${ACCOUNT}:policy/gone`] }],
    ['a policy of AWS that is not known here', { attached: ['arn:aws:iam::aws:policy/job-function/Billing'] }],
    ['a group that does not exist', { groups: ['gone'] }],
    ['a boundary that does not exist', { boundary: `arn:aws:iam::${ACCOUNT}:policy/gone` }],
  ])('may do nothing with %s, whatever else it has', async (_, more) => {
    const { store, directory } = setUp()
    const inline = new Map([['all', allowing('*')]])
    const extra =
      'inline' in more ? { inline: new Map([...inline, ...(more.inline as Map<string, string>)]) } : { inline, ...more }
    await put(store, 'users', userOf('alice', extra))
    expect(verdict(user('alice'), directory.find(user('alice')), 'a:b')).not.toBe('allow')
  })

  it('is found again without work, until its account changes', async () => {
    const { store, directory } = setUp()
    await put(store, 'users', userOf('alice', { inline: new Map([['own', allowing('own:*')]]) }))
    const principal = user('alice')
    const first = directory.find(principal)
    expect(directory.find(principal)).toBe(first)
    expect(identityIn(directory.find({ ...principal }))).toBe(identityIn(first))
    await put(store, 'users', userOf('alice'))
    expect(identityIn(directory.find(principal)).policies).toEqual([])
  })
})

describe('a session', () => {
  it('of a role has its tags over those of the role, and its policies as a limit', async () => {
    const { store, directory } = setUp()
    const tags = [
      { key: 'team', value: 'blue' },
      { key: 'stage', value: 'test' },
    ]
    await put(
      store,
      'roles',
      roleOf('app', {
        path: '/x/',
        arn: `arn:aws:iam::${ACCOUNT}:role/x/app`,
        tags,
        inline: new Map([['all', allowing('*')]]),
      }),
    )
    const principal = session('app', { tags: { Team: 'red', own: '1' }, policies: [allowing('a:b')] })
    const identity = identityIn(directory.find(principal))
    expect(identity.arn).toBe(`arn:aws:iam::${ACCOUNT}:role/x/app`)
    expect(identity.tags).toEqual([
      { key: 'stage', value: 'test' },
      { key: 'Team', value: 'red' },
      { key: 'own', value: '1' },
    ])
    expect(identity.sessionPolicies).toHaveLength(1)
    expect(verdict(principal, directory.find(principal), 'a:b')).toBe('allow')
    expect(verdict(principal, directory.find(principal), 'a:c')).toBe('implicit-deny')
    expect(verdict(session('app'), directory.find(session('app')), 'a:c')).toBe('allow')
  })

  it('with a session policy that is no policy may do nothing', async () => {
    const { store, directory } = setUp()
    await put(store, 'roles', roleOf('app', { inline: new Map([['all', allowing('*')]]) }))
    const principal = session('app', { policies: ['{'] })
    expect(verdict(principal, directory.find(principal), 'a:b')).not.toBe('allow')
  })

  it('of a federated user has the policies of the user who made it, and nothing without session policies', async () => {
    const { store, directory } = setUp()
    await put(store, 'users', userOf('alice', { inline: new Map([['all', allowing('*')]]) }))
    const federated = (policies?: string[]): Principal => ({
      account: ACCOUNT,
      arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
      userId: `${ACCOUNT}:bob`,
      accessKeyId: 'ASIA',
      session: { issuedAt: 1, issuerId: 'AIDAALICE', ...(policies && { policies }) },
    })
    const [limited, bare] = [federated([allowing('a:b')]), federated()]
    expect(identityIn(directory.find(limited)).arn).toBe(limited.arn)
    expect(verdict(limited, directory.find(limited), 'a:b')).toBe('allow')
    expect(verdict(limited, directory.find(limited), 'a:c')).not.toBe('allow')
    expect(verdict(bare, directory.find(bare), 'a:b')).not.toBe('allow')
  })
})

describe('a principal is unknown', () => {
  it.each<[string, Principal]>([
    ['when its user was deleted', user('gone')],
    ['when a user of the same name was made later', user('alice', { userId: 'AIDAOLD' })],
    ['when a role of the same name was made later', { ...session('app'), userId: 'AROAOLD:s' }],
    ['when it is of another account', user('alice', { account: '111111111111' })],
    ['when the id is that of a user and the ARN that of a session', { ...session('app'), userId: 'AIDAALICE:s' }],
    ['when the id is that of a role and the ARN that of a user', user('app', { userId: 'AROAAPP' })],
    ['when nobody tells what its session carries', { ...session('app'), session: 'unseen' }],
    ['when a federated user has no issuer', { ...user('alice'), arn: `arn:aws:sts::${ACCOUNT}:federated-user/x` }],
  ])('%s', async (_, principal) => {
    const { store, directory } = setUp()
    await put(store, 'users', userOf('alice'))
    await put(store, 'roles', roleOf('app'))
    expect(directory.find(principal)).toMatchObject({ kind: 'unknown' })
  })

  it("unless it is its account's root", () => {
    const arn = `arn:aws:iam::${ACCOUNT}:root`
    expect(setUp().directory.find({ account: ACCOUNT, arn, userId: ACCOUNT, accessKeyId: '' })).toEqual({
      kind: 'root',
    })
  })
})

describe('for policies and explanations', () => {
  async function known() {
    const { store, directory } = setUp()
    await store.replaceFile(new Map([[ACCOUNT, { ...emptyAccount(ACCOUNT), organization: 'o-exampleorgid' }]]))
    await put(store, 'users', userOf('alice', { path: '/t/', arn: `arn:aws:iam::${ACCOUNT}:user/t/alice` }))
    await put(store, 'roles', roleOf('app'))
    return directory
  }

  it('users and roles are there by the whole ARN, and nothing else is', async () => {
    const directory = await known()
    const arn = (rest: string): string => `arn:aws:iam::${ACCOUNT}:${rest}`
    expect(directory.resolve(arn('user/t/alice'))).toEqual({ kind: 'exists', uniqueId: 'AIDAALICE' })
    expect(directory.resolve(arn('role/app'))).toEqual({ kind: 'exists', uniqueId: 'AROAAPP' })
    for (const other of [
      arn('user/alice'),
      arn('user/t/Alice'),
      arn('role/alice'),
      arn('group/app'),
      'arn:aws:iam::111111111111:role/app',
      '',
      'x',
    ])
      expect(directory.resolve(other)).toEqual({ kind: 'missing' })
  })

  it('a principal is made from an ARN, a role as a session of it', async () => {
    const directory = await known()
    const shared = { account: ACCOUNT, accessKeyId: '', organization: 'o-exampleorgid' }
    const role = (name: string) => ({
      ...shared,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/${name}`,
      userId: `AROAAPP:${name}`,
      session: { issuedAt: 9 },
    })
    const alice = { ...shared, arn: `arn:aws:iam::${ACCOUNT}:user/t/alice`, userId: 'AIDAALICE' }
    const root = { ...shared, arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT }
    expect(await directory.principalFor(alice.arn)).toEqual(alice)
    expect(await directory.principalFor(`arn:aws:iam::${ACCOUNT}:role/app`)).toEqual(role('explain'))
    expect(await directory.principalFor(`arn:aws:sts::${ACCOUNT}:assumed-role/app/x`)).toEqual(role('x'))
    expect(await directory.principalFor(root.arn)).toEqual(root)
    for (const other of [
      'arn:aws:iam::x:root',
      `arn:aws:sts::${ACCOUNT}:assumed-role/app`,
      `arn:aws:sts::${ACCOUNT}:assumed-role/no/x`,
      '',
    ])
      expect(await directory.principalFor(other)).toBeUndefined()
    const all: Principal[] = []
    for await (const principal of directory.principalsOf(ACCOUNT)) all.push(principal)
    expect(all).toEqual([alice, role('explain')])
  })
})
