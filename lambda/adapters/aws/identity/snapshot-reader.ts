/**
 * Reads the snapshot of identities: three small items in one request for each look.
 * @module
 */
import type { Identity } from '../../../auth/identity.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import { decoded } from '../dynamo/failures.ts'
import { identityKey, identityNameKey, identitySnapshotKey, type Item } from '../dynamo/item-keys.ts'
import { Table, type TableOptions } from '../dynamo/table.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { beganIn, holderIn, identityIn } from './identity-items.ts'
import { identityFrom } from './identity-from.ts'
import type { PrincipalName } from './principal-name.ts'

export type Looked =
  | {
      readonly kind: 'found'
      readonly identity: Identity
      /** Of the snapshot, epoch milliseconds. */
      readonly began: number
      readonly mayBeNew: false
    }
  | {
      readonly kind: 'unknown'
      readonly reason: string
      /** It could be in a snapshot that were made now. */
      readonly mayBeNew: boolean
    }

export interface SnapshotReaderOptions extends TableOptions, KeyPlace {
  readonly clock: Clock
  readonly graceMinutes: number
}

export class SnapshotReader {
  readonly #table: Table
  readonly #place: KeyPlace
  readonly #clock: Clock
  readonly #longestMs: number

  constructor({ account, region, clock, graceMinutes, ...options }: SnapshotReaderOptions) {
    this.#table = new Table(options)
    this.#place = { account, region }
    this.#clock = clock
    this.#longestMs = graceMinutes * 60_000 + FRESH_MS
  }

  /** @throws {StoreFailure} */
  async look(name: PrincipalName, uniqueId: string): Promise<Looked> {
    const [snapshot, identity, holder] = await this.#table.getMany(
      [
        identitySnapshotKey(this.#place),
        identityKey(this.#place, uniqueId),
        identityNameKey(this.#place, name.kind, name.name),
      ],
      { consistent: true },
    )
    if (snapshot === undefined) return unknown('there is no snapshot of identities yet', true)
    const began = decoded(snapshot, beganIn)
    const old = this.tooOld(began)
    // Its renewal is what the schedule is for, and tried every minute.
    if (old !== undefined) return unknown(old, false)
    if (identity === undefined || holder === undefined) return unknown('no such user or role is known', true)
    // Another one has the name now.
    if (decoded(holder, holderIn).uniqueId !== uniqueId) return unknown('no such user or role is known any more', true)
    const kept = decoded(identity, identityIn)
    if (typeof kept === 'string') return unknown(kept, false)
    if (kept.uniqueId !== uniqueId) return unknown('the item of its unique id is of another', false)
    return { kind: 'found', identity: identityFrom(kept), began, mayBeNew: false }
  }

  /** Who has a name. @throws {StoreFailure} */
  async nameItem({ kind, name }: PrincipalName): Promise<Item | undefined> {
    const [item] = await this.#table.getMany([identityNameKey(this.#place, kind, name)], { consistent: true })
    return item
  }

  /** @returns why a snapshot that was begun then serves no longer */
  tooOld(began: number): string | undefined {
    const age = this.#clock.now() - began
    // A clock may be a little ahead of another, and a moment that never comes is no moment at all.
    if (age < -FRESH_MS) return 'the snapshot of identities is of the future'
    return age > this.#longestMs
      ? `the snapshot of identities is ${Math.floor(age / 60_000)} minutes old: IAM cannot be read, or nobody reads it`
      : undefined
  }
}

/** One is begun every minute and may take another: so old is every snapshot now and then. */
const FRESH_MS = 120_000

const unknown = (reason: string, mayBeNew: boolean): Looked => ({ kind: 'unknown', reason, mayBeNew })
