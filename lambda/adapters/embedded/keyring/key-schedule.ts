/**
 * What happens to keys when its time comes: those whose deletion date has come are destroyed, those whose rotation is due get a new generation of material.
 * @module
 */
import type { Clock } from '../../../core/ports/clock.ts'
import type { Database } from '../database.ts'
import { generationsOf, type MaterialSeal } from './key-material.ts'
import type { KeyName } from './key-names.ts'
import { isReplica, type KeyRecord } from './key-record.ts'
import { nextRotation, replicasGone } from './key-states.ts'
import type { KeyStore } from './key-store.ts'

/** Keys destroyed or rotated in one commit of a sweep. */
const SWEEP_BATCH = 100

export interface KeyScheduleOptions {
  readonly database: Database
  readonly clock: Clock
  readonly seal: MaterialSeal
  readonly store: KeyStore
  /** Called for every key that has changed or gone, with its ARN, by the commit that changes it. */
  readonly forget: (arn: string) => void
}

export interface SweepReport {
  readonly destroyed: number
  readonly rotated: number
}

export class KeySchedule {
  readonly #database: Database
  readonly #clock: Clock
  readonly #seal: MaterialSeal
  readonly #store: KeyStore
  readonly #forget: (arn: string) => void

  constructor({ database, clock, seal, store, forget }: KeyScheduleOptions) {
    this.#database = database
    this.#clock = clock
    this.#seal = seal
    this.#store = store
    this.#forget = forget
  }

  /** Destroys keys whose deletion date has come and rotates those whose rotation is due, by the clock. Runs until nothing is due. */
  async sweep(): Promise<SweepReport> {
    const now = this.#clock.now()
    const destroyed = await this.#inBatches(() => {
      const due = this.#store.dueDeletions(now, SWEEP_BATCH)
      return due.flatMap((key) => this.destroy(key))
    })
    if (destroyed > 0) this.#store.forgetLog()
    const rotated = await this.#inBatches(() => {
      const due = this.#store.dueRotations(now, SWEEP_BATCH)
      return due.flatMap((key) => this.#rotate(key, now))
    })
    return { destroyed, rotated }
  }

  /** A rotation that is due does not wait for the sweep. */
  async rotateIfDue(name: KeyName): Promise<void> {
    const isDue = (key: KeyRecord | undefined, now: number): key is KeyRecord =>
      key?.state === 'Enabled' && key.rotation !== undefined && key.rotation.nextAt <= now
    if (!isDue(this.#store.read(name), this.#clock.now())) return
    await this.#database.write(
      () => {
        const [record, now] = [this.#store.read(name), this.#clock.now()]
        return isDue(record, now) ? this.#rotate(record, now) : []
      },
      (changed) => changed.forEach((arn) => this.#forget(arn)),
    )
  }

  /** Inside `database.write`. @returns the ARNs of the keys that are gone */
  destroy(key: KeyRecord): string[] {
    this.#store.destroy(key)
    if (isReplica(key) && key.primaryRegion !== undefined) this.#releasePrimary({ ...key, region: key.primaryRegion })
    return [key.arn]
  }

  /** @param batch does a part of the work and gives the ARNs that it changed */
  async #inBatches(batch: () => string[]): Promise<number> {
    let total = 0
    for (;;) {
      const arns = await this.#database.write(batch, (changed) => changed.forEach((arn) => this.#forget(arn)))
      if (arns.length === 0) return total
      total += arns.length
    }
  }

  /** The last replica is gone: the waiting period of its primary starts. */
  #releasePrimary(name: KeyName): void {
    const primary = this.#store.read(name)
    if (primary?.state !== 'PendingReplicaDeletion' || this.#store.replicasOf(primary).length > 0) return
    this.#store.update(replicasGone(primary, this.#clock.now()))
  }

  /** Adds a generation to a key and to its replicas. @returns the ARNs of the keys that have it */
  #rotate(key: KeyRecord, now: number): string[] {
    if (!key.rotation) return []
    const { sealed } = this.#seal.create(key, generationsOf(key.material))
    const material = Buffer.concat([key.material, sealed])
    this.#store.update({ ...key, material, rotation: nextRotation(key.rotation, now) })
    const replicas = key.primaryRegion === undefined ? [] : this.#store.replicasOf(key)
    for (const replica of replicas)
      this.#store.update({ ...replica, material: this.#seal.resealFor(replica, material, key) })
    return [key.arn, ...replicas.map(({ arn }) => arn)]
  }
}
