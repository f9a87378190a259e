/**
 * What authentication needs to know about an access key.
 * @module
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Principal } from '../../lambda/auth/principal.ts'

export interface Credential {
  readonly principal: Principal
  /** The HMAC key that SigV4 starts from: `AWS4` and the secret access key. The secret itself is not kept. */
  readonly secretKey: KeyObject
  /** May use the administrative calls under `/_coffer/`. */
  readonly isAdmin: boolean
  /** Temporary credentials carry one, and every request must present it. */
  readonly sessionToken?: string
  /** Epoch milliseconds, wall time; absent for long-lived keys. */
  readonly expiresAt?: number
}

export interface CredentialSource {
  /** @param sessionToken as sent with the request; what it is about is found with it alone */
  find(accessKeyId: string, sessionToken?: string): Credential | undefined
}

/** The starting key of the SigV4 key derivation for a secret access key. */
export function sigv4SecretKey(secretAccessKey: string): KeyObject {
  return createSecretKey(`AWS4${secretAccessKey}`, 'utf8')
}
