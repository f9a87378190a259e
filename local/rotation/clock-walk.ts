/**
 * Moving a virtual clock over rotations: it stops where one is due, so that each happens in its window, as it would have had the time gone by. A jump would leave the windows behind. It stops as well where a message
 * between Regions arrives, since that is answered by another.
 * @module
 */
import type { SecretKey } from '../../lambda/core/domain/secret.ts'
import type { DueRotation, SecretStore } from '../../lambda/core/ports/secret-store.ts'

/** So often it stops at the very moment. */
const EXACT_STOPS = 1_000
/** After that, starts that are this close are made together; every window has a last quarter of an hour to spare (momentIn). */
const TOGETHER_MS = 5 * 60_000
/** A secret that rotates every four hours does so 2,190 times a year: a move to the far future comes to an end, too. */
const MOST_STOPS = 5_000
const PAGE = 100

export interface ClockWalkOptions {
  readonly clock: { now(): number; moveTo(time: number): void }
  readonly store: Pick<SecretStore, 'dueRotations'>
  /** Does what is due, and waits for it. */
  readonly drain: () => Promise<void>
  /** Epoch milliseconds: when the first message between Regions arrives that is on its way; absent: there are none. */
  readonly nextArrival?: () => number | undefined
}

/** @throws {ClockProblem} before anything has moved, when `target` is in the past or beyond the end of time */
export async function walkClock(
  { clock, store, drain, nextArrival = () => undefined }: ClockWalkOptions,
  target: number,
): Promise<void> {
  // What is due and does not go on, after a fault, keeps neither the clock nor the others.
  const stuck = new Set<string>()
  for (let stop = 0; stop < MOST_STOPS && target > clock.now(); stop++) {
    const next = await firstDue(store, target, stuck)
    const slack = stop < EXACT_STOPS ? 0 : TOGETHER_MS
    const arrival = nextArrival() ?? Infinity
    if (arrival > clock.now() && arrival < Math.min(target, next?.at ?? target)) {
      clock.moveTo(Math.min(target, next?.at ?? target, arrival + slack))
      await drain()
      continue
    }
    if (!next) break
    const time = Math.min(target, Math.max(clock.now(), next.at + slack))
    if (time > clock.now()) clock.moveTo(time)
    await drain()
    const after = await firstDue(store, clock.now(), stuck)
    if (after && idOf(after.key) === idOf(next.key) && after.at <= next.at) stuck.add(idOf(next.key))
  }
  if (target > clock.now()) clock.moveTo(target)
  await drain()
}

async function firstDue(
  store: ClockWalkOptions['store'],
  time: number,
  without: ReadonlySet<string>,
): Promise<DueRotation | undefined> {
  for (let after: DueRotation | undefined; ;) {
    const page = await store.dueRotations(time, PAGE, after)
    const found = page.find(({ key }) => !without.has(idOf(key)))
    if (found || page.length < PAGE) return found
    after = page.at(-1)
  }
}

const idOf = ({ account, region, name }: SecretKey): string => `${account}/${region}/${name}`
