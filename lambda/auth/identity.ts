/**
 * The identity behind a principal: its policies, as far as this place can see them.
 * @module
 */
import type { Policy } from './policy/policy.ts'
import type { Principal } from './principal.ts'

/** A policy and what to call it in an explanation, such as `inline policy "read-db" of user alice` or the ARN of a managed policy. */
export interface AttachedPolicy {
  readonly source: string
  readonly policy: Policy
}

export interface Identity {
  /** As policies name it: ARN of the user, or of the role behind a session, with its path. */
  readonly arn: string
  /** AIDA..., AROA... */
  readonly uniqueId: string
  /** Inline, managed and of its groups: any of them may allow, any may deny. */
  readonly policies: readonly AttachedPolicy[]
  readonly boundary?: AttachedPolicy
  /** Passed with the session: what none of them allows is not allowed. Absent: no limit. */
  readonly sessionPolicies?: readonly AttachedPolicy[]
  /** Principal tags, the session's over the role's. */
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  /** False where sessions may carry tags of their own that are not seen here: aws:PrincipalTag is unknown then. */
  readonly areTagsCertain: boolean
}

/**
 * `root`: the account itself, which may do everything in it. `represented`: a principal of another account whose identity policies lie there; API Gateway has applied them
 * (execute-api:Invoke), and they count as an allow. `unknown`: denied, whatever the policies of the resource say.
 */
export type Found =
  | { readonly kind: 'identity'; readonly identity: Identity }
  | { readonly kind: 'root' }
  | { readonly kind: 'represented' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** What is known of a user or role that a policy names. `unseen`: it lies in an account whose identities are not known here. */
export type Resolution =
  { readonly kind: 'exists'; readonly uniqueId: string } | { readonly kind: 'missing' } | { readonly kind: 'unseen' }

export interface IdentityDirectory {
  /** Does not throw: what goes wrong is an `unknown` principal, with the reason for the log. */
  find(principal: Principal): Found | Promise<Found>
  /** @param name as a policy has it: ARN of a user or role with its path, of a session (which stands for its role), or a unique id */
  resolve(name: string): Resolution | Promise<Resolution>
  /** A principal by the ARN of a user, role, role session or account root, for explanations; a role is taken as a session of it. Undefined where there is none. */
  principalFor(arn: string): Promise<Principal | undefined>
  /** Every user and role (as a session of it) of an account that is known here, for explanations. */
  principalsOf(account: string): AsyncIterable<Principal>
  /** The accounts whose identities are known here; absent: of the resource's own account alone. */
  knownAccounts?(): readonly string[]
}
