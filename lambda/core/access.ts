/**
 * Asking whether the caller may do what they want to, and refusing them in the API's words.
 * @module
 */
import type { AccessRequest } from '../auth/authorizer.ts'
import { isAllowed, type Decision } from '../auth/decision.ts'
import type { ResourcePolicy } from '../auth/decide.ts'
import { storedPolicy } from '../auth/policy/compiled-policy.ts'
import { requestKeys, secretKeys, type RequestKeys } from './access-keys.ts'
import { accessDenied } from './domain/errors.ts'
import { arnOf } from './domain/names.ts'
import type { AttachedResourcePolicy, SecretHead } from './domain/secret.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { Call } from './operation.ts'
import type { RequestContext, Services } from './services.ts'

export interface AccessCall extends Pick<Call<OperationName>, 'context' | 'services' | 'now'> {
  readonly input: object
}

/** What an action is done to. */
export interface Target {
  /** The account that owns it. */
  readonly account: string
  /** Full ARN of the secret, or as given when there is none; undefined for actions without a resource type. */
  readonly arn?: string
  /** How an error names it: a secret that was not found only as the caller did. */
  readonly shown?: string
  /** The secret, as far as it is there and its policy and tags count. */
  readonly head?: SecretHead | undefined
  /** The request does not name the account: it means the caller's own. */
  readonly meansOwnAccount?: boolean
}

export interface Question {
  /** Such as `GetSecretValue`. */
  readonly action: string
  readonly target: Target
  readonly keys?: RequestKeys
}

/** SM-ACCESS-01, SM-ACCESS-03, SM-CROSS-01, SM-CROSS-02 @throws {ServiceError} AccessDeniedException */
export async function requireAccess(call: AccessCall, question: Question): Promise<void> {
  const decision = await decideAccess(call, question)
  if (!isAllowed(decision)) throw refusalOf(call, question, decision)
}

export function refusalOf({ context }: AccessCall, { action, target }: Question, decision: Decision): Error {
  return accessDenied({ principal: context.principal.arn, action: `secretsmanager:${action}`, ...target, decision })
}

export function decideAccess(call: AccessCall, question: Question): Decision | Promise<Decision> {
  return call.services.authorizer.decide(accessRequest(call, question))
}

export function accessRequest(
  { context, now, input }: Omit<AccessCall, 'services'>,
  { action, target, keys = {} }: Question,
): AccessRequest {
  const { principal, origin, region } = context
  const { account, arn, head, meansOwnAccount = false } = target
  return {
    principal,
    origin,
    action: `secretsmanager:${action}`,
    resource: arn,
    account,
    region,
    meansOwnAccount,
    resourcePolicy: head && resourcePolicyOf(head),
    keys: [secretKeys(head, action === 'CreateSecret' ? undefined : arn), requestKeys(keys, input)],
    now,
  }
}

export interface OwnActionCall {
  readonly services: Pick<Services, 'authorizer' | 'clock'>
  readonly context: Pick<RequestContext, 'principal' | 'origin' | 'region'>
}

/** An action of Coffer's own on a secret, such as `coffer:ShowRotation`: by the rules for every action. @param action with its service */
export function decideOwnAction(
  { services, context: { principal, origin, region } }: OwnActionCall,
  action: string,
  { account, arn, head, meansOwnAccount = false }: Target,
): Decision | Promise<Decision> {
  return services.authorizer.decide({
    principal,
    origin,
    action,
    resource: arn,
    account,
    region,
    meansOwnAccount,
    resourcePolicy: head && resourcePolicyOf(head),
    keys: [secretKeys(head, arn)],
    now: services.clock.now(),
  })
}

interface Compiled {
  readonly attached: AttachedResourcePolicy
  readonly policy: ResourcePolicy
}

/** By ARN. Heads are read anew for each request, and comparing a text is cheaper than looking it up. */
const compiled = new Map<string, Compiled>()
const MOST_COMPILED = 1_000

export function resourcePolicyOf(head: SecretHead): ResourcePolicy | undefined {
  const { policy: attached } = head
  if (attached === undefined) return undefined
  const arn = arnOf(head)
  const known = compiled.get(arn)
  if (known && isSame(known.attached, attached)) return known.policy
  const policy = resourcePolicy(arn, attached)
  if (compiled.size >= MOST_COMPILED) compiled.clear()
  compiled.set(arn, { attached, policy })
  return policy
}

const isSame = (one: AttachedResourcePolicy, other: AttachedResourcePolicy): boolean =>
  one.text === other.text &&
  one.principals.length === other.principals.length &&
  one.principals.every(([arn, id], index) => arn === other.principals[index]?.[0] && id === other.principals[index][1])

const resourcePolicy = (arn: string, { text, principals }: AttachedResourcePolicy): ResourcePolicy => ({
  source: `resource policy of ${arn}`,
  policy: storedPolicy(text, 'resource'),
  principalIds: new Map(principals),
})
