/**
 * Moving a virtual clock over rotations: it stops where one is due, so that each happens in its window, as it would have had the time gone by. A jump would leave the windows behind.
 * @module
 */
import type { SecretStore } from '../../lambda/core/ports/secret-store.ts'

/** So often it stops at the very moment. */
const EXACT_STOPS = 1_000
/** After that, starts that are this close are made together; every window has a last quarter of an hour to spare (momentIn). */
const TOGETHER_MS = 5 * 60_000
/** A secret that rotates every four hours does so 2,190 times a year: a move to the far future comes to an end, too. */
const MOST_STOPS = 5_000

export interface ClockWalkOptions {
  readonly clock: { now(): number; moveTo(time: number): void }
  readonly store: Pick<SecretStore, 'dueRotations'>
  /** Does what is due, and waits for it. */
  readonly drain: () => Promise<void>
}

/** @throws {ClockProblem} before anything has moved, when `target` is in the past or beyond the end of time */
export async function walkClock({ clock, store, drain }: ClockWalkOptions, target: number): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS && target > clock.now(); stop++) {
    const [next] = await store.dueRotations(target, 1)
    if (!next) break
    const time = Math.min(target, Math.max(clock.now(), next.at + (stop < EXACT_STOPS ? 0 : TOGETHER_MS)))
    if (time > clock.now()) clock.moveTo(time)
    const before = next.at
    await drain()
    const [after] = await store.dueRotations(clock.now(), 1)
    // What is due and does not go on, after a fault, must not keep the clock.
    if (after && after.at <= before) break
  }
  if (target > clock.now()) clock.moveTo(target)
  await drain()
}
