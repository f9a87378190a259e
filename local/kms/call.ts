/**
 * What an operation gets to work with: the caller's place and the keyring, with the rule which keys a caller may name for what. Whoever gets a key from here may do with it what the operation does:
 * the policies were asked.
 * @module
 */
import { descriptionOf } from '../../lambda/adapters/embedded/keyring/key-description.ts'
import type { KeyPlace } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { KeyOwner, KeyRecord } from '../../lambda/adapters/embedded/keyring/key-record.ts'
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import {
  foreignCiphertext,
  forbiddenKey,
  invalidKeyId,
  KmsFailure,
} from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { UsableKey } from '../../lambda/adapters/embedded/keyring/usable-key.ts'
import { UNKNOWN, type KeyValue } from '../../lambda/auth/condition-context.ts'
import type { Asked, CallAccess } from './access.ts'
import type { OperationName } from './model/kms.types.generated.ts'

export interface KmsCall<Input> {
  readonly input: Input
  readonly place: KeyPlace
  readonly keyring: Keyring
  readonly access: CallAccess
  readonly keys: CallKeys
}

/** What may be done with a key of another account (KMS API reference, "Cross-account use"). */
const ACROSS_ACCOUNTS: ReadonlySet<OperationName> = new Set([
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GetKeyRotationStatus',
  'ReEncrypt',
])

/** Finds the keys that one call names, asks whether the caller may use them so, and remembers the last for the report. All methods throw KmsFailure and ServiceError. */
export class CallKeys {
  readonly #place: KeyPlace
  readonly #keyring: Keyring
  readonly #access: CallAccess
  /** ARN of the key that the call is about, as far as it was found. */
  found: string | undefined

  constructor(place: KeyPlace, keyring: Keyring, access: CallAccess) {
    this.#place = place
    this.#keyring = keyring
    this.#access = access
  }

  /** To look at: the service's keys too. Aliases are taken. */
  described(keyId: string): Promise<KeyRecord> {
    return this.#allowed(keyId, {}, () => this.#keyring.find(this.#place, keyId))
  }

  /** To look at, for an operation that takes a key id or key ARN only. */
  viewed(keyId: string, asked: Asked = {}): Promise<KeyRecord> {
    return this.#allowed(keyId, asked, () => this.#keyring.find(this.#place, keyOnly(keyId)))
  }

  /** To change: a customer's own key, by key id or key ARN. */
  async changed(keyId: string, asked: Asked = {}): Promise<KeyRecord> {
    return customerOnly(await this.viewed(keyId, asked))
  }

  /** To change: the key behind an alias. */
  async behind(alias: string): Promise<KeyRecord> {
    return customerOnly(await this.described(alias))
  }

  /** To encrypt or decrypt with: a customer's own key, by any name. */
  async used(keyId: string, asked: Asked): Promise<UsableKey> {
    const { arn } = await this.#allowed(keyId, withAlgorithm(asked), () => this.#keyring.find(this.#place, keyId))
    // By its ARN: an alias may have come to mean another key.
    return customerOnly(this.#keyring.usableKey(this.#place, arn))
  }

  /** To decrypt with: the key that made the blob. */
  async usedFor(blob: Buffer, asked: Asked): Promise<UsableKey> {
    const key = this.#keyring.keyOfBlob(this.#place, blob)
    const description = descriptionOf(this.#keyring, this.#keyring.read(key))
    if (!(await this.#access.allows(description, withAlgorithm(asked)))) throw foreignCiphertext()
    this.found = key.arn
    return customerOnly(key)
  }

  /** Only which key is meant: the caller may not even look at it. */
  idOf(keyId: string): string {
    const { account, id, arn } = this.#keyring.find(this.#place, keyOnly(keyId))
    if (account !== this.#place.account) throw forbiddenKey(arn)
    return id
  }

  /** Whether a ciphertext would stay under its key: a condition, and nothing that the caller is told. Unknown where a key can't be found. */
  staysUnderKey(source: string | Buffer, destination: string): KeyValue {
    try {
      const from =
        typeof source === 'string'
          ? this.#keyring.find(this.#place, source)
          : this.#keyring.keyOfBlob(this.#place, source)
      return String(from.arn === this.#keyring.find(this.#place, destination).arn)
    } catch (error) {
      if (error instanceof KmsFailure) return UNKNOWN
      throw error
    }
  }

  async #allowed(keyId: string, asked: Asked, find: () => KeyRecord): Promise<KeyRecord> {
    const key = await this.#lookUp(keyId, asked, find)
    const isForeign = key.account !== this.#place.account
    if (isForeign && !ACROSS_ACCOUNTS.has(this.#access.operation)) throw forbiddenKey(keyId)
    await this.#access.toKey(descriptionOf(this.#keyring, key), keyId, asked)
    this.found = key.arn
    return key
  }

  async #lookUp(keyId: string, asked: Asked, find: () => KeyRecord): Promise<KeyRecord> {
    try {
      return find()
    } catch (error) {
      throw await this.#access.afterFailedLookUp(keyId, asked, error)
    }
  }
}

const withAlgorithm = (asked: Asked): Asked => ({
  ...asked,
  conditions: { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT', ...asked.conditions },
})

/** The service's keys are seen by users, but not used or changed (see KeyOwner). */
function customerOnly<T extends { readonly arn: string; readonly owner: KeyOwner }>(key: T): T {
  if (key.owner !== 'customer') throw forbiddenKey(key.arn)
  return key
}

function keyOnly(keyId: string): string {
  if (/^(?:alias\/|arn:[^/]*:alias\/)/.test(keyId)) throw invalidKeyId(keyId)
  return keyId
}
