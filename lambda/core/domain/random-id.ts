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
