import type { Clock } from '../../lambda/core/ports/clock.ts'

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number

  constructor(start = '2026-03-01T10:20:30.456Z') {
    this.#now = Date.parse(start)
  }

  now(): number {
    return this.#now
  }

  moveTo(time: number): void {
    this.#now = time
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }
}
