/**
 * The form in which a value is stored: AES-256-GCM under a data key of its own, with a key commitment (docs/envelope.md has it byte by byte).
 *
 * ```
 * 1   version = 1
 * 1   kind: 0 string, 1 binary
 * 2+n ARN of the secret that it was sealed for
 * 2+n ARN of the key that wrapped the data key
 * 2+n wrapped data key
 * 32  commitment
 * 12  nonce
 * n   ciphertext
 * 16  tag
 * ```
 * Lengths are big-endian. The additional authenticated data is the canonical encryption context followed by everything before the nonce.
 * @module
 */
import { createCipheriv, createDecipheriv, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { hmac, hmacKey } from './domain/hmac.ts'
import { SecretMaterial, type MaterialKind } from './domain/secret-material.ts'
import type { DataKey, EncryptionContext } from './ports/key-service.ts'

const VERSION = 1
const kinds: readonly MaterialKind[] = ['string', 'binary']
const CIPHER = 'aes-256-gcm'
/** NIST SP 800-38D 8.2.2: 96-bit random nonce. Each data key seals one value, so a nonce can't repeat under a key. */
export const NONCE_BYTES = 12
const TAG_BYTES = 16
const COMMITMENT_BYTES = 32
const KEY_BYTES = 32
/** RFC 5869 `info`, with the counter byte of the only block of HKDF-Expand appended. */
const DERIVATION_INFO = Buffer.from('coffer envelope v1\u0001', 'latin1')

/** The stored bytes are not an envelope for this secret and version: damaged, swapped or sealed under another key. Deliberately says no more. */
export class EnvelopeDamaged extends Error {
  override readonly name = 'EnvelopeDamaged'

  constructor() {
    super('a stored value does not open')
  }
}

export interface SealRequest {
  readonly material: SecretMaterial
  readonly context: EncryptionContext
  /** Its `key` is wiped. */
  readonly dataKey: DataKey
  /** 12 fresh random bytes. */
  readonly nonce: Uint8Array
}

export function sealEnvelope({ material, context, dataKey, nonce }: SealRequest): Uint8Array {
  if (nonce.byteLength !== NONCE_BYTES)
    throw new TypeError(`nonce: ${NONCE_BYTES} bytes expected, got ${nonce.byteLength}`)
  const { encryptionKey, commitment } = derive(dataKey.key)
  const head = Buffer.concat([
    Buffer.of(VERSION, kinds.indexOf(material.kind)),
    prefixed(Buffer.from(context.SecretARN)),
    prefixed(Buffer.from(dataKey.keyArn)),
    prefixed(dataKey.wrapped),
    commitment,
  ])
  const cipher = createCipheriv(CIPHER, encryptionKey, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(additionalData(context, head))
  return unpooled([head, nonce, cipher.update(material.reveal()), cipher.final(), cipher.getAuthTag()])
}

/** One block of memory of its own: a sealed value may stay in memory for long, and a slice of Buffer's pool would keep its neighbours alive. */
function unpooled(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

/** What must be known to ask the key service for the data key. */
export interface EnvelopeParts {
  readonly wrapped: Buffer
  readonly keyArn: string
  readonly kind: MaterialKind
  readonly head: Buffer
  readonly commitment: Buffer
  readonly nonce: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** @throws {EnvelopeDamaged} when it is no envelope, or one for another secret */
export function parseEnvelope(sealed: Uint8Array, context: EncryptionContext): EnvelopeParts {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const kind = kinds[bytes[1] ?? 0xff]
  if (bytes[0] !== VERSION || kind === undefined) throw new EnvelopeDamaged()
  const arnEnd = fieldEnd(bytes, 2)
  const keyArnEnd = fieldEnd(bytes, arnEnd)
  const wrappedEnd = fieldEnd(bytes, keyArnEnd)
  const headEnd = wrappedEnd + COMMITMENT_BYTES
  const tagStart = bytes.length - TAG_BYTES
  if (headEnd + NONCE_BYTES > tagStart || bytes.toString('utf8', 4, arnEnd) !== context.SecretARN)
    throw new EnvelopeDamaged()
  return {
    kind,
    keyArn: bytes.toString('utf8', arnEnd + 2, keyArnEnd),
    wrapped: bytes.subarray(keyArnEnd + 2, wrappedEnd),
    head: bytes.subarray(0, headEnd),
    commitment: bytes.subarray(wrappedEnd, headEnd),
    nonce: bytes.subarray(headEnd, headEnd + NONCE_BYTES),
    ciphertext: bytes.subarray(headEnd + NONCE_BYTES, tagStart),
    tag: bytes.subarray(tagStart),
  }
}

/** Wipes the data key. @throws {EnvelopeDamaged} one error for a wrong key, a wrong context and changed bytes: telling them apart would help an attacker */
export function openEnvelope(parts: EnvelopeParts, context: EncryptionContext, dataKey: Uint8Array): SecretMaterial {
  const { encryptionKey, commitment } = derive(dataKey)
  // GCM alone would let one ciphertext open under two keys; the commitment binds it to one (Albertini et al., USENIX Security 2022).
  if (!timingSafeEqual(commitment, parts.commitment)) throw new EnvelopeDamaged()
  const decipher = createDecipheriv(CIPHER, encryptionKey, parts.nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(additionalData(context, parts.head))
  decipher.setAuthTag(parts.tag)
  const plain = decipher.update(parts.ciphertext)
  try {
    decipher.final()
  } catch {
    plain.fill(0)
    throw new EnvelopeDamaged()
  }
  return new SecretMaterial(parts.kind, plain)
}

/**
 * Wipes the data key. HKDF-Expand with SHA-512 to 64 bytes, which is one block. The extract step is left out, as RFC 5869 3.3 allows: the data key is uniformly random.
 */
function derive(dataKey: Uint8Array): { encryptionKey: KeyObject; commitment: Buffer } {
  if (dataKey.byteLength !== KEY_BYTES)
    throw new TypeError(`data key: ${KEY_BYTES} bytes expected, got ${dataKey.byteLength}`)
  const key = hmacKey('sha512', dataKey)
  const block = hmac(key, DERIVATION_INFO)
  for (const secret of [dataKey, key.inner, key.outer]) secret.fill(0)
  const encryptionKey = createSecretKey(block.subarray(0, KEY_BYTES))
  block.fill(0, 0, KEY_BYTES)
  return { encryptionKey, commitment: block.subarray(KEY_BYTES) }
}

/** Keys in alphabetical order, every part with its length: no two contexts have the same bytes. */
function additionalData({ SecretARN, SecretVersionId }: EncryptionContext, head: Buffer): Buffer {
  const parts = ['SecretARN', SecretARN, 'SecretVersionId', SecretVersionId].map((part) => prefixed(Buffer.from(part)))
  return Buffer.concat([...parts, head])
}

function prefixed(field: Uint8Array): Buffer {
  const result = Buffer.allocUnsafe(2 + field.byteLength)
  result.writeUInt16BE(field.byteLength)
  result.set(field, 2)
  return result
}

function fieldEnd(bytes: Buffer, start: number): number {
  if (start + 2 > bytes.length) throw new EnvelopeDamaged()
  const end = start + 2 + bytes.readUInt16BE(start)
  if (end > bytes.length) throw new EnvelopeDamaged()
  return end
}
