import { SATISFIED, UNKNOWN } from '../../lambda/auth/condition-context.ts'
import { explainDecision } from '../../lambda/auth/explain-decision.ts'
import { unreadablePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import { PolicyProblem } from '../../lambda/auth/policy/policy.ts'
import {
  ABROAD,
  HOME,
  allow,
  contextWith,
  deny,
  knownAs,
  question,
  resourcePolicy,
  userOf,
} from './support/questions.ts'

const alice = userOf(HOME)

it('tells of every statement of every policy how far it is about the question', () => {
  const found = knownAs(alice, {
    identity: [allow({ Sid: 'Read' }), allow({ Action: 'kms:*' }), allow({ Resource: 'arn:aws:s3:::b' })],
    boundary: allow(),
    session: [allow(), deny({ Action: 'kms:*' })],
  })
  const policy = resourcePolicy([allow({ Principal: { AWS: ABROAD } }), allow({ Principal: '*' })])
  const { decision, statements, unreadable } = explainDecision(question({ found, ...policy }))
  expect(decision.verdict).toBe('allow')
  expect(unreadable).toEqual([])
  const yes = { action: true, resource: true, conditions: [], applies: true }
  expect(statements).toEqual([
    { layer: 'identity', source: 'policy', number: 1, sid: 'Read', effect: 'Allow', ...yes },
    { layer: 'identity', source: 'policy', number: 2, effect: 'Allow', ...yes, action: false, applies: false },
    { layer: 'identity', source: 'policy', number: 3, effect: 'Allow', ...yes, resource: false, applies: false },
    {
      layer: 'resource',
      source: 'resource policy',
      number: 1,
      effect: 'Allow',
      ...yes,
      principal: false,
      applies: false,
    },
    { layer: 'resource', source: 'resource policy', number: 2, effect: 'Allow', ...yes, principal: true },
    { layer: 'boundary', source: 'boundary', number: 1, effect: 'Allow', ...yes },
    { layer: 'session', source: 'session policy', number: 1, effect: 'Allow', ...yes },
    { layer: 'session', source: 'session policy', number: 1, effect: 'Deny', ...yes, action: false, applies: false },
  ])
})

it('tells the outcome of every condition', () => {
  const Condition = {
    StringEquals: { 'aws:username': 'alice', 'aws:Unseen': 'x' },
    Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    StringLke: { 'aws:username': 'a*' },
  }
  const context = contextWith({
    'aws:username': 'alice',
    'aws:Unseen': UNKNOWN,
    'aws:MultiFactorAuthPresent': SATISFIED,
  })
  const found = knownAs(alice, { identity: [allow({ Condition }), deny({ Condition })] })
  const outcomes = explainDecision(question({ found, context })).statements.map(({ conditions }) =>
    conditions.map(({ operator, key, outcome }) => [operator, key, outcome]),
  )
  const [username, unseen, odd] = [
    ['StringEquals', 'aws:username', true],
    ['StringEquals', 'aws:Unseen', 'unknown'],
    ['StringLke', 'aws:username', 'unknown'],
  ]
  expect(outcomes).toEqual([
    [username, unseen, ['Bool', 'aws:MultiFactorAuthPresent', true], odd],
    [username, unseen, ['Bool', 'aws:MultiFactorAuthPresent', false], odd],
  ])
})

it('tells of policies that cannot be read', () => {
  const policy = unreadablePolicy('resource', new PolicyProblem('Statement is missing'))
  const { decision, unreadable } = explainDecision(question({ resourcePolicy: { source: 'broken', policy } }))
  expect(decision.verdict).toBe('explicit-deny')
  expect(unreadable).toEqual([{ layer: 'resource', source: 'broken', problem: 'Statement is missing' }])
})

it('of an unknown principal it tells what the resource says', () => {
  const found = { kind: 'unknown', reason: 'no such user' } as const
  const { decision, statements } = explainDecision(question({ found, ...resourcePolicy(allow({ Principal: '*' })) }))
  expect(decision).toMatchObject({ verdict: 'implicit-deny', note: 'no such user' })
  expect(statements).toHaveLength(1)
})
