/**
 * Time-based one-time passwords of six digits, SHA-1, 30 seconds (RFC 6238 over RFC 4226), which is what authenticator apps and `aws iam create-virtual-mfa-device` speak.
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'

const STEP_MS = 30_000
/** RFC 6238 section 5.2 allows for one step of delay; clocks that run ahead get the same. */
const WINDOW = 1
/** AWS makes seeds of 64 characters: 320 bits. RFC 4226 wants 128 at least. */
const SEED_BYTES = 40
const MIN_SEED_BYTES = 16
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export const stepAt = (time: number): number => Math.floor(time / STEP_MS)

/** A seed in base32. */
export function newSeed(entropy: Entropy): string {
  let bits = ''
  for (const byte of entropy.bytes(SEED_BYTES)) bits += byte.toString(2).padStart(8, '0')
  return bits.replace(/.{5}/g, (five) => BASE32[Number.parseInt(five, 2)] ?? '')
}

/** Undefined for what is not base32 of 128 bits or more (RFC 4648 section 6; case, blanks and padding do not count). */
export function seedBytes(seed: string): Buffer | undefined {
  const digits = seed.replaceAll(/[\s-]/g, '').replace(/=+$/, '').toUpperCase()
  if (!/^[A-Z2-7]+$/.test(digits)) return undefined
  let bits = ''
  for (const digit of digits) bits += BASE32.indexOf(digit).toString(2).padStart(5, '0')
  const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
  return bytes.length < MIN_SEED_BYTES ? undefined : bytes
}

/** The code of a time step (RFC 4226 section 5.3). */
export function codeAt(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', seed).update(counter).digest()
  const offset = (digest[19] ?? 0) & 0x0f
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/**
 * The time step that a code is of, from one before `now` to one after it. Undefined: of none, or of one that is not after `lastStep`.
 * All steps are compared, each in constant time.
 */
export function stepOf(seed: string, code: string, now: number, lastStep = -1): number | undefined {
  const key = seedBytes(seed)
  if (key === undefined || !isCode(code)) return undefined
  let found: number | undefined
  for (let step = stepAt(now) - WINDOW; step <= stepAt(now) + WINDOW; step++)
    if (isSame(codeAt(key, step), code) && step > lastStep && found === undefined) found = step
  return found
}

/** The step of the second of two codes that follow each other, as by {@link stepOf}. */
export function stepOfTwo(
  seed: string,
  codes: readonly [string, string],
  now: number,
  lastStep = -1,
): number | undefined {
  const key = seedBytes(seed)
  if (key === undefined || !codes.every(isCode)) return undefined
  let found: number | undefined
  for (let step = stepAt(now) - WINDOW; step <= stepAt(now) + WINDOW; step++) {
    const isFirst = isSame(codeAt(key, step - 1), codes[0])
    const isSecond = isSame(codeAt(key, step), codes[1])
    if (isFirst && isSecond && step > lastStep && found === undefined) found = step
  }
  return found
}

const isCode = (code: string): boolean => /^\d{6}$/.test(code)
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
