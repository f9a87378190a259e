import { SATISFIED, UNKNOWN, type KeyValue } from '../../../lambda/auth/condition-context.ts'
import { decide } from '../../../lambda/auth/decide.ts'
import type { Truth } from '../../../lambda/auth/policy/truth.ts'
import { allow, contextWith, deny, knownAs, question, userOf, HOME, type Json } from '../support/questions.ts'

/** What the policy says, what the request has, what comes of it. */
type Row = readonly [operator: string, values: unknown, has: KeyValue, outcome: Truth]

const ABSENT = undefined

const strings: readonly Row[] = [
  ['StringEquals', 'a', 'a', true],
  ['StringEquals', 'a', 'A', false],
  ['StringEquals', 'a', 'ab', false],
  ['StringEquals', ['x', 'a'], 'a', true],
  ['StringEquals', [], 'a', false],
  ['StringEquals', '', '', true],
  ['StringEquals', 'a*', 'ab', false],
  ['StringEquals', 'a*', 'a*', true],
  ['StringEquals', true, 'true', true],
  ['StringEquals', 1234, '1234', true],
  ['StringEquals', 'a', ABSENT, false],
  ['StringEquals', 'a', UNKNOWN, 'unknown'],
  ['StringNotEquals', 'a', 'b', true],
  ['StringNotEquals', 'a', 'a', false],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringNotEquals', [], 'a', true],
  ['StringNotEquals', 'a', ABSENT, true],
  ['StringNotEquals', 'a', UNKNOWN, 'unknown'],
  ['StringEqualsIgnoreCase', 'PROD', 'Prod', true],
  ['StringEqualsIgnoreCase', 'PROD', 'Production', false],
  ['StringEqualsIgnoreCase', 'PR*', 'prod', false],
  ['StringNotEqualsIgnoreCase', 'PROD', 'prod', false],
  ['StringNotEqualsIgnoreCase', 'PROD', 'dev', true],
  ['StringNotEqualsIgnoreCase', 'PROD', ABSENT, true],
  ['StringLike', 'shop/*', 'shop/db', true],
  ['StringLike', 'shop/*', 'Shop/db', false],
  ['StringLike', 'shop/??', 'shop/db', true],
  ['StringLike', 'shop/??', 'shop/dbx', false],
  ['StringLike', '*/db', 'shop/eu/db', true],
  ['StringLike', 's*p*b', 'shop/db', true],
  ['StringLike', '*', '', true],
  ['StringLike', '*', ABSENT, false],
  ['StringLike', ['x*', 'shop/*'], 'shop/db', true],
  ['StringNotLike', 'shop/*', 'shop/db', false],
  ['StringNotLike', 'shop/*', 'home/db', true],
  ['StringNotLike', 'shop/*', ABSENT, true],
]

const numbers: readonly Row[] = [
  ['NumericEquals', '7', '7', true],
  ['NumericEquals', 7, '7.0', true],
  ['NumericEquals', ['1', '7'], '7', true],
  ['NumericEquals', '7', '8', false],
  ['NumericEquals', '7', 'seven', 'unknown'],
  ['NumericEquals', 'seven', '7', 'unknown'],
  ['NumericEquals', '9007199254740993', '9007199254740992', 'unknown'],
  ['NumericEquals', '7', ABSENT, false],
  ['NumericNotEquals', '7', '8', true],
  ['NumericNotEquals', '7', '7', false],
  ['NumericNotEquals', '7', ABSENT, true],
  ['NumericNotEquals', '7', 'seven', 'unknown'],
  ['NumericLessThan', '30', '7', true],
  ['NumericLessThan', '30', '30', false],
  ['NumericLessThan', '-1', '-2', true],
  ['NumericLessThan', '3600', '', 'unknown'],
  ['NumericLessThanEquals', '30', '30', true],
  ['NumericLessThanEquals', '30', '31', false],
  ['NumericGreaterThan', '3600', '4000', true],
  ['NumericGreaterThan', '3600', '400', false],
  ['NumericGreaterThan', '3600', ABSENT, false],
  ['NumericGreaterThan', '${aws:EpochTime}', '400', 'unknown'],
  ['NumericGreaterThanEquals', '1.5', '1.5', true],
  ['NumericGreaterThanEquals', '1e3', '999', false],
]

