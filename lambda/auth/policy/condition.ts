/**
 * The Condition element. Every test of it (one operator and key with its values) must hold; of several values one is enough, and with a negated operator none may match. A key that a
 * request does not have fails a test, but for negated operators, `...IfExists`, `ForAllValues:` and `Null` (IAM user guide, "Condition operators" and "Set operators").
 *
 * What cannot be told is unknown: a key that is not seen here, an operator or a value that is not understood.
 * @module
 */
import { SATISFIED, UNKNOWN, type ConditionContext } from '../condition-context.ts'
import type { Comparison, WrittenIn } from './comparisons.ts'
import { operatorNamed, type Operator } from './condition-operators.ts'
import type { Json } from './json.ts'
import type { Effect } from './policy.ts'
import { and, not, or, type Truth } from './truth.ts'

export interface ConditionTest {
  /** As written, with prefix and suffix. */
  readonly operator: string
  /** As written. */
  readonly key: string
  readonly values: readonly string[]
  /** What the operator means; undefined: it is not known. */
  readonly meaning: Operator | undefined
  /** A key that was checked elsewhere counts as met: true in an Allow, false in a Deny. */
  evaluate(context: ConditionContext, effect: Effect): Truth
}

/** Reports problems at a member of the Condition element. */
export interface ConditionReport {
  /** Throws. */
  refuse(message: string, path: readonly string[], at: number): never
  /** The test cannot be told the outcome of. */
  unknown(message: string, path: readonly string[], at: number): void
}

export function compileConditions(
  json: Json,
  { variables }: Pick<WrittenIn, 'variables'>,
  report: ConditionReport,
): readonly ConditionTest[] {
  const tests: ConditionTest[] = []
  if (json.type !== 'object') return report.refuse('must be an object', [], json.at)
  for (const [name, block] of json.members) {
    const operator = operatorNamed(name)
    if (operator === undefined) report.unknown('there is no such condition operator', [name], block.at)
    if (block.type !== 'object') return report.refuse('must be an object', [name], block.at)
    for (const [key, given] of block.members) {
      const path = [name, key]
      if (key === '') return report.refuse('a condition key has a name', path, given.at)
      const values = textsOf(given)
      if (values === undefined)
        return report.refuse('must be a text, a number, true or false, or a list', path, given.at)
      const unresolved = operator?.isNegated ? 'unknown' : false
      const comparisons = operator && values.map((value) => operator.compile(value, { variables, unresolved }))
      if (comparisons?.includes(undefined)) report.unknown('a value does not fit the operator', path, given.at)
      const known = comparisons?.map((comparison) => comparison ?? NEVER_KNOWN)
      tests.push({
        operator: name,
        key,
        values,
        meaning: operator,
        evaluate: operator && known ? evaluator(operator, key.toLowerCase(), known) : () => 'unknown',
      })
    }
  }
  return tests
}

const NEVER_KNOWN: Comparison = { matches: () => 'unknown' }

function textsOf(json: Json): readonly string[] | undefined {
  const items = json.type === 'array' ? json.items : [json]
  const texts = items.map(textOf)
  return texts.every((text) => text !== undefined) ? texts : undefined
}

function textOf(json: Json): string | undefined {
  return json.type === 'string' || json.type === 'number' || json.type === 'boolean' ? String(json.value) : undefined
}

function evaluator(operator: Operator, key: string, comparisons: readonly Comparison[]): ConditionTest['evaluate'] {
  const { isNegated, isNull } = operator
  const matchesOne = (value: string, context: ConditionContext): Truth => {
    let outcome: Truth = false
    for (const comparison of comparisons) {
      outcome = or(outcome, comparison.matches(value, context))
      if (outcome === true) break
    }
    return isNegated ? not(outcome) : outcome
  }
  return (context, effect) => {
    const value = context.valueOf(key)
    if (value === UNKNOWN) return 'unknown'
    if (value === SATISFIED) return effect === 'Allow'
    if (isNull) return matchesOne(String(isAbsent(value)), context)
    if (isAbsent(value)) return whenAbsent(operator)
    if (typeof value === 'string' && operator.quantifier === undefined) return matchesOne(value, context)
    return ofMany(operator, typeof value === 'string' ? [value] : value, (one) => matchesOne(one, context))
  }
}

const isAbsent = (value: string | readonly string[] | undefined): value is undefined =>
  value === undefined || (typeof value !== 'string' && value.length === 0)

function whenAbsent({ quantifier, ifExists, isNegated }: Operator): boolean {
  return ifExists || quantifier === 'ForAllValues' || (isNegated && quantifier === undefined)
}

function ofMany({ quantifier }: Operator, values: readonly string[], test: (value: string) => Truth): Truth {
  const outcomes = values.map(test)
  const all = outcomes.reduce(and, true)
  const any = outcomes.reduce(or, false)
  if (quantifier === 'ForAnyValue') return any
  // AWS takes a set of empty values as none, and as met.
  if (quantifier === 'ForAllValues') return all === false && values.every((value) => value === '') ? 'unknown' : all
  // What AWS makes of many values without a set operator is not documented: it counts where either reading gives the same.
  return all === any ? all : 'unknown'
}
