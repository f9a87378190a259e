/**
 * The Principal and NotPrincipal elements: who is named, and whether a caller is among them (IAM user guide, "AWS JSON policy elements: Principal").
 *
 * A caller goes by several names: its account, its user or role, and its session. Whether a name is the caller's may be unknown: of one of the same ARN but another unique id nobody
 * should get access, and no Deny should be lost.
 * @module
 */
import type { Identity } from '../identity.ts'
import { identityIdOf, kindOf, type Principal, type PrincipalKind } from '../principal.ts'
import { and, not, or, type Truth } from './truth.ts'

export type NamedPrincipal =
  | { readonly type: 'everyone' }
  | { readonly type: 'account'; readonly account: string }
  /** User or role. */
  | { readonly type: 'entity'; readonly arn: string }
  /** Of a role or a federated user. */
  | { readonly type: 'session'; readonly arn: string }
  | { readonly type: 'unique-id'; readonly id: string }
  | { readonly type: 'service' | 'federated' | 'canonical-user'; readonly name: string }

/** The principal as policies may name it. */
export interface Caller {
  readonly account: string
  readonly kind: PrincipalKind
  readonly arn: string
  /** Of the user or role, with its path; undefined: the path is not known here, or there is none (root). */
  readonly entityArn: string | undefined
  readonly entityId: string
  /** A permissions boundary is attached to the user or role. */
  readonly isBounded: boolean
  /** See ResourcePolicy. */
  readonly principalIds: ReadonlyMap<string, string> | undefined
}

/**
 * How an Allow names the caller. `account`: by its account, which leaves the decision to the account's own policies. `role`: as one whose sessions a boundary and session policies
 * limit. `direct`: the very user or session that asks.
 */
export type Naming = 'account' | 'role' | 'direct'

export interface PrincipalElement {
  /** NotPrincipal. */
  readonly isNot: boolean
  readonly named: readonly NamedPrincipal[]
}

export function callerOf(
  principal: Principal,
  identity: Pick<Identity, 'arn' | 'uniqueId' | 'boundary'> | undefined,
  principalIds?: ReadonlyMap<string, string>,
): Caller {
  const kind = kindOf(principal)
  const hasOwnArn = kind === 'user' || kind === 'other'
  return {
    account: principal.account,
    kind,
    arn: principal.arn,
    entityArn: kind === 'root' ? undefined : (identity?.arn ?? (hasOwnArn ? principal.arn : undefined)),
    entityId: identity?.uniqueId ?? identityIdOf(principal),
    isBounded: identity?.boundary !== undefined,
    principalIds,
  }
}

/** Whether the statement is about the caller. */
export function appliesTo({ isNot, named }: PrincipalElement, caller: Caller, effect: 'Allow' | 'Deny'): Truth {
  if (!isNot) {
    let outcome: Truth = false
    for (const one of named) outcome = or(outcome, isNameOf(one, caller))
    return outcome
  }
  // A Deny spares only whom it lists by every name, and nobody with a boundary (IAM user guide, "Permissions boundaries"); an Allow leaves out whom it lists by any.
  if (effect === 'Deny') return caller.isBounded || not(isListedByEveryName(named, caller))
  return not(named.reduce<Truth>((outcome, one) => or(outcome, mayBeNameOf(one, caller)), false))
}

/** The strongest way in which it certainly names the caller. */
export function namingOf({ isNot, named }: PrincipalElement, caller: Caller): Naming | undefined {
  // Whoever is not listed gets no more than everyone would.
  if (isNot) return 'role'
  let strongest: Naming | undefined
  for (const one of named)
    if (isNameOf(one, caller) === true) {
      const naming = namingBy(one, caller)
      if (naming === 'direct') return naming
      if (naming === 'role' || strongest === undefined) strongest = naming
    }
  return strongest
}

function namingBy(one: NamedPrincipal, { kind }: Caller): Naming {
  if (one.type === 'account') return 'account'
  if (one.type === 'session') return 'direct'
  // Users have no sessions that limit them, but for federated ones; what `*` grants to one is documented nowhere, so a boundary limits it.
  return one.type !== 'everyone' && kind === 'user' ? 'direct' : 'role'
}

