/**
 * Who may do what, as the core asks it, and the rule that stands until policies are evaluated.
 * @module
 */
import type { Principal } from './principal.ts'

export interface AccessRequest {
  readonly principal: Principal
  /** Such as `secretsmanager:GetSecretValue`. */
  readonly action: string
  /** The account that owns what is asked for. */
  readonly account: string
  /** Full ARN of the secret, or the ARN as given when there is none; undefined for actions without a resource type. */
  readonly resource: string | undefined
}

export interface Authorizer {
  isAllowed(request: AccessRequest): boolean
}

/**
 * Every authenticated principal may do everything in its own account and nothing in another: default deny across accounts is the safe half of the
 * final rule (design section 5).
 */
export const sameAccountOnly: Authorizer = {
  isAllowed: ({ principal, account }) => principal.account === account,
}
