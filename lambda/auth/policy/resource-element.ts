/**
 * The Resource and NotResource elements. A pattern is matched over the whole ARN: `*` reaches beyond colons, as IAM says of one that ends a part, and as an ARN of our services has a
 * fixed number of colons, a pattern of a whole ARN matches part by part all the same.
 * @module
 */
import type { ConditionContext } from '../condition-context.ts'
import { parseText, textMatcher, type TextMatcher } from './text-pattern.ts'
import { not, or, type Truth } from './truth.ts'

export interface ResourceElement {
  /** NotResource. */
  readonly isNot: boolean
  /** As written. */
  readonly patterns: readonly string[]
  matches(resource: string, context: ConditionContext): Truth
}

/** Undefined: one of the patterns is none. */
export function resourceElement(
  patterns: readonly string[],
  { isNot, variables }: { readonly isNot: boolean; readonly variables: boolean },
): ResourceElement | undefined {
  const matchers: TextMatcher[] = []
  for (const pattern of patterns) {
    if (!IS_ARN_OR_ALL.test(pattern)) return undefined
    const tokens = parseText(pattern, { wildcards: true, variables })
    if (tokens === undefined) return undefined
    // A variable without a value names nothing; it may not widen what NotResource leaves.
    matchers.push(textMatcher(tokens, isNot ? 'unknown' : false))
  }
  return {
    isNot,
    patterns,
    matches(resource, context) {
      let outcome: Truth = false
      for (const matcher of matchers) {
        outcome = or(outcome, matcher.matches(resource, context))
        if (outcome === true) break
      }
      return isNot ? not(outcome) : outcome
    },
  }
}

const IS_ARN_OR_ALL = /^(?:\*+$|arn:)/
