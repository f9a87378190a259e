/**
 * Finds the links whose time has come by the domain's clock: failed copies that are tried again, promises that nobody has confirmed, copies that are compared with their primary once a day.
 * @module
 */
import type { SecretKey } from '../../lambda/core/domain/secret.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { DueLink, ReplicationStore } from '../../lambda/core/ports/replication-store.ts'

const PAGE = 100
/** As far as anybody sleeps: the sweep of every minute looks again. */
export const LOOK_AHEAD_MS = 60_000

export interface DueLinksOptions {
  readonly store: Pick<ReplicationStore, 'dueLinks'>
  /** The domain's. */
  readonly clock: Clock
  readonly found: (key: SecretKey) => void
  /** Resolves when whoever is told can take more. */
  readonly room: () => Promise<void>
}

/** Tells of all that are due. @returns how many */
export async function findDueLinks({ store, clock, found, room }: DueLinksOptions): Promise<number> {
  const now = clock.now()
  let count = 0
  for (let after: DueLink | undefined; ;) {
    const page = await store.dueLinks(now, PAGE, after)
    for (const { key } of page) found(key)
    count += page.length
    after = page.at(-1)
    if (after === undefined || page.length < PAGE) return count
    await room()
  }
}

/** Epoch milliseconds of the first that falls due from now on, if it does so soon. Those that are due already are let be. */
export async function nextDueLink({
  store,
  clock,
}: Pick<DueLinksOptions, 'store' | 'clock'>): Promise<number | undefined> {
  const now = clock.now()
  for (let after: DueLink | undefined; ;) {
    const page = await store.dueLinks(now + LOOK_AHEAD_MS, PAGE, after)
    const next = page.find(({ at }) => at > now)
    after = page.at(-1)
    if (next !== undefined || page.length < PAGE) return next?.at
  }
}
