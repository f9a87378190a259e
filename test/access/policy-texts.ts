/**
 * Policies of all kinds for one request, generated: about half of them are about it, some allow it and some deny it.
 * @module
 */
import fc from 'fast-check'

type Json = Record<string, unknown>

/** The texts of all policies that take part. */
export interface PolicyTexts {
  readonly identity: readonly string[]
  readonly boundary?: string
  readonly session?: readonly string[]
  readonly resource?: string
}

const USER = 'arn:aws:iam::111122223333:user/team/alice'
const secretArn = (name: string): string => `arn:aws:secretsmanager:us-east-1:111122223333:secret:${name}`

const actions = fc.constantFrom(
  'secretsmanager:GetSecretValue',
  'secretsmanager:Get*',
  '*',
  'SecretsManager:getsecretvalue',
  'secretsmanager:DescribeSecret',
)
const resources = fc.constantFrom(
  '*',
  secretArn('db-??????'),
  secretArn('db-AbCdEf'),
  secretArn('${aws:PrincipalTag/team}-*'),
  secretArn('other-??????'),
)
const conditions = fc.constantFrom(
  { StringEquals: { 'aws:PrincipalTag/team': 'db' } },
  { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } },
  { StringNotEquals: { 'aws:ResourceTag/team': 'red' } },
  { StringNotEquals: { 'aws:ResourceTag/team': 'db' } },
  { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/team/*' } },
  { StringNotEqualsIfExists: { 'aws:ResourceTag/stage': 'test' } },
  { StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/team/*' } },
  { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
  { NotIpAddress: { 'aws:SourceIp': '198.51.100.0/24' } },
  { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  { Null: { 'aws:ResourceTag/team': 'false' } },
  { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
  { 'ForAnyValue:StringEquals': { 'aws:PrincipalTag/team': ['db', 'red'] } },
)
const principals = fc.constantFrom<unknown>(
  { AWS: USER },
  { AWS: [USER, 'arn:aws:iam::111122223333:root'] },
  { AWS: 'arn:aws:iam::111122223333:root' },
  { AWS: 'arn:aws:iam::111122223333:user/bob' },
  '*',
)
/** Mostly positive, as policies are. */
const seldom = fc.integer({ min: 0, max: 4 }).map((number) => number === 0)
const effects = fc.integer({ min: 0, max: 4 }).map((number) => (number === 0 ? 'Deny' : 'Allow'))

const statements = (isResource: boolean): fc.Arbitrary<Json> =>
  fc
    .record({
      effect: effects,
      action: fc.oneof(actions, fc.array(actions, { minLength: 1, maxLength: 2 })),
      isNotAction: seldom,
      resource: resources,
      isNotResource: seldom,
      condition: fc.option(conditions, { nil: undefined }),
      principal: principals,
    })
    .map(({ effect, action, isNotAction, resource, isNotResource, condition, principal }) => ({
      Effect: effect,
      ...(isResource && { Principal: principal }),
      [isNotAction ? 'NotAction' : 'Action']: action,
      [isNotResource ? 'NotResource' : 'Resource']: resource,
      ...(condition && { Condition: condition }),
    }))

const documents = (isResource = false): fc.Arbitrary<string> =>
  fc
    .array(statements(isResource), { minLength: 1, maxLength: 3 })
    .map((Statement) => JSON.stringify({ Version: '2012-10-17', Statement }))

export const policyTexts: fc.Arbitrary<PolicyTexts> = fc
  .record({
    identity: fc.array(documents(), { minLength: 1, maxLength: 2 }),
    boundary: fc.option(documents(), { nil: undefined, freq: 2 }),
    session: fc.option(fc.array(documents(), { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 }),
    resource: fc.option(documents(true), { nil: undefined }),
  })
  .map(({ identity, boundary, session, resource }) => ({
    identity,
    ...(boundary !== undefined && { boundary }),
    ...(session && { session }),
    ...(resource !== undefined && { resource }),
  }))

/** One of the texts replaced. */
export function withText(
  texts: PolicyTexts,
  place: number,
  change: (text: string) => string | undefined,
): PolicyTexts | undefined {
  const { identity, boundary, session = [], resource } = texts
  const places: ((text: string) => PolicyTexts)[] = [
    ...identity.map((_, index) => (text: string) => ({ ...texts, identity: identity.with(index, text) })),
    ...session.map((_, index) => (text: string) => ({ ...texts, session: session.with(index, text) })),
    ...(boundary === undefined ? [] : [(text: string) => ({ ...texts, boundary: text })]),
    ...(resource === undefined ? [] : [(text: string) => ({ ...texts, resource: text })]),
  ]
  const all = [
    ...identity,
    ...session,
    ...(boundary === undefined ? [] : [boundary]),
    ...(resource === undefined ? [] : [resource]),
  ]
  const at = place % all.length
  const changed = change(all[at]!)
  return changed === undefined || changed === all[at] ? undefined : places[at]!(changed)
}
