/**
 * The decision on one action.
 * @module
 */
import type { ConditionContext } from './condition-context.ts'
import type { Decision } from './decision.ts'
import type { Found } from './identity.ts'
import type { Policy } from './policy/policy.ts'
import type { Principal } from './principal.ts'

/** The policy on a secret or a key. */
export interface ResourcePolicy {
  readonly source: string
  readonly policy: Policy
  /**
   * Unique ids of the users and roles that it names, as they were when it was attached, by ARN: one of the same name that was made later is another. A principal that is not
   * in it is compared by ARN.
   */
  readonly principalIds?: ReadonlyMap<string, string>
}

export interface AccessQuestion {
  readonly principal: Principal
  readonly found: Found
  /** Such as `secretsmanager:GetSecretValue`. */
  readonly action: string
  /** ARN, or `*` for an action without a resource type. */
  readonly resource: string
  /** The account that owns it. */
  readonly account: string
  readonly resourcePolicy?: ResourcePolicy | undefined
  /**
   * `either`: in the owner's account an allow of identity or resource policies is enough. `resource`: the resource's policy must allow, by itself or by leaving it to the
   * account's identity policies (KMS keys). Another account needs both in either case.
   */
  readonly rule: 'either' | 'resource'
  readonly context: ConditionContext
}

export function decide(question: AccessQuestion): Decision {
  return { verdict: question.principal.account === question.account ? 'allow' : 'implicit-deny', layer: 'identity' }
}
