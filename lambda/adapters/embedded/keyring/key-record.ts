/**
 * A key as the file holds it, without its policy (which can be long and is seldom needed).
 * @module
 */
import type { KeyName } from './key-names.ts'

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion'

/**
 * Who manages a key. `customer`: made through the KMS API. `shared`: the service key of an account and Region, behind alias/aws/....
 * `dedicated`: the service key of one secret.
 *
 * Users see the service's keys but cannot use or change them: a dedicated key's only purpose is that destroying it destroys one secret. A user who
 * could decrypt with it would get around the secret's policy, and one who could disable or delete it would break a secret without any
 * secretsmanager permission.
 */
export type KeyOwner = 'customer' | 'shared' | 'dedicated'

export interface KeyTag {
  readonly key: string
  readonly value: string
}

/** Automatic rotation of the material. */
export interface RotationPlan {
  readonly periodDays: number
  /** Epoch milliseconds. */
  readonly nextAt: number
}

export interface KeyRecord extends KeyName {
  readonly arn: string
  readonly state: KeyState
  readonly owner: KeyOwner
  /** The sealed generations, one after another (key-material.ts). */
  readonly material: Uint8Array
  readonly createdAt: number
  readonly description: string
  readonly tags: readonly KeyTag[]
  /** Of a multi-Region key; equal to `region` for the primary. */
  readonly primaryRegion: string | undefined
  /** Epoch milliseconds from which the key does not exist any more; only in PendingDeletion. */
  readonly deletionAt: number | undefined
  /** The waiting period that was asked for; in both pending states. */
  readonly windowDays: number | undefined
  readonly rotation: RotationPlan | undefined
}

export const isMultiRegion = (key: KeyRecord): boolean => key.primaryRegion !== undefined

export const isReplica = (key: KeyRecord): boolean =>
  key.primaryRegion !== undefined && key.primaryRegion !== key.region
