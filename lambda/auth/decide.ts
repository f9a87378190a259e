/**
 * The decision on one action (IAM user guide, "Policy evaluation logic"). A Deny of any policy wins. In the owner's account an Allow of the caller's policies or of the resource's is
 * enough; in another both are needed. Boundaries and session policies limit what the caller's policies allow, and what a resource's policy grants to a role or to everybody.
 *
 * A resource's policy that names an account leaves the decision to the account's own policies.
 * @module
 */
import type { ConditionContext } from './condition-context.ts'
import type { Decision, PolicyLayer, StatementReference } from './decision.ts'
import type { AttachedPolicy, Found, Identity } from './identity.ts'
import type { Policy, Statement } from './policy/policy.ts'
import { callerOf, namingOf, type Caller, type Naming } from './policy/principal-element.ts'
import { statementApplies } from './policy/statement-applies.ts'
import type { Principal } from './principal.ts'

/** The policy on a secret or a key. */
export interface ResourcePolicy {
  readonly source: string
  readonly policy: Policy
  /**
   * Unique ids of the users and roles that it names (of a session: of its role), as they were when it was attached, by ARN: one of the same name that was made later is another. A principal that is not
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
  const { principal, found, account, resourcePolicy } = question
  const isOwn = principal.account === account
  if (found.kind === 'unknown') return implicitDeny('identity', found.reason)
  if (found.kind === 'represented' && isOwn)
    return implicitDeny('identity', 'the principal is not known in its own account')
  const caller = resourcePolicy && callerOf(principal, identityIn(found), resourcePolicy.principalIds)
  return explicitDeny(question, caller) ?? (isOwn ? decideAtHome : decideAbroad)(question, caller)
}

const identityIn = (found: Found): Identity | undefined => (found.kind === 'identity' ? found.identity : undefined)

const implicitDeny = (layer: PolicyLayer, note?: string): Decision => ({
  verdict: 'implicit-deny',
  layer,
  ...(note === undefined ? {} : { note }),
})

/** A Deny of any policy that takes part, in the order in which it is reported. */
function explicitDeny(question: AccessQuestion, caller: Caller | undefined): Decision | undefined {
  const { resourcePolicy } = question
  const identity = identityIn(question.found)
  return (
    denyIn('identity', identity?.policies ?? NONE, question) ??
    (resourcePolicy && denyBy('resource', resourcePolicy, question, caller)) ??
    (identity?.boundary && denyBy('boundary', identity.boundary, question)) ??
    denyIn('session', identity?.sessionPolicies ?? NONE, question)
  )
}

const NONE: readonly AttachedPolicy[] = []

function denyIn(
  layer: PolicyLayer,
  policies: readonly AttachedPolicy[],
  question: AccessQuestion,
): Decision | undefined {
  for (const policy of policies) {
    const denied = denyBy(layer, policy, question)
    if (denied !== undefined) return denied
  }
  return undefined
}

function denyBy(
  layer: PolicyLayer,
  { source, policy }: AttachedPolicy,
  question: AccessQuestion,
  caller?: Caller,
): Decision | undefined {
  if (policy.unreadable !== undefined)
    return { verdict: 'explicit-deny', layer, note: `${source} denies everything: ${policy.unreadable}` }
  for (const statement of policy.statementsFor(question.action).denies) {
    const outcome = statementApplies(statement, question, caller)
    if (outcome !== false)
      return {
        verdict: 'explicit-deny',
        layer,
        statement: referenceTo(layer, source, statement),
        ...(outcome === true ? {} : { note: 'whether the statement applies cannot be told here' }),
      }
  }
  return undefined
}

function referenceTo(layer: PolicyLayer, source: string, { number, sid }: Statement): StatementReference {
  return { layer, source, number, ...(sid === undefined ? {} : { sid }) }
}

/** The caller's own account owns what is asked for. */
function decideAtHome(question: AccessQuestion, caller: Caller | undefined): Decision {
  const { rule, found, resourcePolicy } = question
  const grant = grantOf(question, caller)
  const own = sideOfIdentity(question)
  const byIdentity = own.missing === undefined
  // A key's policy can leave out even the account's root; but then there must be one.
  const needsGrant = rule === 'resource' && (found.kind !== 'root' || resourcePolicy !== undefined)
  if (needsGrant && grant === undefined) return implicitDeny('resource')
  if (byIdentity) return allow('identity', own.statement)
  if (grant === undefined || grant.naming === 'account') return implicitDeny(own.missing)
  // IAM user guide, "How permissions boundaries work with resource-based policies": a grant to a role is limited, one to a user or a session is not.
  const limit = grant.naming === 'role' ? limitOf(question) : undefined
  return limit === undefined ? allow('resource', grant.statement) : implicitDeny(limit)
}

/** Another account owns it: both sides must allow. */
function decideAbroad(question: AccessQuestion, caller: Caller | undefined): Decision {
  const grant = grantOf(question, caller)
  if (grant === undefined) return implicitDeny('resource')
  const { missing } = sideOfIdentity(question)
  return missing === undefined ? allow('resource', grant.statement) : implicitDeny(missing)
}

const allow = (layer: PolicyLayer, statement: StatementReference | undefined): Decision => ({
  verdict: 'allow',
  layer,
  ...(statement === undefined ? {} : { statement }),
})

interface Grant {
  readonly naming: Naming
  readonly statement: StatementReference
}

/** The strongest Allow of the resource's policy. */
function grantOf(question: AccessQuestion, caller: Caller | undefined): Grant | undefined {
  const { resourcePolicy, action } = question
  if (resourcePolicy === undefined || caller === undefined) return undefined
  let strongest: { readonly naming: Naming; readonly statement: Statement } | undefined
  for (const statement of resourcePolicy.policy.statementsFor(action).allows) {
    if (statementApplies(statement, question, caller) !== true) continue
    const naming = statement.principal && namingOf(statement.principal, caller)
    if (naming === undefined) continue
    if (strongest === undefined || (strongest.naming === 'account' && naming === 'role') || naming === 'direct')
      strongest = { naming, statement }
    if (naming === 'direct') break
  }
  if (strongest === undefined) return undefined
  return {
    naming: strongest.naming,
    statement: referenceTo('resource', resourcePolicy.source, strongest.statement),
  }
}

/** What the caller's own policies say: allowed, or by which of them it is not. */
type IdentitySide =
  | { readonly missing: undefined; readonly statement: StatementReference | undefined }
  | { readonly missing: PolicyLayer }

function sideOfIdentity(question: AccessQuestion): IdentitySide {
  const identity = identityIn(question.found)
  if (identity === undefined) return { missing: undefined, statement: undefined }
  const statement = allowIn('identity', identity.policies, question)
  if (statement === undefined) return { missing: 'identity' }
  const missing = limitOf(question)
  return missing === undefined ? { missing, statement } : { missing }
}

/** Which of the boundary and the session policies, if any, does not allow it. */
function limitOf(question: AccessQuestion): 'boundary' | 'session' | undefined {
  const identity = identityIn(question.found)
  if (identity === undefined) return undefined
  const { boundary, sessionPolicies } = identity
  if (boundary !== undefined && allowIn('boundary', [boundary], question) === undefined) return 'boundary'
  if (sessionPolicies !== undefined && allowIn('session', sessionPolicies, question) === undefined) return 'session'
  return undefined
}

function allowIn(
  layer: PolicyLayer,
  policies: readonly AttachedPolicy[],
  question: AccessQuestion,
): StatementReference | undefined {
  for (const { source, policy } of policies)
    for (const statement of policy.statementsFor(question.action).allows)
      if (statementApplies(statement, question, undefined) === true) return referenceTo(layer, source, statement)
  return undefined
}
