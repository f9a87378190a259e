/**
 * Policies and questions at random, of so few names that they often meet.
 * @module
 */
import fc from 'fast-check'
import { SATISFIED, UNKNOWN, type KeyValue } from '../../../lambda/auth/condition-context.ts'
import type { AccessQuestion } from '../../../lambda/auth/decide.ts'
import { compilePolicy } from '../../../lambda/auth/policy/compile-policy.ts'
import type { Policy, PolicyKind } from '../../../lambda/auth/policy/policy.ts'
import {
  ABROAD,
  HOME,
  contextWith,
  document,
  federatedOf,
  knownAs,
  roleSessionOf,
  rootOf,
  userOf,
  type Callers,
  type Json,
} from './questions.ts'

const SECRETS = `arn:aws:secretsmanager:eu-west-1:${HOME}:secret:`
const KEYS = ['aws:username', 'aws:RequestTag/a', 'aws:TagKeys'] as const

const oneOrMany = <T>(one: fc.Arbitrary<T>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 2 }))

const action = fc.constantFrom('s:Get', 's:Put', 's:*', '*', 'S:g?t')
const resource = fc.constantFrom('*', `${SECRETS}a`, `${SECRETS}*`, `${SECRETS}\${aws:username}`, 'arn:aws:s3:::b')
const operator = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringEqualsIfExists',
  'ForAllValues:StringEquals',
  'ForAnyValue:StringEquals',
  'ForAnyValue:StringNotLike',
  'NumericLessThan',
  'Null',
  'StringOdd',
)
const condition = fc.dictionary(
  operator,
  fc.dictionary(fc.constantFrom(...KEYS), oneOrMany(fc.constantFrom('a', 'b*', 'true', '3', '${aws:username}')), {
    minKeys: 1,
    maxKeys: 2,
  }),
  { maxKeys: 2 },
)
const names = [HOME, ABROAD].flatMap((account) => [
  account,
  ...[userOf(account), roleSessionOf(account), federatedOf(account)].flatMap(({ principal, identity }) => [
    principal.arn,
    identity.arn,
  ]),
])
const principal = fc.oneof(
  fc.constant('*'),
  fc.record({ AWS: oneOrMany(fc.constantFrom('*', ...names)) }),
  fc.constant({ Service: 'lambda.amazonaws.com' }),
)

const either = (name: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Json> =>
  fc.tuple(fc.constantFrom(name, name, name, `Not${name}`), value).map(([element, given]) => ({ [element]: given }))

export const statementOf = (kind: PolicyKind, effect?: 'Allow' | 'Deny'): fc.Arbitrary<Json> =>
  fc
    .tuple(
      fc.constantFrom<'Allow' | 'Deny'>(...(effect ? [effect] : (['Allow', 'Deny'] as const))),
      either('Action', oneOrMany(action)),
      either('Resource', oneOrMany(resource)),
      kind === 'identity' ? fc.constant({}) : either('Principal', principal),
      fc.oneof(
        fc.constant({}),
        condition.map((Condition) => ({ Condition })),
      ),
    )
    .map(([Effect, ...elements]) => Object.assign({ Effect }, ...elements) as Json)

export const statements = (kind: PolicyKind) => fc.array(statementOf(kind), { minLength: 1, maxLength: 4 })

export const compiledFrom = (kind: PolicyKind, list: readonly Json[]): Policy => compilePolicy(document(list), kind)

const value: fc.Arbitrary<KeyValue> = fc.oneof(
  fc.constantFrom<KeyValue>('a', 'b', 'bc', '*', '2', undefined, UNKNOWN, SATISFIED),
  fc.subarray(['a', 'b', 'c']),
)
export const keys = fc.record(Object.fromEntries(KEYS.map((key) => [key, value])))

/** Statements of each layer; absent ones limit nothing. */
export interface Setting {
  readonly caller: Callers | 'root' | 'represented'
  readonly account: string
  readonly action: string
  readonly resource: string
  readonly rule: 'either' | 'resource'
  readonly keys: Readonly<Record<string, KeyValue>>
  readonly identity: readonly Json[]
  readonly resourcePolicy: readonly Json[] | undefined
  readonly boundary: readonly Json[] | undefined
  readonly session: readonly Json[] | undefined
}

const optionally = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })

export const settings: fc.Arbitrary<Setting> = fc.record({
  caller: fc.oneof(
    fc.constantFrom(
      ...[HOME, ABROAD].flatMap((account) => [userOf, roleSessionOf, federatedOf].map((of) => of(account))),
    ),
    fc.constantFrom('root' as const, 'represented' as const),
  ),
  account: fc.constantFrom(HOME, HOME, ABROAD),
  action: fc.constantFrom('s:Get', 's:Put'),
  resource: fc.constantFrom(`${SECRETS}a`, `${SECRETS}b`, '*'),
  rule: fc.constantFrom('either' as const, 'either' as const, 'resource' as const),
  keys,
  identity: statements('identity'),
  resourcePolicy: optionally(statements('resource')),
  boundary: optionally(statements('identity')),
  session: optionally(statements('identity')),
})

export function questionOf(setting: Setting): AccessQuestion {
  const { caller, account, action: name, resource: arn, rule, identity, boundary, session, resourcePolicy } = setting
  return {
    ...(caller === 'root'
      ? { principal: rootOf(HOME), found: { kind: 'root' } }
      : caller === 'represented'
        ? { principal: roleSessionOf(ABROAD).principal, found: { kind: 'represented' } }
        : {
            principal: caller.principal,
            found: knownAs(caller, {
              identity,
              ...(boundary && { boundary }),
              ...(session && { session: [session] }),
            }),
          }),
    account,
    action: name,
    resource: arn,
    rule,
    context: contextWith(setting.keys),
    ...(resourcePolicy && { resourcePolicy: { source: 'r', policy: compiledFrom('resource', resourcePolicy) } }),
  }
}
