/**
 * The signing key of SigV4: four HMACs from the secret to (date, region, service, terminator), so it is kept for the day it serves.
 * @module
 */
import { createHmac, type KeyObject } from 'node:crypto'
import { hmac, hmacKey, type HmacKey } from '../../lambda/core/domain/hmac.ts'
import { TERMINATOR } from './canonical-request.ts'

export interface KeyScope {
  readonly date: string
  readonly region: string
  readonly service: string
}

/** @param secretKey `AWS4` and the secret access key */
export function deriveSigningKey(secretKey: KeyObject, { date, region, service }: KeyScope): Buffer {
  let key: Buffer = createHmac('sha256', secretKey).update(date, 'latin1').digest()
  for (const part of [region, service, TERMINATOR]) key = hmac(hmacKey('sha256', key), Buffer.from(part, 'latin1'))
  return key
}

/** The signature of a string to sign. */
export const signatureOf = (key: HmacKey, stringToSign: string): Buffer =>
  hmac(key, Buffer.from(stringToSign, 'latin1'))

/** Bounded: a client that walks through Regions and services cannot make it grow. */
export class SigningKeyCache {
  readonly #entries = new Map<string, { readonly secretKey: KeyObject; readonly signingKey: HmacKey }>()
  readonly #capacity: number

  constructor(capacity = 1000) {
    this.#capacity = capacity
  }

  /** `scope` names date, Region and service of the credential in one string. A key that was replaced under the same id is derived anew. */
  get(accessKeyId: string, scope: string, secretKey: KeyObject, parts: KeyScope): HmacKey {
    const id = `${accessKeyId}/${scope}`
    const known = this.#entries.get(id)
    if (known?.secretKey === secretKey) return known.signingKey
    const signingKey = hmacKey('sha256', deriveSigningKey(secretKey, parts))
    if (this.#entries.size >= this.#capacity) this.#dropOldest()
    this.#entries.set(id, { secretKey, signingKey })
    return signingKey
  }

  #dropOldest(): void {
    for (const id of this.#entries.keys()) {
      this.#entries.delete(id)
      return
    }
  }
}
