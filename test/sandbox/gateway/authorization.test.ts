import type { Principal } from '../../../lambda/auth/principal.ts'
import { emptyAccount, type Account, type Role } from '../../../local/identities/model.ts'
import type { SessionGrant } from '../../../local/identities/sessions.ts'
import { apisOf } from '../../../sandbox/gateway/api.ts'
import { mayInvoke } from '../../../sandbox/gateway/authorization.ts'
import { withUsers } from '../../../sandbox/iam/identities.ts'
import { apiTemplate } from '../support/fixture-api.ts'
import { callersFixture, type CallersFixture } from '../support/fixture-callers.ts'
import { ACCOUNT, resolverOf } from '../support/fixture-stack.ts'

const OTHER = '444455556666'
const METHOD = `arn:aws:execute-api:eu-central-1:${ACCOUNT}:abc/v1/POST/Read`
const allow = (more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*', ...more }],
})
const only = (Condition: object) => allow({ Condition })

const role = (name: string, policy: object, more: Partial<Role> = {}): Role => ({
  origin: 'file',
  id: `AROA${name.toUpperCase().padEnd(16, 'X')}`,
  name,
  path: '/team/',
  arn: `arn:aws:iam::${ACCOUNT}:role/team/${name}`,
  createdAt: 0,
  inline: new Map([['policy', JSON.stringify(policy)]]),
  attached: [],
  trustPolicy: JSON.stringify(allow()),
  tags: [{ key: 'team', value: 'red' }],
  maxSessionSeconds: 3600,
  ...more,
})
const limits = `arn:aws:iam::${ACCOUNT}:policy/limits`
const roles = [
  role('plain', allow()),
  role('bounded', allow(), { boundary: limits }),
  role('mfa', only({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })),
  role('blue', only({ StringEquals: { 'aws:PrincipalTag/team': 'blue' } })),
  role('path', only({ ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/team/*` } })),
  role('secrets', allow({ Action: '*', Condition: { StringEqualsIfExists: { 'secretsmanager:Name': 'a' } } })),
  role('odd', only({ StringEquals: { 'aws:SomethingNew': 'x' } })),
  role('shunned', {
    Version: '2012-10-17',
    Statement: [
      ...allow().Statement,
      { Effect: 'Deny', Action: '*', Resource: '*', Condition: { StringEquals: { 'aws:SomethingNew': 'x' } } },
    ],
  }),
  role('denied', {
    Version: '2012-10-17',
    Statement: [
      ...allow().Statement,
      { Effect: 'Deny', Action: '*', Resource: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } },
    ],
  }),
]
const account: Account = {
  ...emptyAccount(ACCOUNT),
  organization: 'o-abcdefghij',
  roles: new Map(roles.map((each) => [each.name, each])),
  policies: new Map([
    [
      'limits',
      {
        origin: 'file',
        id: 'ANPALIMITS',
        name: 'limits',
        path: '/',
        arn: limits,
        createdAt: 0,
        tags: [],
        defaultVersionId: 'v1',
        versions: [
          { id: 'v1', document: JSON.stringify(allow({ Resource: 'arn:aws:execute-api:*:*:*/Other' })), createdAt: 0 },
        ],
      },
    ],
  ]),
}

let fixture: CallersFixture
beforeAll(async () => {
  const accessKey = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 's' }
  const nobody = { accessKeyId: 'AKIANOBODY', secretAccessKey: 's' }
  const users = [
    { userName: 'stranger', account: OTHER, accessKey, policy: allow() },
    { userName: 'nobody', account: OTHER, accessKey: nobody, policy: allow({ Action: 's3:*' }) },
  ]
  fixture = await callersFixture(withUsers([account], users, ACCOUNT))
})
afterAll(() => fixture.close())

const sessionOf = (name: string, more: Partial<SessionGrant> = {}): Principal => {
  const found = sessionIn(name, more)
  if (!found) throw new Error(`there is no session of ${name}`)
  return found
}

function sessionIn(name: string, more: Partial<SessionGrant> = {}): Principal | undefined {
  const { credentials, sessions } = fixture.callers
  const { accessKeyId, sessionToken } = sessions.issue({
    kind: 'role',
    account: ACCOUNT,
    identityId: account.roles.get(name)?.id ?? 'AROAGONE',
    identityName: name,
    sessionName: 'me',
    durationSeconds: 900,
    ...more,
  })
  return credentials.find(accessKeyId, sessionToken)?.principal
}
const userOf = (accessKeyId: string): Principal => fixture.callers.credentials.find(accessKeyId)!.principal

