import fc from 'fast-check'
import type { KeyValue } from '../../../lambda/auth/condition-context.ts'
import { decide } from '../../../lambda/auth/decide.ts'
import { broadStatements, grantsBroadAccess } from '../../../lambda/auth/policy/broad-access.ts'
import {
  ABROAD,
  ACTION,
  HOME,
  allow,
  compiled,
  contextWith,
  deny,
  knownAs,
  question,
  userOf,
  type Json,
} from '../support/questions.ts'

const ROLE = `arn:aws:iam::${HOME}:role/app`
const everyone = (Condition?: Json): Json => allow({ Principal: '*', ...(Condition && { Condition }) })

describe('who is named', () => {
  it.each<readonly [string, Json, boolean]>([
    ['everyone', { Principal: '*' }, true],
    ['everyone of AWS', { Principal: { AWS: '*' } }, true],
    ['everyone in a list', { Principal: { AWS: [HOME, '*'] } }, true],
    ['everyone but one', { NotPrincipal: { AWS: HOME } }, true],
    ['nobody but by exclusion', { NotPrincipal: '*' }, true],
    ['any service', { Principal: { Service: '*' } }, true],
    ['any identity provider', { Principal: { Federated: 'arn:aws:iam::*:saml-provider/x' } }, true],
    ['an account', { Principal: { AWS: ABROAD } }, false],
    ['a role', { Principal: { AWS: ROLE } }, false],
    ['a service', { Principal: { Service: 'lambda.amazonaws.com' } }, false],
  ])('%s', (_, element, isBroad) => {
    expect(grantsBroadAccess(compiled(allow(element), 'resource'))).toBe(isBroad)
    expect(grantsBroadAccess(compiled(deny(element), 'resource'))).toBe(false)
  })

  it('everyone but some is broad whatever the conditions', () => {
    const statement = allow({ NotPrincipal: { AWS: HOME }, Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } })
    expect(grantsBroadAccess(compiled(statement, 'resource'))).toBe(true)
  })

  it('tells which statements are broad', () => {
    const narrow = allow({ Principal: { AWS: HOME } })
    expect(broadStatements(compiled([narrow, everyone(), deny({ Principal: '*' }), everyone()], 'resource'))).toEqual([
      2, 4,
    ])
  })
})

