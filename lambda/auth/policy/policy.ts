/**
 * A policy document, parsed and compiled: ready to be asked again and again.
 * @module
 */

/** Where a policy hangs decides what its statements must have: `resource`, `key` and `trust` name principals, `identity` (also boundaries and session policies) must not. */
export type PolicyKind = 'identity' | 'resource' | 'key' | 'trust'

/** Says what is wrong with a policy's text and where, as far as that is known. Its message never holds text of the policy. */
export class PolicyProblem extends Error {
  override readonly name = 'PolicyProblem'
}

export interface Policy {
  readonly kind: PolicyKind
}
