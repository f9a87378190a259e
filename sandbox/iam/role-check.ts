/**
 * Whether a function's role may do something, as AWS would decide it: by the product's own engine.
 * @module
 */
import { contextOf, keysOf, type ConditionContext } from '../../lambda/auth/condition-context.ts'
import { decide, type AccessQuestion } from '../../lambda/auth/decide.ts'
import { isAllowed, type Decision } from '../../lambda/auth/decision.ts'
import { globalKeys } from '../../lambda/auth/global-keys.ts'
import type { Found } from '../../lambda/auth/identity.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { Need } from '../aws/service.ts'
import { SandboxProblem } from '../json.ts'
import { knownToBeAbsent } from './condition-keys.ts'
import type { Grant, ReadPolicy } from './policy-document.ts'
import { identityOf, type Role } from './role.ts'

/** Whoever acts with a role: a function, a state machine, a scheduler. */
export interface RoleHolder {
  /** Of the function, or what else it is. */
  readonly name: string
  readonly region: string
  readonly role: Role
}

export type Verdict =
  /** Every grant of the role that allows it. */
  | { readonly kind: 'allowed'; readonly used: readonly Grant[] }
  /** In AWS's words. */
  | { readonly kind: 'refused'; readonly because: string }

/** @param now epoch milliseconds of the functions' clock */
export function checkRole(holder: RoleHolder, need: Need, now: number): Verdict {
  let policy: ReadPolicy | undefined
  try {
    policy = need.resourcePolicy?.()
  } catch (error) {
    if (!(error instanceof SandboxProblem)) throw error
    return {
      kind: 'refused',
      because: `because its resource-based policy cannot be judged: ${error.message}`,
    }
  }
  const question = questionOf(holder, need, now)
  // A key's policy is the root of all access to it: it lets a caller in itself, or leaves that to the account's own policies.
  const decision = decide({
    ...question,
    ...(policy !== undefined && { rule: need.rule ?? 'resource', resourcePolicy: policy }),
  })
  if (!isAllowed(decision)) return { kind: 'refused', because: refusalText(decision, need.action) }
  const grants = holder.role.policies.flatMap((each) => each.grants)
  return { kind: 'allowed', used: grants.filter((grant) => allows(grant, question)) }
}

/** Of one running function, or of a service that has taken a role on. */
export const principalOf = ({ role, name, region }: RoleHolder, now: number): Principal => ({
  account: role.account,
  arn: `arn:${partitionOf(region)}:sts::${role.account}:assumed-role/${role.name}/${name}`,
  userId: `${role.id}:${name}`,
  accessKeyId: '',
  session: { issuedAt: now },
})

function questionOf(holder: RoleHolder, need: Need, now: number): AccessQuestion {
  const { role } = holder
  const { region = holder.region } = need
  const { account } = role
  const principal = principalOf(holder, now)
  const found: Found = { kind: 'identity', identity: identityOf(role) }
  const facts = { principal, origin: { receivedAt: now, isSecure: true }, account, region, now }
  const context: ConditionContext = contextOf(keysOf(need.context ?? {}), globalKeys(facts, found), knownToBeAbsent)
  return { principal, found, action: need.action, resource: need.resource, account, rule: 'either', context }
}

/** Whether a grant would do by itself. */
function allows({ policy, statement }: Grant, question: AccessQuestion): boolean {
  if (question.found.kind !== 'identity') return false
  const identity = { ...question.found.identity, policies: [{ source: statement, policy }] }
  return isAllowed(decide({ ...question, found: { kind: 'identity', identity } }))
}

const LAYERS: Readonly<Record<Decision['layer'], string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

function refusalText({ verdict, layer, note }: Decision, action: string): string {
  if (verdict === 'explicit-deny')
    return `with an explicit deny in ${layer === 'identity' ? 'an' : 'a'} ${LAYERS[layer]}`
  const because = `because no ${LAYERS[layer]} allows the ${action} action`
  return note === undefined ? because : `${because} (${note})`
}
