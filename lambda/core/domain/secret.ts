/**
 * The secret as the core holds it: one immutable head with the index of its versions (docs/decisions, "head and values").
 * @module
 */

import type { Replication } from './replication.ts'
import type { Rotation } from './rotation.ts'

/** Where a secret lives; a name is unique within an account and Region. */
export interface SecretKey {
  readonly account: string
  readonly region: string
  readonly name: string
}

export interface Tag {
  readonly key: string
  readonly value: string
}

/**
 * Where a version's sealed value is. `none`: the empty AWSPENDING that a rotation makes. `inline`: in the head itself, only for the
 * AWSCURRENT version and up to {@link INLINE_LIMIT}. `item`: a value item of its own, written once and never again.
 */
export type ValuePlace =
  | { readonly kind: 'none' }
  | { readonly kind: 'inline'; readonly sealed: Uint8Array }
  | { readonly kind: 'item'; readonly id: string; readonly bytes: number }

/**
 * Sealed bytes that may stand in the head, so that reading AWSCURRENT is one request: a value of 8 KiB and room for its envelope, which holds the ARNs of secret and key
 * and so has up to 900 bytes.
 */
export const INLINE_LIMIT = 9 * 1024

export interface Version {
  readonly id: string
  readonly createdAt: number
  /** Sorted, no duplicates. */
  readonly stages: readonly string[]
  /** ARNs of the keys that this version was sealed under; absent for service keys, which show as `DefaultEncryptionKey`. */
  readonly keyArns?: readonly string[]
  readonly value: ValuePlace
}

export interface Deletion {
  /** Epoch milliseconds from which the secret may be purged. */
  readonly purgeAt: number
}

/** A resource policy as it was attached. */
export interface AttachedResourcePolicy {
  /** JSON, as it was given. */
  readonly text: string
  /** ARN and unique id of the users and roles that it names, as far as they could be looked up: one that is made later under the same name is another. */
  readonly principals: readonly (readonly [arn: string, uniqueId: string])[]
}

export interface SecretHead {
  readonly key: SecretKey
  /** The six characters at the end of the ARN. */
  readonly suffix: string
  /** Grows by one with every commit; the condition of the next. */
  readonly revision: number
  /** `purging` has no way back: the name stays reserved until the last item is gone. */
  readonly state: 'active' | 'scheduled' | 'purging'
  readonly deletion?: Deletion
  readonly description?: string
  /** The customer's key as they named it; absent when the service's own key is used. */
  readonly kmsKeyId?: string
  /** ARN of the key that the service made for this secret; kept while a customer key is used, so that going back needs no new key. */
  readonly serviceKeyArn?: string
  /** Absent for a secret that never had tags, empty after the last one was removed (behaviour 1.9). */
  readonly tags?: readonly Tag[]
  readonly policy?: AttachedResourcePolicy
  /** Absent until rotation was configured for the first time. */
  readonly rotation?: Rotation
  /** Absent for a secret that never had to do with another Region. */
  readonly replication?: Replication
  readonly type?: string
  readonly owningService?: string
  /** The ClientRequestToken of CreateSecret, so that its retry is known also when it made no version. */
  readonly creationToken: string
  readonly createdAt: number
  readonly changedAt: number
  /** In order of creation. */
  readonly versions: readonly Version[]
}

/** A secret as lists see it: without the places of its values. */
export type SecretSummary = Omit<SecretHead, 'versions'> & { readonly versions: readonly Omit<Version, 'value'>[] }

/** Days (epoch milliseconds of 00:00 UTC) on which a secret and its versions were last read. */
export interface AccessRecord {
  /** 0: never. */
  readonly day: number
  readonly versions: ReadonlyMap<string, number>
}
