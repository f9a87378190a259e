import { readPolicy } from '../../../sandbox/iam/policy-document.ts'

const read = (...Statement: object[]) =>
  readPolicy(
    { Version: '2012-10-17', Statement: Statement.map((each) => ({ Effect: 'Allow', ...each })) },
    'p',
    'identity',
  )
const any = { Action: 'kms:Decrypt', Resource: '*' }

it('a grant is one action of one Allow, under the conditions of its statement', () => {
  const { grants, source, text } = read(
    { Sid: 'Two', Action: ['kms:Decrypt', 'kms:En*'], Resource: ['arn:aws:kms:*:1:key/a', 'arn:aws:kms:*:1:key/b'] },
    { ...any, Effect: 'Deny' },
    { NotAction: ['iam:*', 's3:*'], NotResource: 'arn:aws:kms:*:1:key/c' },
  )
  expect(source).toBe('p')
  expect(JSON.parse(text)).toHaveProperty('Statement.1.Effect', 'Deny')
  expect(grants.map(({ statement, action, resources }) => [statement, action, ...resources])).toEqual([
    ['p, statement 1 (Two)', 'kms:Decrypt', 'arn:aws:kms:*:1:key/a', 'arn:aws:kms:*:1:key/b'],
    ['p, statement 1 (Two)', 'kms:En*', 'arn:aws:kms:*:1:key/a', 'arn:aws:kms:*:1:key/b'],
    ['p, statement 3', 'not iam:*, s3:*', 'arn:aws:kms:*:1:key/c'],
  ])
  expect(grants.map(({ policy }) => policy.statements.map(({ action }) => action.patterns))).toEqual([
    [['kms:Decrypt']],
    [['kms:En*']],
    [['iam:*', 's3:*']],
  ])
})

it.each<[object, string]>([
  [{ Condition: { StringSeems: { 'aws:PrincipalArn': 'x' } } }, 'there is no such condition operator'],
  [{ Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': 'soon' } } }, 'a value does not fit the operator'],
  [{ Condition: { StringEquals: { 'aws:SourceOrgID': 'x' } } }, 'does not know the condition key aws:SourceOrgID'],
  [{ Condition: { StringEquals: { 'dynamodb:Attributes': 'x' } } }, 'the condition key dynamodb:Attributes'],
  [{ Colour: 'blue' }, 'there is no such element'],
  [{ Effect: 'Maybe' }, 'must be Allow or Deny'],
  [{ Principal: '*' }, 'names no principal'],
])('%j is an error, not passed over', (more, message) => {
  expect(() => read({ ...any, ...more })).toThrow(message)
})
