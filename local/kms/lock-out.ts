/**
 * KMS's policy lockout safety check: who gives a key a policy must be able to change it again, unless they insist.
 * @module
 */
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { KeyDescription } from '../../lambda/core/ports/key-service.ts'
import type { CallAccess } from './access.ts'

interface PolicyGiven {
  readonly Policy?: string
  readonly BypassPolicyLockoutSafetyCheck?: boolean
}

/** @param key as it will be, but for its policy @throws {KmsFailure} MalformedPolicyDocumentException */
export async function checkLockOut(access: CallAccess, input: PolicyGiven, key: KeyDescription): Promise<void> {
  const { Policy: policy, BypassPolicyLockoutSafetyCheck: insists = false } = input
  if (policy === undefined || insists || (await access.keepsPolicy(key, policy))) return
  throw new KmsFailure(
    'MalformedPolicyDocumentException',
    'The new key policy will not allow you to update the key policy in the future.',
  )
}

export const bypassOf = ({ BypassPolicyLockoutSafetyCheck: insists = false }: PolicyGiven) => ({
  'kms:BypassPolicyLockoutSafetyCheck': String(insists),
})
