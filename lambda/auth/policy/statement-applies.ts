/**
 * Whether a statement applies to a request of an action that it is about.
 * @module
 */
import type { ConditionContext } from '../condition-context.ts'
import type { Statement } from './policy.ts'
import { appliesTo, type Caller } from './principal-element.ts'
import { and, type Truth } from './truth.ts'

export interface Circumstances {
  readonly resource: string
  readonly context: ConditionContext
}

/** @param caller where the policy names principals: undefined for policies of identities */
export function statementApplies(
  { effect, resource, principal, conditions }: Statement,
  circumstances: Circumstances,
  caller: Caller | undefined,
): Truth {
  const { context } = circumstances
  let outcome: Truth = resource?.matches(circumstances.resource, context) ?? true
  if (outcome !== false && caller !== undefined)
    // Whom a statement without a principal is about, nobody can tell.
    outcome = and(outcome, principal === undefined ? 'unknown' : appliesTo(principal, caller, effect))
  for (const condition of conditions) {
    if (outcome === false) break
    outcome = and(outcome, condition.evaluate(context, effect))
  }
  return outcome
}
