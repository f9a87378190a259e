import { contextOf } from '../../../sandbox/policy/conditions.ts'
import { delegates, identityFinding, resourceFinding } from '../../../sandbox/policy/evaluate.ts'
import { parsePolicy } from '../../../sandbox/policy/statement.ts'

type Context = Record<string, string | string[]>
const KEY = 'arn:aws:kms:eu-central-1:1:key/k'
const request = (context: Context = {}, action = 'kms:Decrypt', resource = KEY) => ({
  action,
  resource,
  context: contextOf(context),
})
const policy = (statement: object) => parsePolicy({ Statement: [{ Effect: 'Allow', ...statement }] }, 'test')
const verdict = (statement: object, ...given: Parameters<typeof request>): boolean => {
  const { denied, allowed } = identityFinding(policy({ Action: '*', Resource: '*', ...statement }), request(...given))
  return denied === undefined && allowed.length > 0
}

describe('statements', () => {
  it.each<[string, object, boolean]>([
    ['the action by name', { Action: 'kms:Decrypt' }, true],
    ['the action whatever its case', { Action: 'KMS:decrypt' }, true],
    ['the action by wildcard', { Action: ['kms:De*'] }, true],
    ['another action', { Action: 'kms:Encrypt' }, false],
    ['NotAction with another', { Action: undefined, NotAction: 'kms:Encrypt' }, true],
    ['NotAction with this one', { Action: undefined, NotAction: 'kms:*' }, false],
    ['the resource by wildcard', { Resource: 'arn:aws:kms:*:1:key/*' }, true],
    ['a resource in another case', { Resource: KEY.toUpperCase() }, false],
    ['another resource', { Resource: 'arn:aws:kms:us-west-2:1:key/*' }, false],
    ['NotResource', { Resource: undefined, NotResource: KEY }, false],
  ])('%s', (_, statement, expected) => {
    expect(verdict(statement)).toBe(expected)
  })

  it('a resource pattern other than a star does not match an action on everything', () => {
    expect(verdict({ Resource: 'arn:aws:kms:*:1:key/*' }, {}, 'kms:CreateKey', '*')).toBe(false)
  })

  it('a Deny wins over every Allow', () => {
    const statements = [
      ...policy({ Action: '*', Resource: '*' }),
      ...parsePolicy({ Statement: { Effect: 'Deny', Action: 'kms:*', Resource: '*' } }, 'deny'),
    ]
    expect(identityFinding(statements, request()).denied?.statement.source).toBe('deny, statement 1')
  })

  it('an element, an effect or a principal that is not known is refused', () => {
    expect(() => policy({ Action: '*', Resource: '*', Colour: 'blue' })).toThrow('Colour')
    expect(() => policy({ Action: '*', Resource: '*', Effect: 'Maybe' })).toThrow('Effect')
    expect(() => policy({ Action: '*', Resource: '*', Principal: { Federated: 'x' } })).toThrow('Federated')
  })
})

