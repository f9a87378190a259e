/**
 * The sandbox's time: wall time plus what it was moved by. The offset lies in shared memory, so the functions' threads see a move at once.
 * @module
 */
import type { Clock } from '../lambda/core/ports/clock.ts'
import { LAST_TIME, wallClock } from '../local/clock.ts'
import { SandboxProblem } from './json.ts'

export class SandboxClock implements Clock {
  /** One 64-bit integer: milliseconds. */
  readonly shared = new SharedArrayBuffer(8)
  readonly #offset = new BigInt64Array(this.shared)

  now(): number {
    return wallClock.now() + Number(Atomics.load(this.#offset, 0))
  }

  /** The time after a move, which is not made. @throws {SandboxProblem} */
  endOf(milliseconds: number): number {
    if (!Number.isSafeInteger(milliseconds) || milliseconds < 0)
      throw new SandboxProblem('The clock is moved forward by a whole number of milliseconds')
    const end = this.now() + milliseconds
    if (end > LAST_TIME) throw new SandboxProblem('The clock ends with the year 9999')
    return end
  }

  /** @throws {SandboxProblem} */
  advance(milliseconds: number): void {
    this.endOf(milliseconds)
    Atomics.add(this.#offset, 0, BigInt(milliseconds))
  }
}