function isNameOf(one: NamedPrincipal, caller: Caller): Truth {
  switch (one.type) {
    case 'everyone':
      return true
    case 'account':
      return one.account === caller.account
    case 'entity':
      return isEntity(one.arn, caller)
    case 'session':
      return one.arn === caller.arn && isPinned(one.arn, caller)
    case 'unique-id':
      return one.id === caller.entityId
    // No service, no identity provider and no canonical user signs requests here.
    case 'service':
    case 'federated':
    case 'canonical-user':
      return false
  }
}

/** A canonical user is an account under another name, which is not known here. */
const mayBeNameOf = (one: NamedPrincipal, caller: Caller): Truth =>
  one.type === 'canonical-user' ? 'unknown' : isNameOf(one, caller)

function isEntity(arn: string, caller: Caller): Truth {
  const { kind, entityArn, entityId, principalIds } = caller
  if (kind === 'root') return false
  const isSameArn = entityArn === undefined ? isRoleOfSession(arn, caller) : arn === entityArn
  const id = principalIds?.get(arn)
  if (id === undefined || id === entityId) return isSameArn || id === entityId
  return isSameArn ? 'unknown' : false
}

/** Whether one of that name is the one who had it when the policy was attached: as far as that was kept. */
function isPinned(arn: string, { entityId, principalIds }: Caller): Truth {
  const id = principalIds?.get(arn)
  return id === undefined || id === entityId ? true : 'unknown'
}

/** The ARN of a session lacks the path of its role; but names of roles are unique in an account. */
function isRoleOfSession(arn: string, { kind, account, arn: session }: Caller): boolean {
  if (kind !== 'role-session') return false
  const { account: owner, resource } = partsOf(arn)
  const role = partsOf(session).resource.split('/')[1]
  return owner === account && resource.startsWith('role/') && role !== undefined && resource.split('/').at(-1) === role
}

function isListedByEveryName(named: readonly NamedPrincipal[], caller: Caller): Truth {
  const isListed = (types: readonly NamedPrincipal['type'][]): Truth =>
    named.reduce<Truth>(
      (outcome, one) => (types.includes(one.type) ? or(outcome, isNameOf(one, caller)) : outcome),
      false,
    )
  if (isListed(['everyone']) === true) return true
  let outcome = isListed(['account'])
  if (caller.kind !== 'root') outcome = and(outcome, isListed(['entity', 'unique-id']))
  if (caller.kind === 'role-session' || caller.kind === 'federated') outcome = and(outcome, isListed(['session']))
  return outcome
}

function partsOf(arn: string): { readonly account: string; readonly resource: string } {
  const [, , , , account = '', ...resource] = arn.split(':')
  return { account, resource: resource.join(':') }
}

/** Undefined: not a way to name a principal of AWS. Wildcards are none, but for `*` alone. */
export function parseAwsPrincipal(text: string): NamedPrincipal | undefined {
  if (text === '*') return { type: 'everyone' }
  if (/^\d{12}$/.test(text)) return { type: 'account', account: text }
  if (/^A[A-Z]{3}[A-Z0-9]{12,124}$/.test(text)) return { type: 'unique-id', id: text }
  const [, service, account = '', resource = ''] = PRINCIPAL_ARN.exec(text) ?? []
  if (service === 'iam' && resource === 'root') return { type: 'account', account }
  if (service === 'iam' && IAM_ENTITY.test(resource)) return { type: 'entity', arn: text }
  return service === 'sts' && SESSION.test(resource) ? { type: 'session', arn: text } : undefined
}

const PRINCIPAL_ARN = /^arn:aws[a-z-]*:(iam|sts)::(\d{12}):(.+)$/
const IAM_ENTITY = /^(?:user|role)\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]+$/
const SESSION = /^(?:assumed-role\/[\w+=,.@-]+\/[\w+=,.@-]+|federated-user\/[\w+=,.@-]+)$/
