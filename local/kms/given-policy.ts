/**
 * What KMS asks of a policy that a key is given: it can be read, whom it names exists, and whoever gives it can change it again, unless they insist (the policy lockout safety check).
 * @module
 */
import { readPolicy, type KeyPolicy } from '../../lambda/adapters/embedded/keyring/key-policy.ts'
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import { pinPrincipals } from '../../lambda/auth/policy/pin-principals.ts'
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
  const ids = await pinPrincipals(readPolicy(text), { directory: access.directory, missing: invalidPrincipal })
  if (!insists && !(await access.allows({ ...key, policy: text, principalIds: ids }, { action: 'PutKeyPolicy' })))
    throw malformed('The new key policy will not allow you to update the key policy in the future.')
  return { text, principals: [...ids] }
}

export const bypassOf = ({ BypassPolicyLockoutSafetyCheck: insists = false }: PolicyGiven) => ({
  'kms:BypassPolicyLockoutSafetyCheck': String(insists),
})

const invalidPrincipal = () => malformed('Policy contains a statement with one or more invalid principals.')

const malformed = (message: string): KmsFailure => new KmsFailure('MalformedPolicyDocumentException', message)
