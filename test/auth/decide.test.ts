import { contextOf } from '../../lambda/auth/condition-context.ts'
import { decide, type AccessQuestion } from '../../lambda/auth/decide.ts'
import type { Decision } from '../../lambda/auth/decision.ts'
import type { Found, Identity } from '../../lambda/auth/identity.ts'
import { unreadablePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import { PolicyProblem } from '../../lambda/auth/policy/policy.ts'
import {
  ABROAD,
  ACTION,
  HOME,
  SECRET,
  allow,
  compiled,
  contextWith,
  deny,
  federatedOf,
  knownAs,
  question,
  resourcePolicy,
  roleSessionOf,
  rootOf,
  userOf,
  type Callers,
  type Json,
  type Layers,
} from './support/questions.ts'

const ALL = { Principal: '*' }
const NOTHING = allow({ Action: 's3:GetObject' })
const alice = userOf(HOME)

const ask = (more: Partial<AccessQuestion> = {}): Decision => decide(question(more))
/** Such as `allow identity`. */
const said = ({ verdict, layer }: Decision): string => `${verdict} ${layer}`

describe('actions and resources of a policy', () => {
  it.each<readonly [string, Json, boolean]>([
    ['the action by name', { Action: ACTION }, true],
    ['in any case', { Action: 'SecretsManager:getsecretVALUE' }, true],
    ['one of a list', { Action: ['kms:Decrypt', ACTION] }, true],
    ['by a pattern', { Action: 'secretsmanager:Get*' }, true],
    ['by a pattern in any case', { Action: 'secretsmanager:GET*value' }, true],
    ['by question marks', { Action: 'secretsmanager:GetSecretValu?' }, true],
    ['all of the service', { Action: 'secretsmanager:*' }, true],
    ['all there are', { Action: '*' }, true],
    ['all there are, written at length', { Action: '*:*' }, true],
    ['another action', { Action: 'secretsmanager:PutSecretValue' }, false],
    ['another service', { Action: 'kms:*' }, false],
    ['a name that the action only begins with', { Action: 'secretsmanager:GetSecret' }, false],
    ['no action', { Action: undefined, NotAction: '*' }, false],
    ['all but another', { Action: undefined, NotAction: 'secretsmanager:Put*' }, true],
    ['all but this', { Action: undefined, NotAction: ['kms:*', 'secretsmanager:get*'] }, false],
    ['the secret', { Resource: SECRET }, true],
    ['one of a list of secrets', { Resource: ['arn:aws:s3:::bucket', SECRET] }, true],
    ['secrets by a prefix', { Resource: `arn:aws:secretsmanager:*:${HOME}:secret:shop/*` }, true],
    ['the secret and its suffix', { Resource: `arn:aws:secretsmanager:eu-west-1:${HOME}:secret:shop/db-??????` }, true],
    [
      'a suffix of another length',
      { Resource: `arn:aws:secretsmanager:eu-west-1:${HOME}:secret:shop/db-?????` },
      false,
    ],
    ['secrets whose case differs', { Resource: `arn:aws:secretsmanager:*:${HOME}:secret:Shop/*` }, false],
    ['secrets of another Region', { Resource: `arn:aws:secretsmanager:us-*:${HOME}:secret:*` }, false],
    ['a wildcard beyond a colon', { Resource: 'arn:aws:secretsmanager:*:secret:shop/*' }, true],
    ['a wildcard at the end of a part', { Resource: 'arn:aws:secretsmanager:*' }, true],
    ['a wildcard for the service', { Resource: 'arn:aws:*:eu-west-1:*:*' }, true],
    ['an empty account', { Resource: 'arn:aws:secretsmanager:eu-west-1::secret:shop/db-AbCdEf' }, false],
    ['all but other secrets', { Resource: undefined, NotResource: 'arn:aws:secretsmanager:*:*:secret:home/*' }, true],
    ['all but this secret', { Resource: undefined, NotResource: ['arn:aws:s3:::*', SECRET] }, false],
    ['a secret by a variable', { Resource: 'arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/app}/*' }, true],
    ['a variable is no wildcard', { Resource: 'arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/star}' }, false],
    ['a variable without a value', { Resource: 'arn:aws:secretsmanager:*:*:secret:${aws:username}*' }, false],
    ['a variable with a default', { Resource: "arn:aws:secretsmanager:*:*:secret:${aws:username, 'shop'}/*" }, true],
    [
      'all but what an absent variable names',
      { Resource: undefined, NotResource: 'arn:aws:secretsmanager:${aws:username}' },
      false,
    ],
    [
      'all but what no value of a variable could make it',
      { Resource: undefined, NotResource: 'arn:aws:s3:::${aws:username}' },
      true,
    ],
  ])('%s', (_, element, matches) => {
    const context = contextWith({ 'aws:PrincipalTag/app': 'shop', 'aws:PrincipalTag/star': '*' })
    const statement = JSON.parse(JSON.stringify(allow(element))) as Json
    expect(ask({ context, found: knownAs(alice, { identity: statement }) }).verdict).toBe(
      matches ? 'allow' : 'implicit-deny',
    )
  })

  it('a Deny of all but what an absent variable names applies', () => {
    const statement = { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:secretsmanager:${aws:username}' }
    expect(ask({ found: knownAs(alice, { identity: [allow(), statement] }) }).verdict).toBe('explicit-deny')
  })

  it('an action without a resource type needs Resource *', () => {
    const list = { action: 'secretsmanager:ListSecrets', resource: '*' }
    const allowed = (Resource: string) =>
      ask({ ...list, found: knownAs(alice, { identity: allow({ Action: '*', Resource }) }) }).verdict
    expect(allowed('*')).toBe('allow')
    expect(allowed('arn:aws:secretsmanager:*:*:secret:*')).toBe('implicit-deny')
  })

  it('in a policy of Version 2008-10-17 a variable is plain text', () => {
    const Resource = 'arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/app}/*'
    const context = contextWith({ 'aws:PrincipalTag/app': 'shop' })
    const policy = (version: string) => ({
      resourcePolicy: { source: 'p', policy: compiled(allow({ Resource, Principal: '*' }), 'resource', version) },
    })
    expect(ask({ context, ...policy('2012-10-17') }).verdict).toBe('allow')
    expect(ask({ context, ...policy('2008-10-17') }).verdict).toBe('implicit-deny')
  })
})

type Caller = readonly [name: string, callers: Callers]
const USER: Caller = ['user', userOf(HOME)]
const SESSION: Caller = ['role session', roleSessionOf(HOME)]
const FEDERATED: Caller = ['federated user', federatedOf(HOME)]
const FOREIGN_USER: Caller = ['user of another account', userOf(ABROAD)]
const FOREIGN_SESSION: Caller = ['role session of another account', roleSessionOf(ABROAD)]

const iam = (account: string, resource: string): string => `arn:aws:iam::${account}:${resource}`
const sts = (account: string, resource: string): string => `arn:aws:sts::${account}:${resource}`

/** Whether the element names the caller, and whether that grants by itself in the caller's own account. */
const principals: readonly (readonly [
  who: string,
  element: unknown,
  caller: Caller,
  names: boolean,
  grants: boolean,
])[] = [
  ['everyone', '*', USER, true, true],
  ['everyone of AWS', { AWS: '*' }, SESSION, true, true],
  ['everyone in a list', { AWS: [ABROAD, '*'] }, FEDERATED, true, true],
  ['everyone', '*', FOREIGN_USER, true, true],
  ['the account', { AWS: HOME }, USER, true, false],
  ['the account by its root', { AWS: iam(HOME, 'root') }, USER, true, false],
  ['the account by its root', { AWS: iam(HOME, 'root') }, SESSION, true, false],
  ['the account by its root', { AWS: iam(HOME, 'root') }, FEDERATED, true, false],
  ['another account', { AWS: ABROAD }, USER, false, false],
  ['another account', { AWS: iam(ABROAD, 'root') }, FOREIGN_SESSION, true, false],
  ['the user', { AWS: iam(HOME, 'user/staff/alice') }, USER, true, true],
  ['the user in a list', { AWS: [iam(HOME, 'user/eve'), iam(HOME, 'user/staff/alice')] }, USER, true, true],
  ['the user without its path', { AWS: iam(HOME, 'user/alice') }, USER, false, false],
  ['the user in another case', { AWS: iam(HOME, 'user/staff/Alice') }, USER, false, false],
  ['the user of the same name elsewhere', { AWS: iam(ABROAD, 'user/staff/alice') }, USER, false, false],
  ['a role of the name of the user', { AWS: iam(HOME, 'role/staff/alice') }, USER, false, false],
  ['the user by its unique id', { AWS: `AIDA${HOME}ALICE` }, USER, true, true],
  ['another unique id', { AWS: `AIDA${HOME}OTHER` }, USER, false, false],
  ['the role', { AWS: iam(HOME, 'role/service/app') }, SESSION, true, true],
  ['the role without its path', { AWS: iam(HOME, 'role/app') }, SESSION, false, false],
  ['the role by its unique id', { AWS: `AROA${HOME}APPLI` }, SESSION, true, true],
  ['the session', { AWS: sts(HOME, 'assumed-role/app/build-7') }, SESSION, true, true],
  ['another session of the role', { AWS: sts(HOME, 'assumed-role/app/build-8') }, SESSION, false, false],
  ['the federated user', { AWS: sts(HOME, 'federated-user/bob') }, FEDERATED, true, true],
  ['the user behind the federated one', { AWS: iam(HOME, 'user/staff/alice') }, FEDERATED, true, true],
  ['another federated user', { AWS: sts(HOME, 'federated-user/alice') }, FEDERATED, false, false],
  ['a service', { Service: 'lambda.amazonaws.com' }, SESSION, false, false],
  ['an identity provider', { Federated: 'accounts.google.com' }, FEDERATED, false, false],
  [
    'a canonical user',
    { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' },
    USER,
    false,
    false,
  ],
  ['a service or the user', { Service: 'lambda.amazonaws.com', AWS: iam(HOME, 'user/staff/alice') }, USER, true, true],
  ['the user of the other account', { AWS: iam(ABROAD, 'user/staff/alice') }, FOREIGN_USER, true, true],
  ['the role of the other account', { AWS: iam(ABROAD, 'role/service/app') }, FOREIGN_SESSION, true, true],
]

describe('whom a resource policy names', () => {
  const cases = principals.map(([who, element, [caller, callers], names, grants]) => ({
    title: `${who}, asked by a ${caller}`,
    Principal: element,
    callers,
    names,
    grants,
  }))
  const isForeign = ({ principal }: Callers) => principal.account !== HOME

  it.each(cases)('an Allow of $title', ({ Principal, callers, names, grants }) => {
    const { principal } = callers
    const policy = resourcePolicy(allow({ Principal }))
    const alone = ask({ principal, found: knownAs(callers), ...policy })
    expect(alone.verdict).toBe(grants && !isForeign(callers) ? 'allow' : 'implicit-deny')
    const both = ask({ principal, found: knownAs(callers, { identity: allow() }), ...policy })
    expect(both.verdict).toBe(names || !isForeign(callers) ? 'allow' : 'implicit-deny')
  })

  it.each(cases)('a Deny of $title', ({ Principal, callers, names }) => {
    const { principal } = callers
    const found = knownAs(callers, { identity: allow() })
    const policy = resourcePolicy([allow({ Principal: '*' }), deny({ Principal })])
    expect(said(ask({ principal, found, ...policy }))).toBe(
      names ? 'explicit-deny resource' : isForeign(callers) ? 'allow resource' : 'allow identity',
    )
  })

  it.each(cases)('NotPrincipal with Allow leaves out whom it lists by any name: $title', (row) => {
    const { callers, names } = row
    const policy = resourcePolicy(allow({ NotPrincipal: row.Principal }))
    const { verdict } = ask({ principal: callers.principal, found: knownAs(callers, { identity: NOTHING }), ...policy })
    const isCanonical = row.title.startsWith('a canonical user')
    expect(verdict).toBe(names || isForeign(callers) || isCanonical ? 'implicit-deny' : 'allow')
  })
})

describe('NotPrincipal with Deny spares only whom it lists by every name', () => {
  const account = iam(HOME, 'root')
  const user = iam(HOME, 'user/staff/alice')
  const role = iam(HOME, 'role/service/app')
  const session = sts(HOME, 'assumed-role/app/build-7')
  const federated = sts(HOME, 'federated-user/bob')
  it.each<readonly [string, readonly string[], Caller, boolean]>([
    ['user and account', [user, account], USER, true],
    ['user id and account number', [`AIDA${HOME}ALICE`, HOME], USER, true],
    ['the user alone', [user], USER, false],
    ['the account alone', [account], USER, false],
    ['another user and the account', [iam(HOME, 'user/eve'), account], USER, false],
    ['everyone', ['*'], USER, true],
    ['session, role and account', [session, role, account], SESSION, true],
    ['role and account', [role, account], SESSION, false],
    ['session and account', [session, account], SESSION, false],
    ['session and role', [session, role], SESSION, false],
    ['federated user, user and account', [federated, user, account], FEDERATED, true],
    ['user and account of a federated user', [user, account], FEDERATED, false],
  ])('%s', (_, AWS, [, callers], isSpared) => {
    const found = knownAs(callers, { identity: allow() })
    const { verdict } = ask({
      principal: callers.principal,
      found,
      ...resourcePolicy(deny({ NotPrincipal: { AWS } })),
    })
    expect(verdict).toBe(isSpared ? 'allow' : 'explicit-deny')
  })

  it('the root by its account', () => {
    const policy = resourcePolicy(deny({ NotPrincipal: { AWS: HOME } }))
    expect(ask({ principal: rootOf(HOME), found: { kind: 'root' }, ...policy }).verdict).toBe('allow')
  })

  it('nobody with a permissions boundary', () => {
    const found = knownAs(alice, { identity: allow(), boundary: allow() })
    const policy = resourcePolicy(deny({ NotPrincipal: { AWS: [user, account] } }))
    expect(ask({ found, ...policy }).verdict).toBe('explicit-deny')
  })
})

describe('one of the same name that was made later', () => {
  const arn = iam(HOME, 'user/staff/alice')
  const policyFor = (statement: Json, id: string) => resourcePolicy(statement, 'resource', new Map([[arn, id]]))

  it('gets nothing by the name', () => {
    expect(ask(policyFor(allow({ Principal: { AWS: arn } }), 'AIDAFORMERALICE00')).verdict).toBe('implicit-deny')
    expect(ask(policyFor(allow({ Principal: { AWS: arn } }), alice.identity.uniqueId)).verdict).toBe('allow')
  })

  it('is not rid of a Deny by it', () => {
    const found = knownAs(alice, { identity: allow() })
    const denied = ask({ found, ...policyFor(deny({ Principal: { AWS: arn } }), 'AIDAFORMERALICE00') })
    expect(denied.verdict).toBe('explicit-deny')
    expect(denied.note).toMatch(/cannot be told/)
  })

  it('is known by its id when its ARN has changed', () => {
    const moved = { ...alice.identity, arn: iam(HOME, 'user/moved/alice') }
    const found = knownAs({ ...alice, identity: moved })
    const policy = policyFor(allow({ Principal: { AWS: arn } }), alice.identity.uniqueId)
    expect(ask({ found, ...policy }).verdict).toBe('allow')
  })

  it('a role session of another account is known by the id too', () => {
    const role = iam(ABROAD, 'role/service/app')
    const { principal, identity } = roleSessionOf(ABROAD)
    const policy = (id: string) =>
      resourcePolicy(allow({ Principal: { AWS: role } }), 'resource', new Map([[role, id]]))
    const foreign = { principal, found: { kind: 'represented' } as const }
    expect(ask({ ...foreign, ...policy(identity.uniqueId) }).verdict).toBe('allow')
    expect(ask({ ...foreign, ...policy('AROAFORMERROLE000') }).verdict).toBe('implicit-deny')
  })
})

describe('in the account of the caller', () => {
  const byName = allow({ Principal: { AWS: iam(HOME, 'user/staff/alice') } })
  const byAccount = allow({ Principal: { AWS: HOME } })
  it.each<readonly [string, Layers, Json | undefined, string]>([
    ['nothing', {}, undefined, 'implicit-deny identity'],
    ['identity allows', { identity: allow() }, undefined, 'allow identity'],
    ['resource allows by name', {}, byName, 'allow resource'],
    ['both', { identity: allow() }, byName, 'allow identity'],
    ['resource leaves it to an identity that says nothing', {}, byAccount, 'implicit-deny identity'],
    ['resource leaves it to an identity that allows', { identity: allow() }, byAccount, 'allow identity'],
    ['identity denies', { identity: [allow(), deny()] }, byName, 'explicit-deny identity'],
    ['resource denies', { identity: allow() }, deny(ALL), 'explicit-deny resource'],
    ['identity and resource deny', { identity: deny() }, deny(ALL), 'explicit-deny identity'],
    ['boundary allows too', { identity: allow(), boundary: allow() }, undefined, 'allow identity'],
    ['boundary alone', { boundary: allow() }, undefined, 'implicit-deny identity'],
    ['boundary says nothing', { identity: allow(), boundary: NOTHING }, undefined, 'implicit-deny boundary'],
    ['boundary denies', { identity: allow(), boundary: [allow(), deny()] }, undefined, 'explicit-deny boundary'],
    ['boundary denies what the resource grants', { boundary: [allow(), deny()] }, byName, 'explicit-deny boundary'],
    ['boundary says nothing, the user is named', { boundary: NOTHING }, byName, 'allow resource'],
    ['boundary says nothing, everybody is', { boundary: NOTHING }, allow(ALL), 'implicit-deny boundary'],
    ['boundary allows, everybody is named', { boundary: allow() }, allow(ALL), 'allow resource'],
    ['session allows too', { identity: allow(), session: [allow()] }, undefined, 'allow identity'],
    ['one session policy allows', { identity: allow(), session: [NOTHING, allow()] }, undefined, 'allow identity'],
    ['session says nothing', { identity: allow(), session: [NOTHING] }, undefined, 'implicit-deny session'],
    ['session of no policies', { identity: allow(), session: [] }, undefined, 'implicit-deny session'],
    ['session alone', { session: [allow()] }, undefined, 'implicit-deny identity'],
    ['session denies', { identity: allow(), session: [allow(), deny()] }, undefined, 'explicit-deny session'],
    [
      'all three limit',
      { identity: allow(), boundary: NOTHING, session: [NOTHING] },
      undefined,
      'implicit-deny boundary',
    ],
    ['boundary and session deny', { boundary: deny(), session: [deny()] }, deny(ALL), 'explicit-deny resource'],
  ])('%s', (_, layers, statement, expected) => {
    const decision = ask({ found: knownAs(alice, layers), ...(statement && resourcePolicy(statement)) })
    expect(said(decision)).toBe(expected)
  })

  const role = allow({ Principal: { AWS: iam(HOME, 'role/service/app') } })
  const session = allow({ Principal: { AWS: sts(HOME, 'assumed-role/app/build-7') } })
  it.each<readonly [string, Layers, Json, string]>([
    ['the role is named', {}, role, 'allow resource'],
    ['the role is named, a boundary says nothing', { boundary: NOTHING }, role, 'implicit-deny boundary'],
    ['the role is named, a boundary allows', { boundary: allow() }, role, 'allow resource'],
    ['the role is named, a session policy says nothing', { session: [NOTHING] }, role, 'implicit-deny session'],
    ['the role is named, a session policy allows', { session: [allow()] }, role, 'allow resource'],
    ['the session is named, a boundary says nothing', { boundary: NOTHING }, session, 'allow resource'],
    ['the session is named, a session policy says nothing', { session: [NOTHING] }, session, 'allow resource'],
    ['the session is named, a session policy denies', { session: [deny()] }, session, 'explicit-deny session'],
    ['everybody is named, a session policy says nothing', { session: [NOTHING] }, allow(ALL), 'implicit-deny session'],
  ])('a role session: %s', (_, layers, statement, expected) => {
    const [, callers] = SESSION
    const found = knownAs(callers, layers)
    expect(said(ask({ principal: callers.principal, found, ...resourcePolicy(statement) }))).toBe(expected)
  })

  it('a session that is named beside its role is not limited by what limits the role', () => {
    const [, callers] = SESSION
    const found = knownAs(callers, { boundary: NOTHING, session: [NOTHING] })
    const policy = resourcePolicy([allow({ Principal: { AWS: HOME } }), role, session])
    expect(said(ask({ principal: callers.principal, found, ...policy }))).toBe('allow resource')
  })

  it('a federated user is limited by session policies, though not when it is named itself', () => {
    const [, callers] = FEDERATED
    const found = knownAs(callers, { session: [NOTHING] })
    const asked = (name: string) =>
      said(ask({ principal: callers.principal, found, ...resourcePolicy(allow({ Principal: { AWS: name } })) }))
    expect(asked(iam(HOME, 'user/staff/alice'))).toBe('implicit-deny session')
    expect(asked(sts(HOME, 'federated-user/bob'))).toBe('allow resource')
  })
})

describe('in another account', () => {
  const caller = userOf(ABROAD)
  const byAccount = allow({ Principal: { AWS: ABROAD } })
  it.each<readonly [string, Layers, Json | undefined, string]>([
    ['nothing', {}, undefined, 'implicit-deny resource'],
    ['identity alone', { identity: allow() }, undefined, 'implicit-deny resource'],
    ['resource alone', {}, byAccount, 'implicit-deny identity'],
    [
      'resource alone, by name',
      {},
      allow({ Principal: { AWS: iam(ABROAD, 'user/staff/alice') } }),
      'implicit-deny identity',
    ],
    ['both', { identity: allow() }, byAccount, 'allow resource'],
    [
      'resource names the owner only',
      { identity: allow() },
      allow({ Principal: { AWS: HOME } }),
      'implicit-deny resource',
    ],
    ['resource denies', { identity: allow() }, deny(ALL), 'explicit-deny resource'],
    ['identity denies', { identity: deny() }, byAccount, 'explicit-deny identity'],
    ['boundary says nothing', { identity: allow(), boundary: NOTHING }, byAccount, 'implicit-deny boundary'],
    ['session says nothing', { identity: allow(), session: [NOTHING] }, byAccount, 'implicit-deny session'],
    [
      'boundary and session allow',
      { identity: allow(), boundary: allow(), session: [allow()] },
      byAccount,
      'allow resource',
    ],
  ])('%s', (_, layers, statement, expected) => {
    const decision = ask({
      principal: caller.principal,
      found: knownAs(caller, layers),
      ...(statement && resourcePolicy(statement)),
    })
    expect(said(decision)).toBe(expected)
  })
})

describe('principals of whom no identity is at hand', () => {
  const represented = { kind: 'represented' } as const
  const foreign = { principal: roleSessionOf(ABROAD).principal, found: represented }
  const naming = (AWS: string) => resourcePolicy(allow({ Principal: { AWS } }))

  it.each([
    ['its account is named', iam(ABROAD, 'root'), 'allow resource'],
    ['its session is named', sts(ABROAD, 'assumed-role/app/build-7'), 'allow resource'],
    ['its role is named, whatever the path', iam(ABROAD, 'role/some/path/app'), 'allow resource'],
    ['another role is named', iam(ABROAD, 'role/app2'), 'implicit-deny resource'],
    ['a role of another account is named', iam(HOME, 'role/app'), 'implicit-deny resource'],
    ['a user of the name of the role is named', iam(ABROAD, 'user/app'), 'implicit-deny resource'],
    ['a role in a path of the name is named', iam(ABROAD, 'role/app/other'), 'implicit-deny resource'],
  ])('a foreign caller, whose own side API Gateway has checked: %s', (_, name, expected) => {
    expect(said(ask({ ...foreign, ...naming(name) }))).toBe(expected)
  })

  it('such a caller needs the policy of the resource', () => {
    expect(said(ask(foreign))).toBe('implicit-deny resource')
    expect(said(ask({ ...foreign, ...resourcePolicy([allow(ALL), deny({ Principal: { AWS: ABROAD } })]) }))).toBe(
      'explicit-deny resource',
    )
  })

  it('is never one of the own account', () => {
    const decision = ask({ found: represented, ...resourcePolicy(allow(ALL)) })
    expect(said(decision)).toBe('implicit-deny identity')
    expect(decision.note).toBeDefined()
  })

  it('an unknown principal is denied, whatever the policies say, and the reason is noted', () => {
    const found = { kind: 'unknown', reason: 'no such user' } as const
    expect(ask({ found, ...resourcePolicy(allow(ALL)) })).toEqual({
      verdict: 'implicit-deny',
      layer: 'identity',
      note: 'no such user',
    })
  })

  const root = { principal: rootOf(HOME), found: { kind: 'root' } } as const
  it.each<readonly [string, Json | undefined, string]>([
    ['may do everything in its account', undefined, 'allow identity'],
    ['needs no word of the resource policy', allow({ Principal: { AWS: ABROAD } }), 'allow identity'],
    ['is kept out by a Deny of everybody', deny(ALL), 'explicit-deny resource'],
    ['is kept out by a Deny of its account', deny({ Principal: { AWS: HOME } }), 'explicit-deny resource'],
    ['is not kept out by a Deny of a user', deny({ Principal: { AWS: alice.principal.arn } }), 'allow identity'],
  ])('the root of an account %s', (_, statement, expected) => {
    expect(said(ask({ ...root, ...(statement && resourcePolicy(statement)) }))).toBe(expected)
  })

  it('the root of another account needs the policy of the resource alone', () => {
    const abroad = { principal: rootOf(ABROAD), found: { kind: 'root' } } as const
    expect(said(ask(abroad))).toBe('implicit-deny resource')
    expect(said(ask({ ...abroad, ...naming(ABROAD) }))).toBe('allow resource')
  })
})

describe('keys and roles, whose own policy must allow', () => {
  const key = { rule: 'resource', action: 'kms:Decrypt', resource: `arn:aws:kms:eu-west-1:${HOME}:key/1` } as const
  const use = allow({ Action: 'kms:Decrypt' })
  const delegates = { ...use, Principal: { AWS: iam(HOME, 'root') } }
  const names = { ...use, Principal: { AWS: iam(HOME, 'user/staff/alice') } }
  it.each<readonly [string, Layers, Json | undefined, string]>([
    ['no policy', { identity: use }, undefined, 'implicit-deny resource'],
    ['identity alone', { identity: use }, { ...use, Principal: { AWS: ABROAD } }, 'implicit-deny resource'],
    ['left to the account, which allows', { identity: use }, delegates, 'allow identity'],
    ['left to the account, which does not', {}, delegates, 'implicit-deny identity'],
    ['left to the account, bounded', { identity: use, boundary: NOTHING }, delegates, 'implicit-deny boundary'],
    ['allowed by name', {}, names, 'allow resource'],
    ['allowed to everybody', {}, { ...use, Principal: '*' }, 'allow resource'],
    ['denied', { identity: use }, { ...deny({ Action: 'kms:*' }), Principal: '*' }, 'explicit-deny resource'],
  ])('%s', (_, layers, statement, expected) => {
    const policy = statement && resourcePolicy(statement, 'key')
    expect(said(ask({ ...key, found: knownAs(alice, layers), ...policy }))).toBe(expected)
  })

  it("a key's policy can leave out the root of the account", () => {
    const root = { ...key, principal: rootOf(HOME), found: { kind: 'root' } } as const
    expect(said(ask({ ...root, ...resourcePolicy(names, 'key') }))).toBe('implicit-deny resource')
    expect(said(ask({ ...root, ...resourcePolicy(delegates, 'key') }))).toBe('allow identity')
  })

  it('a trust policy has no Resource', () => {
    const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: iam(HOME, 'user/staff/alice') } }
    const assume = { rule: 'resource', action: 'sts:AssumeRole', resource: iam(HOME, 'role/service/app') } as const
    expect(said(ask({ ...assume, ...resourcePolicy(trust, 'trust') }))).toBe('allow resource')
    expect(said(ask({ ...assume, action: 'sts:TagSession', ...resourcePolicy(trust, 'trust') }))).toBe(
      'implicit-deny resource',
    )
  })
})

describe('what is said of a decision', () => {
  it('names the statement that allowed', () => {
    const found = knownAs(alice, { identity: [NOTHING, allow({ Sid: 'Read' })] })
    expect(ask({ found })).toEqual({
      verdict: 'allow',
      layer: 'identity',
      statement: { layer: 'identity', source: 'policy', number: 2, sid: 'Read' },
    })
  })

  it('names the statement that denied', () => {
    const policy = resourcePolicy([allow(ALL), deny({ ...ALL, Sid: 'Never' })])
    expect(ask(policy)).toEqual({
      verdict: 'explicit-deny',
      layer: 'resource',
      statement: { layer: 'resource', source: 'resource policy', number: 2, sid: 'Never' },
    })
  })
})

function identityOf(found: Found): Identity {
  if (found.kind !== 'identity') throw new Error('not an identity')
  return found.identity
}

describe('policies that cannot be read', () => {
  const unreadable = (kind: 'identity' | 'resource') => ({
    source: 'broken',
    policy: unreadablePolicy(kind, new PolicyProblem('Statement is missing')),
  })
  const identity = knownAs(alice, { identity: allow() })
  const withMore = (more: object) => ({
    found: { kind: 'identity' as const, identity: { ...identityOf(identity), ...more } },
  })

  it.each<readonly [string, Partial<AccessQuestion>]>([
    ['of the identity', withMore({ policies: [...identityOf(identity).policies, unreadable('identity')] })],
    ['of the resource', { found: identity, resourcePolicy: unreadable('resource') }],
    ['of the boundary', withMore({ boundary: unreadable('identity') })],
    ['of the session', withMore({ sessionPolicies: [unreadable('identity')] })],
  ])('%s deny everything, with the reason', (_, more) => {
    expect(ask(more)).toMatchObject({
      verdict: 'explicit-deny',
      note: 'broken denies everything: Statement is missing',
    })
  })

  it('deny the root too', () => {
    const root = { principal: rootOf(HOME), found: { kind: 'root' } } as const
    expect(ask({ ...root, resourcePolicy: unreadable('resource') }).verdict).toBe('explicit-deny')
  })

  it('a policy of an identity is none for a resource', () => {
    const wrong = { source: 'wrong', policy: identityOf(identity).policies[0]!.policy }
    expect(ask({ resourcePolicy: wrong }).verdict).toBe('implicit-deny')
  })
})

it('of a context that knows nothing no condition is certain', () => {
  const conditional = { Condition: { StringNotEquals: { 'aws:RequestTag/x': 'y' } } }
  const context = contextOf()
  expect(ask({ context, found: knownAs(alice, { identity: allow(conditional) }) }).verdict).toBe('implicit-deny')
  expect(ask({ context, found: knownAs(alice, { identity: [allow(), deny(conditional)] }) }).verdict).toBe(
    'explicit-deny',
  )
})