describe('conditions', () => {
  const arn = 'arn:aws:iam::1:role/coffer/coffer/reader'
  it.each<[string, object, Context, boolean]>([
    ['StringEquals: one of', { StringEquals: { 'aws:RequestTag/a': ['x', 'y'] } }, { 'aws:RequestTag/a': 'y' }, true],
    ['StringEquals: another', { StringEquals: { 'aws:RequestTag/a': 'x' } }, { 'aws:RequestTag/a': 'X' }, false],
    ['StringEquals: absent', { StringEquals: { 'aws:RequestTag/a': 'x' } }, {}, false],
    ['a key whatever its case', { StringEquals: { 'AWS:requesttag/A': 'x' } }, { 'aws:RequestTag/a': 'x' }, true],
    ['StringNotEquals: absent', { StringNotEquals: { 'aws:RequestTag/a': 'x' } }, {}, true],
    [
      'StringNotEquals: equal to one',
      { StringNotEquals: { 'aws:RequestTag/a': ['y', 'x'] } },
      { 'aws:RequestTag/a': 'x' },
      false,
    ],
    ['StringEqualsIfExists: absent', { StringEqualsIfExists: { 'aws:RequestTag/a': 'x' } }, {}, true],
    [
      'StringEqualsIfExists: another',
      { StringEqualsIfExists: { 'aws:RequestTag/a': 'x' } },
      { 'aws:RequestTag/a': 'y' },
      false,
    ],
    [
      'StringLike',
      { StringLike: { 'kms:EncryptionContext:SecretARN': 'arn:*:secret:*' } },
      { 'kms:EncryptionContext:SecretARN': 'arn:x:secret:y' },
      true,
    ],
    [
      'ArnLike',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/coffer/coffer/*' } },
      { 'aws:PrincipalArn': arn },
      true,
    ],
    [
      'ArnLike: another path',
      { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/coffer/prod/*' } },
      { 'aws:PrincipalArn': arn },
      false,
    ],
    [
      'ArnNotLike',
      { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/other/*' } },
      { 'aws:PrincipalArn': arn },
      true,
    ],
    ['Bool', { Bool: { 'aws:SecureTransport': 'true' } }, { 'aws:SecureTransport': 'true' }, true],
    ['Bool: absent', { Bool: { 'aws:SecureTransport': 'true' } }, {}, false],
    ['Null true: absent', { Null: { 'aws:RequestTag/a': 'true' } }, {}, true],
    ['Null false: absent', { Null: { 'aws:RequestTag/a': 'false' } }, {}, false],
    [
      'NumericLessThan',
      { NumericLessThan: { 'aws:MultiFactorAuthAge': '10' } },
      { 'aws:MultiFactorAuthAge': '9' },
      true,
    ],
    [
      'ForAllValues: all',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } },
      { 'aws:TagKeys': ['a', 'b'] },
      true,
    ],
    [
      'ForAllValues: not all',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } },
      { 'aws:TagKeys': ['a', 'b'] },
      false,
    ],
    ['ForAllValues: absent', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a'] } }, {}, true],
    ['ForAnyValue: one', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, { 'aws:TagKeys': ['a', 'b'] }, true],
    ['ForAnyValue: absent', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } }, {}, false],
    [
      'a policy variable',
      { StringEquals: { 'aws:RequestTag/a': '${aws:PrincipalAccount}' } },
      { 'aws:RequestTag/a': '1', 'aws:PrincipalAccount': '1' },
      true,
    ],
    [
      'a policy variable that the request does not have',
      { StringLike: { 'aws:RequestTag/a': '*${aws:PrincipalTag/x}' } },
      { 'aws:RequestTag/a': '1' },
      false,
    ],
    ['IpAddress', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '10.1.2.3' }, true],
    ['IpAddress: outside', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:SourceIp': '11.1.2.3' }, false],
    [
      'two keys: both must hold',
      { StringEquals: { 'aws:RequestTag/a': 'x', 'aws:RequestTag/b': 'y' } },
      { 'aws:RequestTag/a': 'x' },
      false,
    ],
  ])('%s', (_, Condition, context, expected) => {
    expect(verdict({ Condition }, context)).toBe(expected)
  })

  it.each<[object, string]>([
    [{ DateGreaterThan: { 'aws:PrincipalArn': 'x' } }, 'operator DateGreaterThan'],
    [{ 'ForSomeValues:StringLike': { 'aws:PrincipalArn': 'x' } }, 'operator ForSomeValues:StringLike'],
    [{ StringEquals: { 'aws:SourceOrgID': 'x' } }, 'key aws:SourceOrgID'],
    [{ StringEquals: { 'dynamodb:Attributes': 'x' } }, 'key dynamodb:Attributes'],
  ])('%j is refused, not passed over', (Condition, message) => {
    expect(() => verdict({ Condition })).toThrow(message)
  })
})

describe('policies of resources', () => {
  const caller = { arn: 'arn:aws:iam::1:role/reader', account: '1'.padStart(12, '0') }
  const root = { AWS: `arn:aws:iam::${caller.account}:root` }
  const statements = (Principal: unknown, more = {}) => policy({ Action: 'kms:*', Resource: '*', Principal, ...more })

  it('a caller that is named is allowed by the policy itself', () => {
    for (const name of ['*', { AWS: '*' }, { AWS: [caller.arn] }])
      expect(resourceFinding(statements(name), request(), caller).allowed).toHaveLength(1)
    expect(resourceFinding(statements({ AWS: 'arn:aws:iam::1:role/other' }), request(), caller).allowed).toEqual([])
  })

  it('an account that is named is asked for its own policies, under the conditions of the statement', () => {
    expect(resourceFinding(statements(root), request(), caller).allowed).toEqual([])
    expect(delegates(statements(root), request(), caller)).toBe(true)
    expect(delegates(statements({ AWS: caller.account }), request(), caller)).toBe(true)
    expect(delegates(statements({ AWS: 'arn:aws:iam::999999999999:root' }), request(), caller)).toBe(false)
    const Condition = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::1:role/coffer/*' } }
    expect(delegates(statements(root, { Condition }), request({ 'aws:PrincipalArn': caller.arn }), caller)).toBe(false)
  })

  it('a service is named as a service', () => {
    const events = { ...caller, service: 'events.amazonaws.com' }
    expect(resourceFinding(statements({ Service: 'events.amazonaws.com' }), request(), events).allowed).toHaveLength(1)
    expect(resourceFinding(statements({ Service: 'sns.amazonaws.com' }), request(), events).allowed).toEqual([])
  })

  it('a Deny of the account is about everyone in it', () => {
    const denying = parsePolicy({ Statement: { Effect: 'Deny', Action: '*', Resource: '*', Principal: root } }, 'deny')
    expect(resourceFinding(denying, request(), caller).denied).toBeDefined()
  })
})
