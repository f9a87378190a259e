/**
 * HMAC (RFC 2104) over Node's one-shot hash. As fast as `createHmac`, and leaves no native object behind: those live until the next full garbage
 * collection, and at thousands of requests a second they were most of the process's memory.
 * @module
 */
import { hash } from 'node:crypto'

interface HashFunction {
  readonly name: 'sha256' | 'sha512'
  readonly blockBytes: number
  readonly outputBytes: number
}

/** Block and output sizes: FIPS 180-4. */
const functions = {
  sha256: { name: 'sha256', blockBytes: 64, outputBytes: 32 },
  sha512: { name: 'sha512', blockBytes: 128, outputBytes: 64 },
} as const satisfies Record<string, HashFunction>

const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** A key with its pads, ready for many messages. It holds the key: treat it as the key. */
export interface HmacKey {
  readonly hash: HashFunction
  readonly inner: Uint8Array
  readonly outer: Uint8Array
}

/** @param key at most one block of the hash: 64 bytes for sha256, 128 for sha512 */
export function hmacKey(name: keyof typeof functions, key: Uint8Array): HmacKey {
  const { [name]: chosen } = functions
  if (key.byteLength > chosen.blockBytes)
    throw new TypeError(`key: at most ${chosen.blockBytes} bytes expected, got ${key.byteLength}`)
  return { hash: chosen, inner: padded(key, chosen, INNER_PAD), outer: padded(key, chosen, OUTER_PAD) }
}

export function hmac({ hash: { name, blockBytes, outputBytes }, inner, outer }: HmacKey, message: Uint8Array): Buffer {
  const innerInput = Buffer.allocUnsafe(blockBytes + message.byteLength)
  innerInput.set(inner)
  innerInput.set(message, blockBytes)
  const outerInput = Buffer.allocUnsafe(blockBytes + outputBytes)
  outerInput.set(outer)
  outerInput.set(hash(name, innerInput, 'buffer'), blockBytes)
  const result = hash(name, outerInput, 'buffer')
  // Both begin with the key: they go back to Buffer's pool.
  innerInput.fill(0, 0, blockBytes)
  outerInput.fill(0)
  return result
}

function padded(key: Uint8Array, { blockBytes }: HashFunction, pad: number): Uint8Array {
  const block = new Uint8Array(blockBytes).fill(pad)
  for (let index = 0; index < key.byteLength; index++) block[index] = (key[index] ?? 0) ^ pad
  return block
}
