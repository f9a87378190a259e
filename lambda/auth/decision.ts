/**
 * What a policy decision says, and why.
 * @module
 */

/** The kinds of policies that take part. `resource`: of a secret or a key. */
export type PolicyLayer = 'identity' | 'resource' | 'boundary' | 'session'

export interface StatementReference {
  readonly layer: PolicyLayer
  /** What the policy is called: see AttachedPolicy. */
  readonly source: string
  /** From 1. */
  readonly number: number
  readonly sid?: string
}

export interface Decision {
  /** An explicit deny is a Deny that applies (or may apply); an implicit one the want of an Allow. */
  readonly verdict: 'allow' | 'explicit-deny' | 'implicit-deny'
  /** The kind of policy that allowed, denied, or ought to have allowed. */
  readonly layer: PolicyLayer
  /** The statement that decided: of the Allow or the Deny. Absent for an implicit deny, for an account's root, and where API Gateway stands for another account's policies. */
  readonly statement?: StatementReference
  /** Why it came to this where no policy says so, such as a principal that nobody knows: for the log and for explanations, never for the caller. */
  readonly note?: string
}

export const isAllowed = ({ verdict }: Decision): boolean => verdict === 'allow'

/** One line for the log: names policies, never what they say. */
export function describeDecision({ verdict, layer, statement, note }: Decision): string {
  const from =
    statement === undefined
      ? ''
      : ` by statement ${statement.number}${statement.sid === undefined ? '' : ` (${statement.sid})`} of the ${statement.source}`
  return `${verdict} (${layer})${from}${note === undefined ? '' : `: ${note}`}`
}
