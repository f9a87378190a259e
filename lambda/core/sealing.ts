/**
 * `seal()` and `open()`: the only way a value gets into and out of its stored form. Trouble with a key becomes the API's own error here
 * (behaviour section 10).
 * @module
 */
import { defaultKeyAcrossAccounts, keyAccessDenied, keyUnusable, serverFault, throttled } from './domain/errors.ts'
import { arnOf } from './domain/names.ts'
import type { SecretHead, ValuePlace, Version } from './domain/secret.ts'
import type { SecretMaterial } from './domain/secret-material.ts'
import { EnvelopeDamaged, NONCE_BYTES, openEnvelope, parseEnvelope, sealEnvelope } from './envelope.ts'
import { requireKeyAccess, type KeyAccessMeans, type KeyAction } from './key-access.ts'
import type { AccessScope } from './key-scope.ts'
import type { Entropy } from './ports/entropy.ts'
import { KeyFailure, type EncryptionContext, type KeyEncryptUse } from './ports/key-service.ts'

/** The version id in the context of the calls that only test whether a key can be used (behaviour section 10). */
const KEY_TEST = 'RequestToValidateKeyAccess'
const DATA_KEY_BYTES = 32
/** SM-KMS-10: who stores a value must be able to read it, too (behaviour section 10). */
const TO_SEAL = ['kms:GenerateDataKey', 'kms:Decrypt'] as const

interface Means extends KeyAccessMeans {
  readonly entropy: Entropy
}

export interface SealedValue {
  readonly sealed: Uint8Array
  /** ARN of the wrapping key. */
  readonly keyArn: string
}

/** The key that new values of a secret are sealed under. */
export function sealingKeyOf(head: SecretHead): Pick<KeyEncryptUse, 'keyId' | 'owner'> {
  if (head.kmsKeyId !== undefined) return { keyId: head.kmsKeyId, owner: 'customer' }
  if (head.serviceKeyArn === undefined) throw serverFault(new Error('a secret has no key'))
  return { keyId: head.serviceKeyArn, owner: 'service' }
}

/**
 * SM-KMS-01: seals a value for one version under a fresh data key.
 * @throws {ServiceError} EncryptionFailure, AccessDeniedException, InvalidRequestException, ThrottlingException
 */
export async function seal(
  means: Means,
  request: { head: SecretHead; versionId: string; material: SecretMaterial; scope: AccessScope },
): Promise<SealedValue> {
  const { head, versionId, material, scope } = request
  refuseDefaultKeyAcrossAccounts(head, scope)
  const context = contextOf(head, versionId)
  const dataKey = await translated('encrypt', async () =>
    means.keys.generateDataKey(await allowedUse(means, { head, context, scope, actions: TO_SEAL })),
  )
  return {
    sealed: sealEnvelope({ material, context, dataKey, nonce: means.entropy.bytes(NONCE_BYTES) }),
    keyArn: dataKey.keyArn,
  }
}

/**
 * Seals a value again under the head's (new) key, by kms:Encrypt as re-encryption does.
 * @throws {ServiceError} as {@link seal}; AccessDeniedException when the caller has no kms:Encrypt on the key
 */
export async function reseal(
  means: Means,
  request: { head: SecretHead; versionId: string; material: SecretMaterial; scope: AccessScope },
): Promise<SealedValue> {
  const { head, versionId, material, scope } = request
  const context = contextOf(head, versionId)
  const key = means.entropy.bytes(DATA_KEY_BYTES)
  const wrapped = await translated('encrypt', async () => {
    const use = await allowedUse(means, { head, context, scope, actions: ['kms:Encrypt'] })
    return means.keys.wrapDataKey({ ...use, dataKey: key })
  })
  const dataKey = { ...wrapped, key }
  return {
    sealed: sealEnvelope({ material, context, dataKey, nonce: means.entropy.bytes(NONCE_BYTES) }),
    keyArn: wrapped.keyArn,
  }
}

/**
 * Opens the stored bytes of one version.
 * @throws {ServiceError} DecryptionFailure, AccessDeniedException, InvalidRequestException, ThrottlingException; InternalServiceError when they are damaged
 */