const unknown: string[] = []
async function isAllowed(principal: Principal, { policy, path = 'Read' }: { policy?: object; path?: string } = {}) {
  const [api] = apisOf(resolverOf(apiTemplate({}, policy)))
  return mayInvoke(
    {
      api: api!,
      methodArn: METHOD.replace('Read', path),
      principal,
      origin: { receivedAt: Date.now(), isSecure: true, sourceIp: '127.0.0.1' },
      now: Date.now(),
      onUnknownKey: (key) => unknown.push(key),
    },
    fixture.callers.directory,
  )
}

describe('the session of a role', () => {
  it.each<[string, string, Partial<SessionGrant>, boolean]>([
    ['has what its role allows', 'plain', {}, true],
    [
      'is limited by session policies',
      'plain',
      { policies: [JSON.stringify(allow({ Resource: 'arn:aws:execute-api:*:*:*/Other' }))] },
      false,
    ],
    [
      'may be left what is asked for',
      'plain',
      { policies: [JSON.stringify(allow({ Resource: 'arn:aws:execute-api:*:*:*/Read' }))] },
      true,
    ],
    ['is limited by the boundary of its role', 'bounded', {}, false],
    ['without MFA is refused where it is asked for', 'mfa', {}, false],
    ['with MFA is let in', 'mfa', { mfaAt: Date.now() }, true],
    ['without MFA is denied where a Deny says so', 'denied', {}, false],
    ['with MFA is not denied', 'denied', { mfaAt: Date.now() }, true],
    ['has the tags of its role', 'blue', {}, false],
    ['has tags of its own over those of its role', 'blue', { tags: { Team: 'blue' } }, true],
    ['goes by the ARN of its role, with the path', 'path', {}, true],
    ['has no keys of other services', 'secrets', {}, true],
  ])('%s', async (_, name, more, expected) => {
    expect(await isAllowed(sessionOf(name, more))).toBe(expected)
  })

  it('is none when its role is gone', () => {
    expect(sessionIn('gone')).toBeUndefined()
    expect(sessionIn('plain')).toBeDefined()
  })

  it('a boundary leaves what it allows', async () => {
    expect(await isAllowed(sessionOf('bounded'), { path: 'Other' })).toBe(true)
  })

  it('a key that is not known here refuses, and is told', async () => {
    unknown.length = 0
    expect(await isAllowed(sessionOf('odd'))).toBe(false)
    expect(await isAllowed(sessionOf('shunned'))).toBe(false)
    expect(unknown).toEqual(['aws:somethingnew', 'aws:somethingnew'])
  })
})

describe('the policy of the API', () => {
  const naming = (AWS: string, more: object = {}) => allow({ Principal: { AWS }, Resource: 'execute-api:/*', ...more })
  it('knows the organisation of the caller', async () => {
    const policy = naming('*', {
      Effect: 'Deny',
      Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } },
    })
    expect(await isAllowed(sessionOf('plain'), { policy })).toBe(true)
    expect(await isAllowed(userOf('AKIASTRANGER'), { policy: { ...policy } })).toBe(false)
  })

  it.each<[string, string, boolean]>([
    ['both sides allow: let in', 'AKIASTRANGER', true],
    ['the caller’s own account does not: refused', 'AKIANOBODY', false],
  ])('of another account, %s', async (_, key, expected) => {
    const policy = naming(`arn:aws:iam::${OTHER}:root`)
    const [api] = apisOf(resolverOf(apiTemplate({}, policy)))
    const methodArn = `arn:aws:execute-api:${api!.region}:${ACCOUNT}:${api!.id}/v1/POST/Read`
    const invocation = { api: api!, methodArn, principal: userOf(key), now: Date.now(), onUnknownKey: () => undefined }
    const origin = { receivedAt: Date.now(), isSecure: true }
    expect(await mayInvoke({ ...invocation, origin }, fixture.callers.directory)).toBe(expected)
    // Without the API's side, nobody.
    expect(await isAllowed(userOf(key))).toBe(false)
  })
})
