/**
 * Keeps small records sealed at rest: AES-256-GCM (NIST SP 800-38D) under a key that never leaves this process, bound to a context by the additional
 * authenticated data. Layout: version 1 (1 byte), nonce (12), ciphertext, tag (16).
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto'

export interface Sealer {
  /** @param context names what is sealed; {@link open} must be given the same */
  seal(plain: Buffer, context: string): Buffer
  /** @throws when the bytes were changed, or belong to another key or context */
  open(sealed: Buffer, context: string): Buffer
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @param key a secret key of 256 bits */
export function sealerOf(key: KeyObject): Sealer {
  if (key.symmetricKeySize !== 32) throw new TypeError('The sealing key must have 256 bits')
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context, 'utf8'))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.of(VERSION), nonce, body, cipher.getAuthTag()])
    },
    open(sealed, context) {
      if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== VERSION)
        throw new TypeError('The sealed record is not in a form that this Coffer knows')
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context, 'utf8'))
        .setAuthTag(sealed.subarray(-TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    },
  }
}
