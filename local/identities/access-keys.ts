/**
 * Fresh identifiers in AWS's forms: `AKIA` and 16 characters for an access key, 40 of base64 for its secret, `AIDA` and 16 for a user.
 * @module
 */
import type { Entropy } from '../../lambda/core/ports/entropy.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export function newAccessKey(entropy: Entropy): AccessKey {
  return { accessKeyId: uniqueId('AKIA', entropy), secretAccessKey: entropy.bytes(30).toString('base64') }
}

export function newUserId(entropy: Entropy): string {
  return uniqueId('AIDA', entropy)
}

/** 80 random bits; 32 divides 256, so every character is as likely. */
function uniqueId(prefix: string, entropy: Entropy): string {
  let id = prefix
  for (const byte of entropy.bytes(16)) id += BASE32[byte % 32] ?? ''
  return id
}
