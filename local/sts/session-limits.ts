/**
 * What is passed with a session: policies that limit it, and tags. Then the session itself, as STS gives it out.
 * @module
 */
import { compilePolicy } from '../../lambda/auth/policy/compile-policy.ts'
import { PolicyProblem } from '../../lambda/auth/policy/policy.ts'
import { findPolicy } from '../iam/entities.ts'
import type { Account, EntityTag } from '../identities/model.ts'
import { SessionTooLarge, type IssuedSession, type SessionGrant, type Sessions } from '../identities/sessions.ts'
import * as failures from './failures.ts'
import type { Credentials, PolicyDescriptorType, Tag } from './model/sts.types.generated.ts'

export interface PassedPolicies {
  readonly Policy?: string
  readonly PolicyArns?: readonly PolicyDescriptorType[]
}

/** "Quotas for IAM and AWS STS", IAM user guide. */
const MAX_POLICY_CHARACTERS = 2048
const MAX_POLICY_ARNS = 10

/**
 * Texts; undefined: none were passed. Managed policies are taken as they are now.
 * @param account of the role or the user whose session it is
 * @throws {QueryError} ValidationError, MalformedPolicyDocument
 */
export function sessionPoliciesIn({ Policy, PolicyArns = [] }: PassedPolicies, account: Account): string[] | undefined {
  const arns = PolicyArns.flatMap(({ arn }) => arn ?? [])
  if (arns.length > MAX_POLICY_ARNS)
    throw failures.validation(
      `1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to ${MAX_POLICY_ARNS}`,
    )
  const passed = (Policy?.length ?? 0) + arns.reduce((sum, arn) => sum + arn.length, 0)
  if (passed > MAX_POLICY_CHARACTERS)
    throw failures.validation(
      `The session policy and the ARNs of managed ones have ${passed} characters, expected ${MAX_POLICY_CHARACTERS} at most.`,
    )
  const managed = arns.map((arn) => {
    const policy = findPolicy(account, arn)
    const text = policy?.versions.find(({ id }) => id === policy.defaultVersionId)?.document
    if (text === undefined) throw failures.malformedPolicy(`Policy ${arn} does not exist or is not attachable.`)
    return text
  })
  const texts = [...(Policy === undefined ? [] : [Policy]), ...managed]
  for (const text of texts) requireSessionPolicy(text)
  return texts.length === 0 ? undefined : texts
}

function requireSessionPolicy(text: string): void {
  try {
    const [unknown] = compilePolicy(text, 'identity').unknowns
    if (unknown) throw unknown
  } catch (error) {
    if (error instanceof PolicyProblem) throw failures.malformedPolicy(error.message)
    throw error
  }
}

/** @throws {QueryError} InvalidParameterValue */
export function sessionTagsIn(tags: readonly Tag[] = []): EntityTag[] {
  const names = new Set(tags.map(({ Key }) => Key.toLowerCase()))
  if (names.size < tags.length)
    throw failures.invalidParameter('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if ([...names].some((name) => name.startsWith('aws:')))
    throw failures.invalidParameter('Tag keys must not begin with aws:.')
  return tags.map(({ Key, Value }) => ({ key: Key, value: Value }))
}

/** @throws {QueryError} PackedPolicyTooLarge */
export function issue(sessions: Sessions, grant: SessionGrant): IssuedSession {
  try {
    return sessions.issue(grant)
  } catch (error) {
    if (error instanceof SessionTooLarge) throw failures.packedTooLarge(error.packedPercent)
    throw error
  }
}

export const presentCredentials = (issued: IssuedSession): Credentials => ({
  AccessKeyId: issued.accessKeyId,
  SecretAccessKey: issued.secretAccessKey,
  SessionToken: issued.sessionToken,
  Expiration: issued.expiresAt,
})

/** Said only where something was passed. */
export const presentPacked = (
  { packedPercent }: IssuedSession,
  { policies, tags }: Pick<SessionGrant, 'policies' | 'tags'>,
): { PackedPolicySize?: number } =>
  policies === undefined && tags === undefined ? {} : { PackedPolicySize: packedPercent }
