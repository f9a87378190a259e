/**
 * Where secrets are kept: SQLite embedded, a DynamoDB global table on AWS. Stores see sealed values only.
 *
 * The contract, tested on every adapter by test/contracts/secret-store-contract.ts:
 * a commit is acknowledged only when it is durable; it is one conditional write of the head on its revision, and a crash before it
 * leaves at most unreferenced value items; reads of one secret are strongly consistent, lists may be a moment behind.
 * @module
 */
import type { RotationRecord } from '../rotation/rotation-record.ts'
import type { AccessRecord, SecretHead, SecretKey, SecretSummary } from '../domain/secret.ts'

export interface StoredSecret {
  readonly head: SecretHead
  readonly access: AccessRecord
}

export interface ListedSecret {
  readonly head: SecretSummary
  readonly access: AccessRecord
}

/** Names a value item of one incarnation (suffix) of a secret. */
export interface ValueRef {
  readonly key: SecretKey
  readonly suffix: string
  readonly id: string
}

export interface NewValue {
  readonly id: string
  readonly sealed: Uint8Array
}

export interface Commit {
  /** The head as it shall be; its `revision` is one more than the one it was derived from (of the same suffix), or 1 for a new secret. */
  readonly head: SecretHead
  /** Value items to put before the head names them. */
  readonly put: readonly NewValue[]
  /** Value items that the new head no longer names; removed after it, as far as possible. */
  readonly drop: readonly string[]
  /**
   * The head of another secret of the name, which this one takes the place of in the same write, as it was loaded: forced replication. Its values, reads and records are removed after it, as far as possible; its
   * key is the caller's to retire.
   */
  readonly replaces?: SecretHead
  /** There must be no head of the name; absent: so it is for revision 1. A copy that is made again under its suffix goes on counting, so that nobody takes it for the one before. */
  readonly isNew?: boolean
}

export const isNewHead = ({ head, isNew = head.revision === 1 }: Pick<Commit, 'head' | 'isNew'>): boolean => isNew

/** `conflict`: the head in the store has not the revision and suffix that this commit builds on; nothing visible has changed. */
export type CommitResult = 'committed' | 'conflict'

export type ListOrder = 'created' | 'accessed' | 'changed' | 'name'

/** The place of a secret in a listing: the value of the sort key, then the name. */
export interface ListPosition {
  /** Epoch milliseconds; 0 when listing by name. */
  readonly at: number
  readonly name: string
}

export interface ListQuery {
  readonly account: string
  readonly region: string
  readonly order: ListOrder
  readonly descending: boolean
  readonly after?: ListPosition
  readonly limit: number
}

export interface ListPage {
  readonly secrets: readonly ListedSecret[]
  /** Whether anything follows in the order. */
  readonly hasMore: boolean
}

/** Names the record of one rotation of one incarnation (suffix) of a secret. */
export interface RotationRef {
  readonly key: SecretKey
  readonly suffix: string
  /** Id of the version that it makes. */
  readonly token: string
}

export interface SecretStore {
  load(key: SecretKey): Promise<StoredSecret | undefined>
  /** In the order of `keys`; undefined where there is none. */
  loadHeads(keys: readonly SecretKey[]): Promise<readonly (SecretHead | undefined)[]>
  /** The sealed bytes of a value item, or undefined when it is not there. */
  readValue(ref: ValueRef): Promise<Uint8Array | undefined>
  commit(commit: Commit): Promise<CommitResult>
  /** The last step of a purge: removes the head of exactly this revision, its access record and the records of its rotations. */
  remove(head: SecretHead): Promise<CommitResult>
  /**
   * Best effort: remembers that a version was read on `day`, once per secret, version and day, and forgets versions that the head no longer has. Days only move
   * forward.
   * @param secret as it was loaded, so that no store has to read it again; one that was removed meanwhile is let be
   */
  recordAccess(secret: StoredSecret, versionId: string, day: number): Promise<void>
  /** Secrets strictly after a position, in order; fewer than `limit` only at the end. */
  list(query: ListQuery): Promise<ListPage>
  /** Secrets in every account and Region that this store looks after whose purge has begun, whatever the time, and those whose deletion is due at or before `now`, earliest first. */
  duePurges(now: number, limit: number): Promise<readonly SecretKey[]>
  /**
   * Secrets whose rotation wants attention at or before `now`, earliest first: a planned start that has come, or a running one whose `checkAt` has. Only those that are not deleted.
   * @param after goes on behind that one
   */
  dueRotations(now: number, limit: number, after?: DueRotation): Promise<readonly DueRotation[]>
  rotation(ref: RotationRef): Promise<RotationRecord | undefined>
  /** Newest first; 25 at most. */
  rotations(secret: Pick<RotationRef, 'key' | 'suffix'>): Promise<readonly RotationRecord[]>
  /** Puts the record as it is, whatever was there. Those beyond the newest 25 of the secret may be removed. */
  saveRotation(secret: Pick<RotationRef, 'key' | 'suffix'>, record: RotationRecord): Promise<void>
  /** Every value item of a secret's incarnation, for its purge. */
  valuesOf(head: SecretHead): Promise<readonly string[]>
  /** Value items in a stable order, for the daily check against the heads; `writtenAt` is epoch milliseconds. */
  scanValues(after: string | undefined, limit: number): Promise<readonly ScannedValue[]>
  /** Removes value items; missing ones are no error. */
  dropValues(refs: readonly ValueRef[]): Promise<void>
}

export interface DueRotation {
  readonly key: SecretKey
  /** Epoch milliseconds. */
  readonly at: number
}

export interface ScannedValue {
  readonly ref: ValueRef
  readonly writtenAt: number
  /** Where to go on from: the `after` of the next call. */
  readonly position: string
}

/** The store could not do its work (disk full, throttled beyond the retries, a damaged record). Nothing of a refused commit is visible. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
  readonly kind: 'unavailable' | 'throttled'

  constructor(kind: 'unavailable' | 'throttled', message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