export async function open(
  means: KeyAccessMeans,
  request: { head: SecretHead; version: Version; sealed: Uint8Array; scope: AccessScope },
): Promise<SecretMaterial> {
  const { head, version, sealed, scope } = request
  refuseDefaultKeyAcrossAccounts(head, scope)
  const context = contextOf(head, version.id)
  try {
    const parts = parseEnvelope(sealed, context)
    if (!sealingKeysOf(head, version).includes(parts.keyArn)) throw new EnvelopeDamaged()
    const owner = version.keyArns ? 'customer' : 'service'
    const keyId = parts.keyArn
    if (owner === 'customer') await requireKeyAccess(means, { keyId, actions: ['kms:Decrypt'], context, scope })
    // The head's key may be a customer's by now.
    else if (scope.principal.account !== head.key.account) throw defaultKeyAcrossAccounts()
    const dataKey = await means.keys.unwrapDataKey({ keyId, wrapped: parts.wrapped, context, scope, owner })
    return openEnvelope(parts, context, dataKey)
  } catch (error) {
    throw isDamage(error) ? serverFault(error) : asServiceError('decrypt', error)
  }
}

/**
 * SM-KMS-02: tests a customer key as the service does when one is set: a data key is made, opened and thrown away.
 * @throws {ServiceError} EncryptionFailure, DecryptionFailure, AccessDeniedException, ThrottlingException
 */
export async function testKey(
  means: KeyAccessMeans,
  request: { arn: string; keyId: string; scope: AccessScope },
): Promise<void> {
  const { arn, keyId, scope } = request
  const { keys } = means
  const context = { SecretARN: arn, SecretVersionId: KEY_TEST }
  const made = await translated('encrypt', async () => {
    const allowed = await requireKeyAccess(means, { keyId, actions: TO_SEAL, context, scope })
    return keys.generateDataKey({ keyId: allowed, owner: 'customer', context, scope })
  })
  const { wrapped, keyArn } = made
  const opened = await translated('decrypt', () => keys.unwrapDataKey({ keyId: keyArn, wrapped, context, scope }))
  for (const dataKey of [made.key, opened]) dataKey.fill(0)
}

/** The use of the head's key, once the caller is known to be allowed it. @throws {ServiceError} AccessDeniedException @throws {KeyFailure} */
async function allowedUse(
  means: KeyAccessMeans,
  request: { head: SecretHead; context: EncryptionContext; scope: AccessScope; actions: readonly KeyAction[] },
): Promise<KeyEncryptUse> {
  const { head, context, scope, actions } = request
  const key = sealingKeyOf(head)
  if (key.owner === 'service') return { ...key, context, scope }
  return { keyId: await requireKeyAccess(means, { ...key, actions, context, scope }), owner: key.owner, context, scope }
}

/** The keys that the stored form of a version may name; the name in the envelope itself is not authenticated before it is used. */
const sealingKeysOf = ({ serviceKeyArn }: SecretHead, { keyArns }: Version): readonly (string | undefined)[] =>
  keyArns ?? [serviceKeyArn]

/** KMS's words for a ciphertext that is not what it once gave out: the stored bytes were changed, which is no trouble with the caller's key. */
const DAMAGE_CODES = ['InvalidCiphertextException', 'IncorrectKeyException', 'KMSInternalException']

const isDamage = (error: unknown): boolean =>
  error instanceof EnvelopeDamaged || (error instanceof KeyFailure && DAMAGE_CODES.includes(error.code))

/** What a version shows as its key: nothing for the service's own. */
export const shownKeyArns = (head: SecretHead, keyArn: string): { keyArns?: readonly string[] } =>
  head.kmsKeyId === undefined ? {} : { keyArns: [keyArn] }

export const inline = (sealed: Uint8Array): ValuePlace => ({ kind: 'inline', sealed })

const contextOf = (head: SecretHead, versionId: string): EncryptionContext => ({
  SecretARN: arnOf(head),
  SecretVersionId: versionId,
})

/** SM-CROSS-03: the default key is never used for another account, whatever the policies say. */
function refuseDefaultKeyAcrossAccounts(head: SecretHead, { principal }: AccessScope): void {
  if (head.kmsKeyId === undefined && principal.account !== head.key.account) throw defaultKeyAcrossAccounts()
}

/** Runs a call of the key service. @throws {ServiceError} */
export async function translated<T>(verb: 'encrypt' | 'decrypt', call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw asServiceError(verb, error)
  }
}

function asServiceError(verb: 'encrypt' | 'decrypt', error: unknown): unknown {
  if (!(error instanceof KeyFailure)) return error
  switch (error.kind) {
    case 'denied':
      return keyAccessDenied({ cause: error })
    case 'throttled':
      return throttled({ cause: error })
    case 'unusable':
      return keyUnusable(verb, error, { cause: error })
  }
}
