/**
 * The signing key of SigV4: four HMACs from the secret to (date, region, service, terminator), so it is kept for the day it serves.
 * @module
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { TERMINATOR } from './canonical-request.ts'

export interface KeyScope {
  readonly date: string
  readonly region: string
  readonly service: string
}

/** @param secretKey `AWS4` and the secret access key */
export function deriveSigningKey(secretKey: KeyObject, scope: KeyScope): KeyObject {
  let key = secretKey
  for (const part of [scope.date, scope.region, scope.service, TERMINATOR])
    key = createSecretKey(createHmac('sha256', key).update(part, 'latin1').digest())
  return key
}

/** Bounded: a client that walks through Regions and services cannot make it grow. */
export class SigningKeyCache {
  readonly #entries = new Map<string, { readonly secretKey: KeyObject; readonly signingKey: KeyObject }>()
  readonly #capacity: number

  constructor(capacity = 1000) {
    this.#capacity = capacity
  }

  /** `scope` names date, Region and service of the credential in one string. A key that was replaced under the same id is derived anew. */
  get(accessKeyId: string, scope: string, secretKey: KeyObject, parts: KeyScope): KeyObject {
    const id = `${accessKeyId}/${scope}`
    const known = this.#entries.get(id)
    if (known?.secretKey === secretKey) return known.signingKey
    const signingKey = deriveSigningKey(secretKey, parts)
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