describe('conditions that restrict everyone', () => {
  it.each<readonly [string, Json]>([
    ['the ARN of a source', { ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::bucket' } }],
    ['the ARN of a source by ArnLike', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::bucket' } }],
    ['a VPC', { StringEquals: { 'aws:SourceVpc': 'vpc-1' } }],
    ['VPC endpoints', { StringEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } }],
    ['in any case of the key', { StringEquals: { 'AWS:SOURCEVPC': 'vpc-1' } }],
    ['an account', { StringEqualsIgnoreCase: { 'aws:SourceAccount': HOME } }],
    ['an owner', { StringEquals: { 'aws:SourceOwner': HOME } }],
    ['an organisation', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } }],
    ['a principal', { ArnLike: { 'aws:PrincipalArn': ROLE } }],
    ["a principal's account", { StringEquals: { 'aws:PrincipalAccount': HOME } }],
    ['a unique id', { StringLike: { 'aws:userid': 'AIDAEXAMPLE' } }],
    ['a network', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
    ['the widest network', { IpAddress: { 'aws:SourceIp': '13.0.0.0/8' } }],
    [
      'private networks',
      { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'] } },
    ],
    ['a network of IPv6', { IpAddress: { 'aws:SourceIp': '2001:db8::/32' } }],
    [
      'one that restricts beside one that does not',
      { StringEquals: { 'aws:SourceVpc': 'vpc-1' }, Bool: { 'aws:SecureTransport': 'true' } },
    ],
  ])('%s', (_, condition) => {
    expect(grantsBroadAccess(compiled(everyone(condition), 'resource'))).toBe(false)
  })
})

describe('conditions that do not', () => {
  it.each<readonly [string, Json]>([
    ['none', {}],
    ['a wildcard', { StringLike: { 'aws:SourceVpc': 'vpc-*' } }],
    ['a wildcard in an ARN', { ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::*' } }],
    ['a question mark', { StringLike: { 'aws:SourceVpc': 'vpc-?' } }],
    ['one wildcard of several values', { StringLike: { 'aws:SourceVpc': ['vpc-1', '*'] } }],
    ['sessions of a role by a wildcard', { StringLike: { 'aws:userid': 'AROAEXAMPLE:*' } }],
    ['a variable', { StringEquals: { 'aws:PrincipalAccount': '${aws:PrincipalAccount}' } }],
    ['a variable with a default', { StringEquals: { 'aws:SourceVpc': "${aws:SourceVpc, 'vpc-1'}" } }],
    ['an empty text', { StringEquals: { 'aws:SourceVpc': '' } }],
    ['no values', { StringEquals: { 'aws:SourceVpc': [] } }],
    ['IfExists', { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-1' } }],
    ['ForAllValues', { 'ForAllValues:StringEquals': { 'aws:SourceVpc': 'vpc-1' } }],
    ['ForAnyValue', { 'ForAnyValue:StringEquals': { 'aws:SourceVpc': 'vpc-1' } }],
    ['a negated operator', { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } }],
    ['a negated network', { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
    ['Null', { Null: { 'aws:SourceVpc': 'false' } }],
    ['an unknown operator', { StringIs: { 'aws:SourceVpc': 'vpc-1' } }],
    ['a key of the request', { StringEquals: { 'aws:RequestTag/a': 'b' } }],
    ['a key that callers choose', { StringEquals: { 'aws:UserAgent': 'us' } }],
    ['everybody over TLS', { Bool: { 'aws:SecureTransport': 'true' } }],
    ['all addresses', { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }],
    ['half of all addresses', { IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } }],
    ['a /7', { IpAddress: { 'aws:SourceIp': '12.0.0.0/7' } }],
    ['two /8', { IpAddress: { 'aws:SourceIp': ['12.0.0.0/8', '13.0.0.0/8'] } }],
    [
      'all addresses in pieces',
      { IpAddress: { 'aws:SourceIp': Array.from({ length: 256 }, (_, at) => `${at}.0.0.0/8`) } },
    ],
    ['a wide network of IPv6', { IpAddress: { 'aws:SourceIp': '2000::/3' } }],
    ['IPv4 as IPv6', { IpAddress: { 'aws:SourceIp': '::ffff:0.0.0.0/96' } }],
    ['more than the private network', { IpAddress: { 'aws:SourceIp': '10.0.0.0/7' } }],
    ['a network that is none', { IpAddress: { 'aws:SourceIp': '10.0.0/8' } }],
    ['IpAddress on another key', { IpAddress: { 'aws:SourceVpc': '10.0.0.0/8' } }],
  ])('%s', (_, condition) => {
    expect(grantsBroadAccess(compiled(everyone(condition), 'resource'))).toBe(true)
  })
})

it('what is called narrow lets in no caller of a foreign account with another context', () => {
  const keys = [
    'aws:SourceArn',
    'aws:SourceVpc',
    'aws:SourceAccount',
    'aws:PrincipalOrgID',
    'aws:userid',
    'aws:SourceIp',
    'aws:RequestTag/a',
  ]
  const given = fc.constantFrom(
    'vpc-1',
    'arn:aws:s3:::b',
    '12.0.0.0/8',
    '0.0.0.0/0',
    '*',
    'v*',
    '${aws:RequestTag/a}',
    '',
    'own',
    HOME,
  )
  const operators = ['Equals', 'Like', 'NotEquals', 'NotLike'].flatMap((name) => [`String${name}`, `Arn${name}`])
  const operator = fc
    .tuple(
      fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:'),
      fc.constantFrom(...operators, 'IpAddress', 'NotIpAddress', 'Null', 'Bool'),
      fc.constantFrom('', '', 'IfExists'),
    )
    .map((parts) => parts.join(''))
  const condition = fc.dictionary(
    operator,
    fc.dictionary(fc.constantFrom(...keys), fc.oneof(given, fc.array(given, { maxLength: 3 })), { maxKeys: 2 }),
    { maxKeys: 2 },
  )
  const principal = fc.constantFrom<Json>(
    { Principal: '*' },
    { Principal: { AWS: [HOME, '*'] } },
    { Principal: { AWS: HOME } },
    { NotPrincipal: { AWS: HOME } },
  )
  const statement = fc.tuple(principal, condition).map(([who, Condition]) => allow({ ...who, Condition }))

  /** Values of nobody that a policy above means. */
  const outside = fc.record<Record<string, KeyValue>>({
    'aws:SourceArn': fc.constantFrom(undefined, 'arn:aws:s3:::mine'),
    'aws:SourceVpc': fc.constantFrom(undefined, 'vpc-9'),
    'aws:SourceAccount': fc.constantFrom(undefined, ABROAD),
    'aws:PrincipalOrgID': fc.constantFrom(undefined, 'o-mine'),
    'aws:userid': fc.constant('AIDAMINE'),
    'aws:SourceIp': fc.constantFrom(undefined, '198.51.100.1', '2001:db8::1'),
    // What a caller may choose: also what it read in the policy.
    'aws:RequestTag/a': fc.constantFrom<KeyValue>(
      undefined,
      'vpc-1',
      'vpc-9',
      'o-mine',
      '*',
      'own',
      'arn:aws:s3:::b',
      HOME,
      '',
    ),
  })
  const foreigner = userOf(ABROAD)
  const found = knownAs(foreigner, { identity: allow() })
  let [narrow, broad] = [0, 0]
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 2 }),
      fc.array(outside, { minLength: 12, maxLength: 12 }),
      (list, contexts) => {
        const policy = compiled(list, 'resource')
        if (grantsBroadAccess(policy)) {
          broad++
          return
        }
        narrow++
        for (const keysOfCaller of contexts) {
          const asked = question({
            principal: foreigner.principal,
            found,
            action: ACTION,
            context: contextWith(keysOfCaller),
            resourcePolicy: { source: 'r', policy },
          })
          expect(decide(asked).verdict).not.toBe('allow')
        }
      },
    ),
    { numRuns: 5_000 },
  )
  expect(narrow).toBeGreaterThan(200)
  expect(broad).toBeGreaterThan(200)
})
