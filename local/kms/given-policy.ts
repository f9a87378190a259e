/**
 * What KMS asks of a policy that a key is given: it can be read, whom it names exists, and whoever gives it can change it again, unless they insist (the policy lockout safety check).
 * @module
 */
import { readPolicy, type KeyPolicy } from '../../lambda/adapters/embedded/keyring/key-policy.ts'
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { IdentityDirectory } from '../../lambda/auth/identity.ts'
import type { Policy } from '../../lambda/auth/policy/policy.ts'
import type { KeyDescription } from '../../lambda/core/ports/key-service.ts'
import type { CallAccess } from './access.ts'

interface PolicyGiven {
  readonly Policy?: string
  readonly BypassPolicyLockoutSafetyCheck?: boolean
}

/**
 * The policy as it is kept: with the ids of whom it names, so that one who later gets the name of a deleted one gets no access by it.
 * @param key as it will be, but for its policy
 * @returns undefined when none is given
 * @throws {KmsFailure} MalformedPolicyDocumentException, LimitExceededException
 */
export async function givenPolicy(
  access: CallAccess,
  input: PolicyGiven,
  key: KeyDescription,
): Promise<KeyPolicy | undefined> {
  const { Policy: text, BypassPolicyLockoutSafetyCheck: insists = false } = input
  if (text === undefined) return undefined
  const ids = await principalIdsIn(readPolicy(text), access.directory)
  if (!insists && !(await access.allows({ ...key, policy: text, principalIds: ids }, { action: 'PutKeyPolicy' })))
    throw malformed('The new key policy will not allow you to update the key policy in the future.')
  return { text, principals: [...ids] }
}

export const bypassOf = ({ BypassPolicyLockoutSafetyCheck: insists = false }: PolicyGiven) => ({
  'kms:BypassPolicyLockoutSafetyCheck': String(insists),
})

async function principalIdsIn({ statements }: Policy, directory: IdentityDirectory): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for (const one of statements.flatMap(({ principal }) => principal?.named ?? [])) {
    if (one.type !== 'entity' && one.type !== 'session' && one.type !== 'unique-id') continue
    const name = one.type === 'unique-id' ? one.id : one.arn
    if (ids.has(name)) continue
    const resolution = await directory.resolve(name)
    if (resolution.kind === 'missing')
      throw malformed('Policy contains a statement with one or more invalid principals.')
    // A unique id says by itself who is meant.
    if (resolution.kind === 'exists' && one.type !== 'unique-id') ids.set(name, resolution.uniqueId)
  }
  return ids
}

const malformed = (message: string): KmsFailure => new KmsFailure('MalformedPolicyDocumentException', message)
