/**
 * Whether a caller may have the values of a secret taken to another Region. The replicators open them there later and ask nobody, so whoever asks for it must be able to read every value that goes.
 * @module
 */
import { defaultKeyAcrossAccounts } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import { requireKeyAccess, requireKeyAccessByOwnPolicies, type KeyAccess, type KeyAccessMeans } from '../key-access.ts'
import { keyScopeOf } from '../key-scope.ts'
import { KeyFailure } from '../ports/key-service.ts'
import { translated } from '../sealing.ts'
import type { RequestContext } from '../services.ts'

/**
 * SM-KMS-05, SM-CROSS-03
 * @param context `region`: where the call is. The policy of a key in another one can't be read from here: of a secret there the caller's own policies decide.
 * @throws {ServiceError} AccessDeniedException; InvalidRequestException for another account and the default key; DecryptionFailure
 */
export async function requireDecryption(
  means: KeyAccessMeans,
  context: RequestContext,
  head: SecretHead,
): Promise<void> {
  for (const version of head.versions)
    if (version.value.kind !== 'none') await requireDecryptionOf(means, context, { head, version })
}

async function requireDecryptionOf(
  means: KeyAccessMeans,
  context: RequestContext,
  { head, version }: { readonly head: SecretHead; readonly version: Version },
): Promise<void> {
  const { id, stages, keyArns } = version
  const keyId = keyArns?.[0]
  if (keyId === undefined) {
    if (context.principal.account !== head.key.account) throw defaultKeyAcrossAccounts()
    return
  }
  const access: KeyAccess = {
    keyId,
    actions: ['kms:Decrypt'],
    context: { SecretARN: arnOf(head), SecretVersionId: id },
    scope: keyScopeOf(context, head),
  }
  if (head.key.region !== context.region) return requireKeyAccessByOwnPolicies(means, access)
  await translated('decrypt', async () => {
    try {
      await requireKeyAccess(means, access)
    } catch (error) {
      // An old value whose key is gone goes nowhere.
      if (!(error instanceof KeyFailure) || error.kind !== 'unusable' || stages.length > 0) throw error
    }
  })
}
