/**
 * Key material at rest: 256 random bits for each generation, sealed by AES-256-GCM under a key derived from the master key.
 *
 * A sealed generation is 60 bytes: nonce (12), ciphertext (32), tag (16). Its additional data names account, Region, key id and generation, so
 * that a row, or a generation within a row, cannot take another's place.
 * @module
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import type { Entropy } from '../../../core/ports/entropy.ts'
import type { KeyName } from './key-names.ts'
import { keyArn } from './key-names.ts'
import { damagedMaterial } from './kms-failure.ts'

const MATERIAL_BYTES = 32
/** NIST SP 800-38D section 8.2.2: a random nonce of 96 bits serves 2^32 seals under one key. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEYS_PER_BLOCK = 256
const SEALED_BYTES = NONCE_BYTES + MATERIAL_BYTES + TAG_BYTES

export interface NewMaterial {
  readonly sealed: Buffer
  /** 256 bits. */
  readonly bytes: Uint8Array
}

export class MaterialSeal {
  readonly #key: KeyObject
  readonly #entropy: Entropy
  readonly #block = new MaterialBlock()

  /** @param key 256 bits, used for nothing else */
  constructor(key: KeyObject, entropy: Entropy) {
    this.#key = key
    this.#entropy = entropy
  }

  /** Fresh material for a generation of a key. */
  create(name: KeyName, generation: number): NewMaterial {
    const bytes = this.#entropy.bytes(MATERIAL_BYTES)
    const sealed = this.#seal(bytes, name, generation)
    return { sealed, bytes: this.#block.take(bytes) }
  }

  /** @param sealed the generations of a key, one after another @throws {KmsFailure} KMSInternalException when the bytes are not what was sealed for this key */
  open(sealed: Uint8Array, name: KeyName, generation: number): Uint8Array {
    return this.#block.take(this.#unseal(sealed, name, generation))
  }

  /** The same generations, sealed for another Region of the same account. */
  resealFor(target: KeyName, sealed: Uint8Array, source: KeyName): Buffer {
    const generations = Array.from({ length: generationsOf(sealed) }, (_, generation) => {
      const bytes = this.#unseal(sealed, source, generation)
      const copy = this.#seal(bytes, target, generation)
      bytes.fill(0)
      return copy
    })
    return Buffer.concat(generations)
  }

  #seal(bytes: Buffer, name: KeyName, generation: number): Buffer {
    const nonce = this.#entropy.bytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(additionalData(name, generation))
    return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
  }

  #unseal(sealed: Uint8Array, name: KeyName, generation: number): Buffer {
    const one = sealed.subarray(generation * SEALED_BYTES, (generation + 1) * SEALED_BYTES)
    if (one.length !== SEALED_BYTES) throw damagedMaterial(keyArn(name))
    const decipher = createDecipheriv('aes-256-gcm', this.#key, one.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(additionalData(name, generation))
    decipher.setAuthTag(one.subarray(SEALED_BYTES - TAG_BYTES))
    const bytes = decipher.update(one.subarray(NONCE_BYTES, SEALED_BYTES - TAG_BYTES))
    try {
      decipher.final()
    } catch {
      bytes.fill(0)
      throw damagedMaterial(keyArn(name))
    }
    return bytes
  }
}

/**
 * Many keys share a block of memory: one of its own weighs ten times the material, and a slice of Buffer's pool would keep kilobytes of other requests alive.
 */
class MaterialBlock {
  #block = new Uint8Array(0)
  #at = 0

  /** Moves material into the block, and wipes where it was. */
  take(bytes: Uint8Array): Uint8Array {
    if (this.#at === this.#block.length) {
      this.#block = new Uint8Array(KEYS_PER_BLOCK * MATERIAL_BYTES)
      this.#at = 0
    }
    const place = this.#block.subarray(this.#at, (this.#at += MATERIAL_BYTES))
    place.set(bytes)
    bytes.fill(0)
    return place
  }
}

export const generationsOf = (sealed: Uint8Array): number => sealed.length / SEALED_BYTES

/** None of the parts can hold a NUL, so the joined text is unambiguous. */
const additionalData = ({ account, region, id }: KeyName, generation: number): Buffer =>
  Buffer.from(`coffer key material 1\0${account}\0${region}\0${id}\0${generation}`, 'utf8')
