/**
 * What Encrypt and GenerateDataKey give out and Decrypt takes back: AES-256-GCM under a generation of a key's material.
 *
 * Version 1, all numbers big-endian:
 *
 * | offset | bytes | holds |
 * |---|---|---|
 * | 0 | 1 | version: 1 |
 * | 1 | 1 | form of the key id: 0 a UUID, 1 `mrk-` and 32 hexadecimal digits |
 * | 2 | 6 | account number |
 * | 8 | 16 | the key id's 128 bits |
 * | 24 | 2 | generation of the key's material, from 0 |
 * | 26 | 8 | header tag: the first 8 bytes of HMAC-SHA-256 over bytes 0 to 25, under a key derived from the master key |
 * | 34 | 12 | nonce |
 * | 46 | n | ciphertext, as long as the plaintext |
 * | 46+n | 16 | GCM tag |
 *
 * Additional data: bytes 0 to 45, then the encryption context in canonical form. There is no Region: what a multi-Region key encrypted opens in every
 * Region that has it. The header tag is not what protects the content (GCM covers the header too); it tells a blob of another key, which is answered
 * by naming the mistake, from a damaged one, which is never told apart from any other damage.
 *
 * Canonical encryption context: the number of entries (4 bytes), then for each entry, sorted by key (UTF-16 code units), the length of the key in
 * UTF-8 (4 bytes), the key, the length of the value (4 bytes), the value. Lengths come first, so no two contexts have the same form.
 *
 * Random nonces of 96 bits allow 2^32 encryptions under one generation (NIST SP 800-38D section 8.3); a secret's key sees one for each version.
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto'
import type { KeyName } from './key-names.ts'
import { hexOfId, idOfHex, isMultiRegionId } from './key-names.ts'
import { invalidCiphertext } from './kms-failure.ts'

export type ContextEntries = Readonly<Record<string, string>>

const VERSION = 1
const OWNER_END = 24
const GENERATION_AT = 24
const HEADER_TAG_AT = 26
const NONCE_AT = 34
const NONCE_BYTES = 12
const BODY_AT = 46
const TAG_BYTES = 16

/** Bytes 0 to 23 of every blob of a key, as a latin-1 string: a form that compares fast and is cheap to keep. */
export function ownerPrefix({ account, id }: Omit<KeyName, 'region'>): string {
  const prefix = Buffer.alloc(OWNER_END)
  prefix.writeUInt8(VERSION, 0)
  prefix.writeUInt8(isMultiRegionId(id) ? 1 : 0, 1)
  prefix.writeUIntBE(Number(account), 2, 6)
  prefix.write(hexOfId(id), 8, 'hex')
  return prefix.toString('latin1')
}

/** Whether a blob claims to be of the key with this prefix. */
export const isOwnedBy = (blob: Buffer, prefix: string): boolean => blob.toString('latin1', 0, OWNER_END) === prefix

/** @throws {KmsFailure} when the blob is too short to be one */
export function generationOf(blob: Buffer): number {
  if (blob.length < BODY_AT + TAG_BYTES) throw invalidCiphertext()
  return blob.readUInt16BE(GENERATION_AT)
}

/** The account and id of the key that made a blob. @throws {KmsFailure} InvalidCiphertextException unless the header is one that we wrote */
export function ownerOf(blob: Buffer, headerKey: KeyObject): { account: string; id: string } {
  if (blob.length < BODY_AT + TAG_BYTES || blob.readUInt8(0) !== VERSION) throw invalidCiphertext()
  const expected = headerTag(blob.subarray(0, HEADER_TAG_AT), headerKey)
  if (!timingSafeEqual(expected, blob.subarray(HEADER_TAG_AT, NONCE_AT))) throw invalidCiphertext()
  return {
    account: String(blob.readUIntBE(2, 6)).padStart(12, '0'),
    id: idOfHex(blob.subarray(8, OWNER_END).toString('hex'), blob.readUInt8(1) === 1),
  }
}

export interface SealRequest {
  /** {@link ownerPrefix} of the key. */
  readonly prefix: string
  readonly generation: number
  readonly material: Uint8Array
  readonly headerKey: KeyObject
  /** 12 fresh bytes. */
  readonly nonce: Buffer
  readonly plaintext: Uint8Array
  readonly context: ContextEntries
}

export function sealBlob({ prefix, generation, material, headerKey, nonce, plaintext, context }: SealRequest): Buffer {
  if (nonce.length !== NONCE_BYTES) throw new TypeError(`the nonce must have ${NONCE_BYTES} bytes`)
  const header = Buffer.alloc(BODY_AT)
  header.write(prefix, 0, 'latin1')
  header.writeUInt16BE(generation, GENERATION_AT)
  headerTag(header.subarray(0, HEADER_TAG_AT), headerKey).copy(header, HEADER_TAG_AT)
  nonce.copy(header, NONCE_AT)
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(material), nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(additionalData(header, context))
  return Buffer.concat([header, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** @param blob at least as long as {@link generationOf} demands @throws {KmsFailure} InvalidCiphertextException, for whatever reason */
export function openBlob(blob: Buffer, material: Uint8Array, context: ContextEntries): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(material), blob.subarray(NONCE_AT, BODY_AT), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(additionalData(blob, context))
  decipher.setAuthTag(blob.subarray(blob.length - TAG_BYTES))
  const plaintext = decipher.update(blob.subarray(BODY_AT, blob.length - TAG_BYTES))
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw invalidCiphertext()
  }
  return plaintext
}

function headerTag(header: Uint8Array, headerKey: KeyObject): Buffer {
  return createHmac('sha256', headerKey)
    .update(header)
    .digest()
    .subarray(0, NONCE_AT - HEADER_TAG_AT)
}

function additionalData(header: Buffer, context: ContextEntries): Buffer {
  const entries = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))
  let length = BODY_AT + 4
  for (const [key, value] of entries) length += 8 + Buffer.byteLength(key) + Buffer.byteLength(value)
  const data = Buffer.allocUnsafe(length)
  header.copy(data, 0, 0, BODY_AT)
  let at = data.writeUInt32BE(entries.length, BODY_AT)
  for (const [key, value] of entries) {
    at = writeText(data, key, at)
    at = writeText(data, value, at)
  }
  return data
}

function writeText(target: Buffer, text: string, at: number): number {
  const length = target.write(text, at + 4, 'utf8')
  target.writeUInt32BE(length, at)
  return at + 4 + length
}