const dates: readonly Row[] = [
  ['DateEquals', '2020-01-01T00:00:00Z', '2020-01-01T01:00:00+01:00', true],
  ['DateEquals', '2020-01-01', '2020-01-01T00:00:00Z', true],
  ['DateEquals', '1577836800', '2020-01-01T00:00:00Z', true],
  ['DateEquals', 1577836800, '1577836800', true],
  ['DateEquals', '2020-01-01', '2020-01-02', false],
  ['DateNotEquals', '2020-01-01', '2020-01-02', true],
  ['DateNotEquals', '2020-01-01', ABSENT, true],
  ['DateLessThan', '2020-07-01T00:00:00Z', '2020-06-30T23:59:59Z', true],
  ['DateLessThan', '2020-07-01T00:00:00Z', '2020-07-01T00:00:00Z', false],
  ['DateLessThanEquals', '2020-07-01T00:00:00Z', '2020-07-01T00:00:00Z', true],
  ['DateGreaterThan', '2020-07-01T00:00:00Z', '2020-07-01T00:00:00.5Z', true],
  ['DateGreaterThan', '2020-07-01T00:00:00Z', ABSENT, false],
  ['DateGreaterThan', '2020-07-01T00:00:00Z', 'yesterday', 'unknown'],
  ['DateGreaterThan', '2020-02-30', '2021-01-01', 'unknown'],
  ['DateGreaterThan', '2020-*', '2021-01-01', 'unknown'],
  ['DateGreaterThan', '2020', '2021-01-01', 'unknown'],
  ['DateGreaterThanEquals', '2020-07', '2020-07-01', true],
  ['DateGreaterThanEquals', '2020-07', '2020-06-30', false],
]

