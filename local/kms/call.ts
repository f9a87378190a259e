/**
 * What an operation gets to work with: the caller's place and the keyring, with the rule which keys a caller may name for what.
 * @module
 */
import type { KeyPlace } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { KeyOwner, KeyRecord } from '../../lambda/adapters/embedded/keyring/key-record.ts'
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import { forbiddenKey, invalidKeyId } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { UsableKey } from '../../lambda/adapters/embedded/keyring/usable-key.ts'

export interface KmsCall<Input> {
  readonly input: Input
  readonly place: KeyPlace
  readonly keyring: Keyring
  readonly keys: CallKeys
}

/** Finds the keys that one call names, and remembers the last for the report. All methods throw KmsFailure. */
export class CallKeys {
  readonly #place: KeyPlace
  readonly #keyring: Keyring
  /** ARN of the key that the call is about, as far as it was found. */
  found: string | undefined

  constructor(place: KeyPlace, keyring: Keyring) {
    this.#place = place
    this.#keyring = keyring
  }

  /** To look at: the service's keys too. Aliases are taken. */
  described(keyId: string): KeyRecord {
    return this.#noted(this.#keyring.read(this.#keyring.resolve(this.#place, keyId)))
  }

  /** To look at, for an operation that takes a key id or key ARN only. */
  viewed(keyId: string): KeyRecord {
    if (namesAlias(keyId)) throw invalidKeyId(keyId)
    return this.described(keyId)
  }

  /** To change: a customer's own key, by key id or key ARN. */
  changed(keyId: string): KeyRecord {
    return customerOnly(this.viewed(keyId))
  }

  /** To encrypt or decrypt with: a customer's own key, by any name. */
  used(keyId: string): UsableKey {
    return customerOnly(this.#noted(this.#keyring.usableKey(this.#place, keyId)))
  }

  /** To decrypt with: the key that made the blob. */
  usedFor(blob: Buffer): UsableKey {
    return customerOnly(this.#noted(this.#keyring.keyOfBlob(this.#place, blob)))
  }

  #noted<T extends { readonly arn: string }>(key: T): T {
    this.found = key.arn
    return key
  }
}

/** The service's keys are seen by users, but not used or changed (see KeyOwner). */
function customerOnly<T extends { readonly arn: string; readonly owner: KeyOwner }>(key: T): T {
  if (key.owner !== 'customer') throw forbiddenKey(key.arn)
  return key
}

const namesAlias = (keyId: string): boolean => /^(?:alias\/|arn:[^/]*:alias\/)/.test(keyId)
