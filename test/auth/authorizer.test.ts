import { policyAuthorizer, type AccessRequest } from '../../lambda/auth/authorizer.ts'
import type { Decision } from '../../lambda/auth/decision.ts'
import type { Found, IdentityDirectory } from '../../lambda/auth/identity.ts'
import { compilePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import type { Principal, Session } from '../../lambda/auth/principal.ts'

const ACCOUNT = '123456789012'
const alice = (session?: Session | 'unseen'): Principal => ({
  account: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
  userId: 'AIDAALICE',
  accessKeyId: 'AKIA',
  ...(session && { session }),
})

const foundWith = (statements: readonly object[]): Found => ({
  kind: 'identity',
  identity: {
    arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
    uniqueId: 'AIDAALICE',
    policies: [
      {
        source: 'policy',
        policy: compilePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity'),
      },
    ],
    tags: [{ key: 'team', value: 'red' }],
    areTagsCertain: true,
  },
})

function ask(found: Found, enforced: readonly string[], request: Partial<AccessRequest> = {}): Promise<Decision> {
  const directory: IdentityDirectory = {
    find: () => Promise.resolve(found),
    resolve: () => ({ kind: 'missing' }),
    principalFor: () => Promise.resolve(undefined),
    async *principalsOf() {
      yield* []
    },
  }
  return Promise.resolve(
    policyAuthorizer(directory, new Set(enforced)).decide({
      principal: alice(),
      origin: { receivedAt: 1_000_000, isSecure: true, sourceIp: '192.0.2.1' },
      action: 'secretsmanager:GetSecretValue',
      resource: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a-abcdef',
      account: ACCOUNT,
      region: 'us-east-1',
      keys: [],
      now: 0,
      ...request,
    }),
  )
}

const withMfa = (effect: 'Allow' | 'Deny', operator = 'Bool', wanted = 'true') => ({
  Effect: effect,
  Action: '*',
  Resource: '*',
  Condition: { [operator]: { 'aws:MultiFactorAuthPresent': wanted } },
})
const all = { Effect: 'Allow', Action: '*', Resource: '*' }
const MFA = 'aws:multifactorauthpresent'

describe('a key that is declared as enforced before the authorizer', () => {
  it('counts as met where it cannot be seen: in an Allow, and against a Deny', async () => {
    const request = { principal: alice('unseen') }
    expect(await ask(foundWith([withMfa('Allow')]), [MFA], request)).toMatchObject({ verdict: 'allow' })
    const denied = foundWith([all, withMfa('Deny', 'BoolIfExists', 'false')])
    expect(await ask(denied, [MFA], request)).toMatchObject({ verdict: 'allow' })
  })

  it('counts as nothing where it was not declared', async () => {
    const request = { principal: alice('unseen') }
    expect(await ask(foundWith([withMfa('Allow')]), [], request)).toMatchObject({ verdict: 'implicit-deny' })
    const denied = foundWith([all, withMfa('Deny', 'BoolIfExists', 'false')])
    expect(await ask(denied, [], request)).toMatchObject({ verdict: 'explicit-deny' })
  })

  it('does not change what is known: long-term keys carry no MFA, a session without a code has none', async () => {
    const found = foundWith([withMfa('Allow')])
    expect(await ask(found, [MFA])).toMatchObject({ verdict: 'implicit-deny' })
    const session = { issuedAt: 0 }
    expect(await ask(found, [MFA], { principal: alice(session) })).toMatchObject({ verdict: 'implicit-deny' })
  })
})

describe('the keys that every request has', () => {
  const cases: readonly (readonly [string, string, Partial<AccessRequest>])[] = [
    ['aws:PrincipalArn', `arn:aws:iam::${ACCOUNT}:user/alice`, {}],
    ['aws:PrincipalAccount', ACCOUNT, {}],
    ['aws:PrincipalType', 'User', {}],
    ['aws:userid', 'AIDAALICE', {}],
    ['aws:username', 'alice', {}],
    ['aws:PrincipalTag/team', 'red', {}],
    ['aws:ResourceAccount', ACCOUNT, {}],
    ['aws:RequestedRegion', 'us-east-1', {}],
    ['aws:SecureTransport', 'true', {}],
    ['aws:SourceIp', '192.0.2.1', {}],
    ['aws:CurrentTime', '1970-01-01T00:00:00Z', {}],
    ['aws:EpochTime', '0', {}],
    ['aws:MultiFactorAuthPresent', 'true', { principal: alice({ issuedAt: 0, mfaAt: 0 }) }],
    ['aws:MultiFactorAuthAge', '1000', { principal: alice({ issuedAt: 0, mfaAt: 0 }) }],
    ['aws:TokenIssueTime', '1970-01-01T00:00:05Z', { principal: alice({ issuedAt: 5_000 }) }],
    ['aws:SourceIdentity', 'me', { principal: alice({ issuedAt: 0, sourceIdentity: 'me' }) }],
    ['aws:PrincipalOrgID', 'o-abcdefghij', { principal: { ...alice(), organization: 'o-abcdefghij' } }],
    ['aws:ViaAWSService', 'false', {}],
    ['aws:PrincipalIsAWSService', 'false', {}],
  ]

  it.each(cases)('%s is %s', async (key, value, request) => {
    const statement = (wanted: string) => ({ ...all, Condition: { StringEquals: { [key]: wanted } } })
    expect(await ask(foundWith([statement(value)]), [], request)).toMatchObject({ verdict: 'allow' })
    expect(await ask(foundWith([statement(`${value}x`)]), [], request)).toMatchObject({ verdict: 'implicit-deny' })
  })

  it.each(['aws:PrincipalOrgID', 'aws:MultiFactorAuthPresent', 'aws:SourceVpc', 'aws:Referer', 'aws:CalledVia'])(
    '%s is absent where it does not apply',
    async (key) => {
      expect(await ask(foundWith([{ ...all, Condition: { Null: { [key]: 'true' } } }]), [])).toMatchObject({
        verdict: 'allow',
      })
    },
  )

  it.each(['aws:MultiFactorAuthPresent', 'aws:TokenIssueTime', 'aws:SourceIdentity'])(
    '%s is neither present nor absent where sessions are not seen',
    async (key) => {
      const request = { principal: alice('unseen') }
      for (const wanted of ['true', 'false'])
        expect(await ask(foundWith([{ ...all, Condition: { Null: { [key]: wanted } } }]), [], request)).toMatchObject({
          verdict: 'implicit-deny',
        })
    },
  )

  it('the address of a request through a VPC endpoint is its VPC source address', async () => {
    const request = { origin: { receivedAt: 0, isSecure: true, sourceIp: '10.0.0.1', vpcEndpoint: 'vpce-1' } }
    const Condition = { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' }, Null: { 'aws:SourceIp': 'true' } }
    expect(await ask(foundWith([{ ...all, Condition }]), [], request)).toMatchObject({ verdict: 'allow' })
  })
})
