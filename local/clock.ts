/**
 * The two clocks of the embedded server. The wall clock serves signatures, `Date` headers, session expiry and the log. The domain runs on the virtual clock
 * when the server was started with `--clock`: it starts at the given time, goes at real speed, and can be moved forward.
 * @module
 */
import type { Clock } from '../lambda/core/ports/clock.ts'

export { wallClock } from '../lambda/adapters/wall-clock.ts'

/** 9999-12-31T23:59:59.999Z: the last time that a four-digit year can tell. */
export const LAST_TIME = 253_402_300_799_999

export class ClockProblem extends Error {
  override readonly name = 'ClockProblem'
}

export class VirtualClock implements Clock {
  /** What to add to the monotonic clock. */
  #offset: number
  readonly #monotonic: () => number

  /** @param start epoch milliseconds */
  constructor(start: number, monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
    this.#offset = start - monotonic()
  }

  now(): number {
    return Math.min(Math.floor(this.#offset + this.#monotonic()), LAST_TIME)
  }

  /** @throws {ClockProblem} when that is past the year 9999 */
  advance(milliseconds: number): void {
    this.moveTo(this.now() + milliseconds)
  }

  /** @throws {ClockProblem} when `time` is in the virtual past or beyond the year 9999 */
  moveTo(time: number): void {
    this.checkMove(time)
    this.#offset += time - this.now()
  }

  /** @throws {ClockProblem} for a time that {@link moveTo} would refuse */
  checkMove(time: number): void {
    const now = this.now()
    if (time < now)
      throw new ClockProblem(
        `The clock never goes back: it is ${new Date(now).toISOString()}, and ${new Date(time).toISOString()} is earlier.`,
      )
    if (time > LAST_TIME) throw new ClockProblem('The clock ends with the year 9999.')
  }
}
