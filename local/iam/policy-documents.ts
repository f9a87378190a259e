/**
 * Policies that are about to be kept: they must compile, and their size counts without white space (IAM user guide, "IAM and AWS STS quotas").
 * @module
 */
import { compilePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import { PolicyProblem, type Policy, type PolicyKind } from '../../lambda/auth/policy/policy.ts'
import { malformedPolicy } from './failures.ts'

/** Characters of all inline policies of one user, group or role together. */
export const INLINE_LIMITS = { user: 2048, group: 5120, role: 10_240 } as const
export const MANAGED_LIMIT = 6144
export const TRUST_LIMIT = 2048
export const ATTACHED_LIMIT = 10
export const VERSION_LIMIT = 5

/** @throws {QueryError} MalformedPolicyDocument, also for what would only ever be unknown, such as an operator that does not exist: in force it would never allow anything */
export function requirePolicyText(text: string, kind: PolicyKind): Policy {
  try {
    const policy = compilePolicy(text, kind)
    const [unknown] = policy.unknowns
    if (unknown) throw unknown
    return policy
  } catch (error) {
    if (error instanceof PolicyProblem) throw malformedPolicy(error.message)
    throw error
  }
}

export const sizeOf = (text: string): number => text.replace(/\s+/g, '').length

/** Policies come back in percent-encoding, by RFC 3986. */
export const presentDocument = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
