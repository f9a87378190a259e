/**
 * Fresh identifiers in AWS's forms: `AKIA` and 16 characters for an access key, 40 of base64 for its secret, `AIDA` and 16 for a user (IAM user guide, "Unique identifiers").
 * @module
 */
import type { Entropy } from '../../lambda/core/ports/entropy.ts'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Long-term and temporary access keys, users, groups, roles, managed policies. */
export type IdPrefix = 'AKIA' | 'ASIA' | 'AIDA' | 'AGPA' | 'AROA' | 'ANPA'

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export function newAccessKey(entropy: Entropy): AccessKey {
  return { accessKeyId: newUniqueId('AKIA', entropy), secretAccessKey: entropy.bytes(30).toString('base64') }
}

export function newUserId(entropy: Entropy): string {
  return newUniqueId('AIDA', entropy)
}

/** 80 random bits. */
export function newUniqueId(prefix: IdPrefix, entropy: Entropy): string {
  return idFromBytes(prefix, entropy.bytes(16))
}

/** @param bytes 16 or more that look random; 32 divides 256, so every character is as likely */
export function idFromBytes(prefix: IdPrefix, bytes: Uint8Array): string {
  let id: string = prefix
  for (const byte of bytes.subarray(0, 16)) id += BASE32[byte % 32] ?? ''
  return id
}
