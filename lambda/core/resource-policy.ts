/**
 * What may be attached to a secret as its resource policy (behaviour section 7, SM-POLICY-01).
 * @module
 */
import { isAllowed } from '../auth/decision.ts'
import { grantsBroadAccess } from '../auth/policy/broad-access.ts'
import { compilePolicy } from '../auth/policy/compile-policy.ts'
import { pinPrincipals } from '../auth/policy/pin-principals.ts'
import { PolicyProblem, type Policy } from '../auth/policy/policy.ts'
import type { NamedPrincipal } from '../auth/policy/principal-element.ts'
import { decideAccess, type AccessCall } from './access.ts'
import type { RequestKeys } from './access-keys.ts'
import {
  policySyntax,
  policyVersionUnsupported,
  principalUnsupported,
  servicePrincipalUnsupported,
} from './domain/errors.ts'
import type { AttachedResourcePolicy } from './domain/secret.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { SecretCall } from './operation.ts'

/** @throws {ServiceError} MalformedPolicyDocumentException, also for conditions that nobody could tell the outcome of */
export function readPolicy(text: string): Policy {
  try {
    const policy = compilePolicy(text, 'resource')
    const [unknown] = policy.unknowns
    if (unknown) throw unknown
    return policy
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error
    throw refusals[error.area]({ cause: error })
  }
}

const refusals = { syntax: policySyntax, version: policyVersionUnsupported, principal: principalUnsupported } as const

/**
 * The policy as it is attached: its principals looked up (SM-POLICY-07), so that one who later gets the name of a deleted one gets no access by it.
 * @throws {ServiceError} MalformedPolicyDocumentException
 */
export async function attachedPolicy(
  { services }: Pick<AccessCall, 'services'>,
  text: string,
  policy: Policy,
): Promise<AttachedResourcePolicy> {
  const { directory } = services.authorizer
  const ids = await pinPrincipals(policy, { directory, missing: () => principalUnsupported(), check: requireSupported })
  return { text, principals: [...ids] }
}

function requireSupported(one: NamedPrincipal): void {
  if (one.type === 'service' && !isServiceName(one.name)) throw servicePrincipalUnsupported()
  // UNK; nobody who could sign a request is one.
  if (one.type === 'federated' || one.type === 'canonical-user') throw principalUnsupported()
}

/** Whether a policy grants what nobody can foresee to whom (behaviour 7.2). */
export const isTooBroad = (policy: Policy): boolean => grantsBroadAccess(policy)

/** Whether the caller could not put another policy, with these keys, once `policy` is attached (SM-POLICY-08). */
export async function locksOut<N extends OperationName>(
  call: SecretCall<N>,
  policy: AttachedResourcePolicy,
  keys: RequestKeys = {},
): Promise<boolean> {
  const target = { ...call.target, head: { ...call.secret.head, policy } }
  return !isAllowed(await decideAccess(call, { action: 'PutResourcePolicy', target, keys }))
}

const isServiceName = (name: string): boolean => /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/.test(name)
