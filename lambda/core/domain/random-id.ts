/**
 * Identifiers made of random characters.
 * @module
 */
import type { Entropy } from '../ports/entropy.ts'

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** 64 random bits in hexadecimal. */
export const randomId = (entropy: Entropy): string => entropy.bytes(8).toString('hex')

/** SM-NAME-07: the six letters and digits at the end of a secret's ARN. */
export const arnSuffix = (entropy: Entropy): string =>
  Array.from({ length: 6 }, () => ALPHANUMERIC.charAt(entropy.below(ALPHANUMERIC.length))).join('')

/** A UUID of version 4 (RFC 9562). */
export function randomUuid(entropy: Entropy): string {
  const bytes = entropy.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** From 0 to below 1, in steps of 2^-32. */
export const randomFraction = (entropy: Entropy): number => entropy.below(2 ** 32) / 2 ** 32
