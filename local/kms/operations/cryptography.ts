/**
 * Using keys.
 * @module
 */
import { requireUsable } from '../../../lambda/adapters/embedded/keyring/key-states.ts'
import { KmsFailure, refused, unsupported } from '../../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { UsableKey } from '../../../lambda/adapters/embedded/keyring/usable-key.ts'
import type { Asked } from '../access.ts'
import type { CallKeys } from '../call.ts'
import type { GenerateDataKeyRequest } from '../model/kms.types.generated.ts'
import type { KmsOperations } from '../operations.ts'

const ALGORITHM = 'SYMMETRIC_DEFAULT'
const DATA_KEY_BYTES = { AES_256: 32, AES_128: 16 } as const

export const cryptographyOperations = {
  async GenerateDataKey({ input, keyring, keys, entropy }) {
    const length = dataKeyLength(input)
    refuseRecipient(input)
    const key = await keys.used(input.KeyId, { encryptionContext: input.EncryptionContext })
    endDryRun(input, key)
    const plaintext = entropy.bytes(length)
    const blob = await keyring.encrypt(key, plaintext, input.EncryptionContext ?? {})
    return { CiphertextBlob: blob, Plaintext: plaintext, KeyId: key.arn }
  },

  async Encrypt({ input, keyring, keys }) {
    checkAlgorithm(input.EncryptionAlgorithm)
    const key = await keys.used(input.KeyId, { encryptionContext: input.EncryptionContext })
    endDryRun(input, key)
    const blob = await keyring.encrypt(key, input.Plaintext, input.EncryptionContext ?? {})
    return { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM }
  },

  async Decrypt({ input, keyring, keys }) {
    checkAlgorithm(input.EncryptionAlgorithm)
    refuseRecipient(input)
    const blob = ciphertextIn(input.CiphertextBlob)
    const key = await sourceKey(keys, blob, input.KeyId, { encryptionContext: input.EncryptionContext })
    const plaintext = keyring.decrypt(key, blob, input.EncryptionContext ?? {})
    endDryRun(input, key)
    return { KeyId: key.arn, Plaintext: plaintext, EncryptionAlgorithm: ALGORITHM }
  },

  async ReEncrypt({ input, keyring, keys }) {
    checkAlgorithm(input.SourceEncryptionAlgorithm)
    checkAlgorithm(input.DestinationEncryptionAlgorithm)
    const blob = ciphertextIn(input.CiphertextBlob)
    const conditions = {
      'kms:ReEncryptOnSameKey': keys.staysUnderKey(input.SourceKeyId ?? blob, input.DestinationKeyId),
    } satisfies Asked['conditions']
    const source = await sourceKey(keys, blob, input.SourceKeyId, {
      action: 'ReEncryptFrom',
      conditions,
      encryptionContext: input.SourceEncryptionContext,
    })
    const destination = await keys.used(input.DestinationKeyId, {
      action: 'ReEncryptTo',
      conditions,
      encryptionContext: input.DestinationEncryptionContext,
    })
    const plaintext = keyring.decrypt(source, blob, input.SourceEncryptionContext ?? {})
    try {
      endDryRun(input, destination)
      return {
        CiphertextBlob: await keyring.encrypt(destination, plaintext, input.DestinationEncryptionContext ?? {}),
        SourceKeyId: source.arn,
        KeyId: destination.arn,
        SourceEncryptionAlgorithm: ALGORITHM,
        DestinationEncryptionAlgorithm: ALGORITHM,
      }
    } finally {
      plaintext.fill(0)
    }
  },
} satisfies Partial<KmsOperations>

function sourceKey(keys: CallKeys, blob: Buffer, keyId: string | undefined, asked: Asked): Promise<UsableKey> {
  return keyId === undefined ? keys.usedFor(blob, asked) : keys.used(keyId, asked)
}

/** A required member that a dry run may leave out. */
function ciphertextIn(blob: Uint8Array | undefined): Buffer {
  if (!blob) throw refused('CiphertextBlob must be given.')
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
}

function dataKeyLength({ KeySpec, NumberOfBytes }: GenerateDataKeyRequest): number {
  if (KeySpec !== undefined && NumberOfBytes === undefined) return DATA_KEY_BYTES[KeySpec]
  if (KeySpec === undefined && NumberOfBytes !== undefined) return NumberOfBytes
  throw refused('Please specify either number of bytes or key spec.')
}

function checkAlgorithm(algorithm: string | undefined): void {
  if (algorithm !== undefined && algorithm !== ALGORITHM)
    throw new KmsFailure(
      'InvalidKeyUsageException',
      `The encryption algorithm ${algorithm} cannot be used with a SYMMETRIC_DEFAULT key.`,
    )
}

function refuseRecipient({ Recipient }: { readonly Recipient?: unknown }): void {
  if (Recipient !== undefined) throw unsupported('Recipient (an attested enclave) is not supported here.')
}

/** @throws {KmsFailure} the key's own, or DryRunOperationException: what a dry run answers when all is well */
function endDryRun({ DryRun: isDryRun }: { readonly DryRun?: boolean }, key: UsableKey): void {
  if (isDryRun !== true) return
  requireUsable(key)
  throw new KmsFailure('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
}