const others: readonly Row[] = [
  ['Bool', 'true', 'true', true],
  ['Bool', true, 'true', true],
  ['Bool', 'True', 'true', true],
  ['Bool', 'true', 'false', false],
  ['Bool', 'false', 'false', true],
  ['Bool', ['true', 'false'], 'false', true],
  ['Bool', 'true', ABSENT, false],
  ['Bool', 'false', ABSENT, false],
  ['Bool', 'true', 'yes', 'unknown'],
  ['Bool', 'yes', 'true', 'unknown'],
  ['Bool', 'true', UNKNOWN, 'unknown'],
  ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
  ['BinaryEquals', 'QQ==', 'QQ', true],
  ['BinaryEquals', 'QmluYXJ5', 'QmluYXJ6', false],
  ['BinaryEquals', 'not base64!', 'QmluYXJ5', 'unknown'],
  ['BinaryEquals', 'QmluYXJ5', ABSENT, false],
  ['IpAddress', '203.0.113.0/24', '203.0.113.77', true],
  ['IpAddress', '203.0.113.0/24', '203.0.114.1', false],
  ['IpAddress', '203.0.113.7', '203.0.113.7', true],
  ['IpAddress', '203.0.113.7', '203.0.113.8', false],
  ['IpAddress', '203.0.113.9/24', '203.0.113.77', true],
  ['IpAddress', '0.0.0.0/0', '8.8.8.8', true],
  ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
  ['IpAddress', ['10.0.0.0/8', '2001:db8:1234:5678::/64'], '2001:DB8:1234:5678:0:0:0:9', true],
  ['IpAddress', '2001:db8::/33', '2001:db8:8000::1', false],
  ['IpAddress', '2001:db8::/33', '2001:db8:7fff::1', true],
  ['IpAddress', '10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['IpAddress', '::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['IpAddress', '10.0.0.0/8', '010.1.2.3', 'unknown'],
  ['IpAddress', '10.0.0.0/33', '10.1.2.3', 'unknown'],
  ['IpAddress', '10.0.0.*', '10.0.0.1', 'unknown'],
  ['IpAddress', '10.0.0.0/8', ABSENT, false],
  ['IpAddress', '10.0.0.0/8', UNKNOWN, 'unknown'],
  ['NotIpAddress', '10.0.0.0/8', '10.1.2.3', false],
  ['NotIpAddress', '10.0.0.0/8', '11.1.2.3', true],
  ['NotIpAddress', ['10.0.0.0/8', '11.0.0.0/8'], '11.1.2.3', false],
  ['NotIpAddress', '10.0.0.0/8', ABSENT, true],
  ['Null', 'true', ABSENT, true],
  ['Null', true, [], true],
  ['Null', 'true', 'x', false],
  ['Null', 'false', 'x', true],
  ['Null', 'false', '', true],
  ['Null', 'false', ['x', 'y'], true],
  ['Null', 'false', ABSENT, false],
  ['Null', 'maybe', ABSENT, 'unknown'],
  ['Null', 'true', UNKNOWN, 'unknown'],
  ['Null', 'false', UNKNOWN, 'unknown'],
  ['NullIfExists', 'false', 'x', 'unknown'],
  ['StringMatches', 'a', 'a', 'unknown'],
  ['stringequals', 'a', 'a', 'unknown'],
  ['ForSomeValues:StringEquals', 'a', 'a', 'unknown'],
  ['toString', 'a', 'a', 'unknown'],
]

const ROLE = 'arn:aws:iam::111122223333:role/app'
const arns: readonly Row[] = [
  ['ArnEquals', ROLE, ROLE, true],
  ['ArnEquals', 'arn:aws:iam::111122223333:role/*', ROLE, true],
  ['ArnLike', 'arn:aws:iam::*:role/app', ROLE, true],
  ['ArnLike', 'arn:aws:iam::1111*:role/a??', ROLE, true],
  ['ArnLike', 'arn:*:iam:*:*:*', ROLE, true],
  ['ArnLike', 'arn:aws:*:role/app', ROLE, 'unknown'],
  ['ArnLike', 'arn:aws:iam:*/app', ROLE, 'unknown'],
  ['ArnLike', 'arn:aws:s3*:::bucket', 'arn:aws:s3:x::bucket', false],
  ['ArnLike', 'arn:aws:lambda:*:*:function:f*', 'arn:aws:lambda:eu-west-1:111122223333:function:f:live', true],
  ['ArnLike', '*', ROLE, true],
  ['ArnLike', '*', ABSENT, false],
  ['ArnLike', ROLE, 'app', 'unknown'],
  ['ArnLike', ROLE, ABSENT, false],
  ['ArnLike', ['arn:aws:iam::*:user/*', 'arn:aws:iam::*:role/*'], ROLE, true],
  ['ArnNotEquals', ROLE, ROLE, false],
  ['ArnNotEquals', ROLE, 'arn:aws:iam::111122223333:role/App', true],
  ['ArnNotLike', 'arn:aws:iam::*:role/*', ROLE, false],
  ['ArnNotLike', 'arn:aws:iam::*:user/*', ROLE, true],
  ['ArnNotLike', 'arn:aws:iam::*:user/*', ABSENT, true],
  ['ArnNotLike', 'arn:aws:iam::*:user/*', UNKNOWN, 'unknown'],
]

const qualified: readonly Row[] = [
  ['StringEqualsIfExists', 'a', 'a', true],
  ['StringEqualsIfExists', 'a', 'b', false],
  ['StringEqualsIfExists', 'a', ABSENT, true],
  ['StringEqualsIfExists', 'a', UNKNOWN, 'unknown'],
  ['StringNotEqualsIfExists', 'a', ABSENT, true],
  ['StringNotEqualsIfExists', 'a', 'a', false],
  ['NumericLessThanIfExists', '30', ABSENT, true],
  ['NumericLessThanIfExists', '30', '31', false],
  ['BoolIfExists', 'true', ABSENT, true],
  ['BoolIfExists', 'false', 'true', false],
  ['IpAddressIfExists', '10.0.0.0/8', ABSENT, true],
  ['ArnLikeIfExists', ROLE, ABSENT, true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ['a', 'c'], false],
  ['ForAllValues:StringEquals', ['a', 'b'], [], true],
  ['ForAllValues:StringEquals', ['a', 'b'], ABSENT, true],
  ['ForAllValues:StringEquals', ['a', 'b'], [''], 'unknown'],
  ['ForAllValues:StringEquals', ['a', 'b'], UNKNOWN, 'unknown'],
  ['ForAllValues:StringEquals', [], ['a'], false],
  ['ForAllValues:StringEquals', 'a', 'a', true],
  ['ForAllValues:StringLike', 'team-*', ['team-a', 'team-b'], true],
  ['ForAllValues:StringNotEquals', 'a', ['b', 'c'], true],
  ['ForAllValues:StringNotEquals', 'a', ['a', 'c'], false],
  ['ForAllValues:StringNotEquals', 'a', ABSENT, true],
  ['ForAllValues:StringEqualsIfExists', 'a', ABSENT, true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b'], true],
  ['ForAnyValue:StringEquals', ['a', 'b'], ['c', 'd'], false],
  ['ForAnyValue:StringEquals', ['a', 'b'], [], false],
  ['ForAnyValue:StringEquals', ['a', 'b'], ABSENT, false],
  ['ForAnyValue:StringEquals', ['a', 'b'], UNKNOWN, 'unknown'],
  ['ForAnyValue:StringNotEquals', 'a', ['a', 'c'], true],
  ['ForAnyValue:StringNotEquals', 'a', ['a'], false],
  ['ForAnyValue:StringNotEquals', 'a', ABSENT, false],
  ['ForAnyValue:StringEqualsIfExists', 'a', ABSENT, true],
  ['ForAnyValue:NumericLessThan', '3', ['4', '2'], true],
  ['ForAnyValue:NumericLessThan', '3', ['4', 'x'], 'unknown'],
  ['ForAllValues:NumericLessThan', '3', ['4', 'x'], false],
  ['ForAnyValue:IpAddress', '10.0.0.0/8', ['11.0.0.1', '10.0.0.1'], true],
  ['ForAnyValue:ArnLike', ROLE, [ROLE], true],
  ['StringEquals', 'a', ['a'], true],
  ['StringEquals', 'a', ['b'], false],
  ['StringEquals', 'a', ['a', 'b'], 'unknown'],
  ['StringEquals', ['a', 'b'], ['a', 'b'], true],
  ['StringEquals', 'a', ['b', 'c'], false],
  ['StringEquals', 'a', [], false],
  ['StringNotEquals', 'a', ['a', 'b'], 'unknown'],
  ['StringNotEquals', 'a', [], true],
]

const alice = userOf(HOME)
const KEY = 'aws:RequestTag/Team'
const shown = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(shown).join(', ')}]`
    : typeof value === 'symbol'
      ? (value.description ?? '')
      : value === undefined
        ? 'nothing'
        : JSON.stringify(value)

interface Case {
  readonly title: string
  readonly condition: Json
  readonly has: KeyValue
  readonly outcome: Truth
}

function outcomeAs(effect: 'Allow' | 'Deny', condition: Json, keys: ReadonlyMap<string, KeyValue>) {
  const statement = { ...(effect === 'Allow' ? allow() : deny()), Condition: condition }
  const found = knownAs(alice, { identity: effect === 'Allow' ? statement : [allow(), statement] })
  return decide(question({ found, context: contextWith(Object.fromEntries(keys)) })).verdict
}

const ofAllow = (outcome: Truth) => (outcome === true ? 'allow' : 'implicit-deny')
const ofDeny = (outcome: Truth) => (outcome === false ? 'allow' : 'explicit-deny')

describe.each(Object.entries({ strings, numbers, dates, others, arns, qualified }))('conditions: %s', (_, rows) => {
  const cases: readonly Case[] = rows.map(([operator, values, has, outcome]) => ({
    title: `${operator} ${shown(values)}, the request has ${shown(has)}: ${String(outcome)}`,
    condition: { [operator]: { [KEY]: values } },
    has,
    outcome,
  }))

  it.each(cases)('an Allow counts only if it is true ($title)', ({ condition, has, outcome }) => {
    expect(outcomeAs('Allow', condition, new Map<string, KeyValue>([[KEY, has]]))).toBe(ofAllow(outcome))
  })

  it.each(cases)('a Deny counts unless it is false ($title)', ({ condition, has, outcome }) => {
    expect(outcomeAs('Deny', condition, new Map<string, KeyValue>([[KEY, has]]))).toBe(ofDeny(outcome))
  })
})

describe('conditions declared as enforced elsewhere', () => {
  it.each([
    ['StringEquals', 'a'],
    ['StringNotEquals', 'a'],
    ['BoolIfExists', 'true'],
    ['ForAllValues:StringEquals', 'a'],
    ['ForAnyValue:StringEquals', 'a'],
    ['Null', 'true'],
    ['Null', 'false'],
  ])('%s %s counts as met: it does not hold up an Allow and sets off no Deny', (operator, value) => {
    const condition = { [operator]: { [KEY]: value } }
    expect(outcomeAs('Allow', condition, new Map([[KEY, SATISFIED]]))).toBe('allow')
    expect(outcomeAs('Deny', condition, new Map([[KEY, SATISFIED]]))).toBe('allow')
  })

  it('an operator that nobody knows is not met by that', () => {
    const condition = { StringMatches: { [KEY]: 'a' } }
    expect(outcomeAs('Allow', condition, new Map([[KEY, SATISFIED]]))).toBe('implicit-deny')
    expect(outcomeAs('Deny', condition, new Map([[KEY, SATISFIED]]))).toBe('explicit-deny')
  })
})

describe('several conditions', () => {
  const keys = new Map<string, KeyValue>([
    ['a', '1'],
    ['b', '2'],
    ['u', UNKNOWN],
  ])
  it.each<readonly [string, Json, Truth]>([
    ['all keys of an operator must match', { StringEquals: { a: '1', b: '2' } }, true],
    ['one that does not is enough', { StringEquals: { a: '1', b: '3' } }, false],
    ['all operators must match', { StringEquals: { a: '1' }, StringLike: { b: '3*' } }, false],
    ['a false one settles an unknown one', { StringEquals: { a: '2', u: '1' } }, false],
    ['a true one does not', { StringEquals: { a: '1', u: '1' } }, 'unknown'],
    ['none at all are met', {}, true],
    ['an operator without keys is met', { StringEquals: {} }, true],
    ['keys are not told apart by case', { StringEquals: { A: '1', B: '2' } }, true],
  ])('%s', (_, condition, outcome) => {
    expect(outcomeAs('Allow', condition, keys)).toBe(ofAllow(outcome))
    expect(outcomeAs('Deny', condition, keys)).toBe(ofDeny(outcome))
  })
})

describe('policy variables in conditions', () => {
  const keys = new Map<string, KeyValue>([
    ['aws:PrincipalTag/team', 'blue'],
    ['aws:PrincipalTag/star', '*'],
    ['aws:PrincipalTag/truth', 'True'],
    ['aws:PrincipalArn', ROLE],
    ['aws:TagKeys', ['blue', 'red']],
    ['unseen', UNKNOWN],
    ['enforced', SATISFIED],
    ['key', 'blue'],
    ['flag', 'true'],
    ['arn', ROLE],
    ['colons', 'x:y'],
  ])
  it.each<readonly [string, Json, Truth]>([
    ['stand for the value of the key', { StringEquals: { key: '${aws:PrincipalTag/team}' } }, true],
    ['of whatever case', { StringEquals: { key: '${AWS:principaltag/TEAM}' } }, true],
    ['amid other text', { StringLike: { key: 'b${aws:PrincipalTag/team}*' } }, false],
    ['are never wildcards themselves', { StringLike: { key: '${aws:PrincipalTag/star}' } }, false],
    ['nor next to one', { StringLike: { key: '${aws:PrincipalTag/star}*' } }, false],
    ['without a value match nothing', { StringEquals: { key: '${aws:username}' } }, false],
    ['without a value are no difference either', { StringNotEquals: { key: '${aws:username}' } }, 'unknown'],
    ['without a value in an ARN, negated', { ArnNotLike: { arn: 'arn:aws:iam::*:role/${aws:username}' } }, 'unknown'],
    ['have defaults', { StringEquals: { key: "${aws:username, 'blue'}" } }, true],
    ['whose text is literal', { StringLike: { key: "${aws:username, '*'}" } }, false],
    ['use the value before the default', { StringEquals: { key: "${aws:PrincipalTag/team, 'x'}" } }, true],
    ['of unknown keys are unknown', { StringEquals: { key: '${unseen}' } }, 'unknown'],
    ['of unknown keys are unknown, negated', { StringNotLike: { key: '${unseen}*' } }, 'unknown'],
    ['of unknown keys do not matter beside a match', { StringEquals: { key: ['${unseen}', 'blue'] } }, true],
    ['of keys enforced elsewhere have no text', { StringEquals: { key: '${enforced}' } }, 'unknown'],
    ['of keys of many values have no text', { StringEquals: { key: '${aws:TagKeys}' } }, 'unknown'],
    ['ignore case where the operator does', { StringEqualsIgnoreCase: { key: '${aws:PrincipalTag/TEAM}' } }, true],
    ['are good in Bool', { Bool: { flag: '${aws:PrincipalTag/truth}' } }, true],
    ['are not in numbers', { NumericEquals: { key: '${aws:PrincipalTag/team}' } }, 'unknown'],
    ['may be a whole ARN', { ArnEquals: { arn: '${aws:PrincipalArn}' } }, true],
    ['may be a part of one', { ArnEquals: { arn: "arn:aws:iam::111122223333:role/${appless, 'app'}" } }, true],
    ['cannot add parts to one', { ArnEquals: { arn: 'arn:aws:${colons}:111122223333:role/app' } }, 'unknown'],
    ['${*} is an asterisk', { StringLike: { key: '${*}' } }, false],
    ['${?} is a question mark', { StringLike: { key: 'blu${?}' } }, false],
    ['${$} is a dollar sign', { StringEquals: { key: '${$}' } }, false],
  ])('%s', (_, condition, outcome) => {
    expect(outcomeAs('Allow', condition, keys)).toBe(ofAllow(outcome))
    expect(outcomeAs('Deny', condition, keys)).toBe(ofDeny(outcome))
  })

  it.each(['*', '?', '$'])('${%s} matches that character', (character) => {
    expect(outcomeAs('Allow', { StringLike: { key: `\${${character}}` } }, new Map([['key', character]]))).toBe('allow')
  })
})
