/**
 * What is to happen at a moment of the sandbox's clock: waits of executions, schedules, retries. Nothing happens by itself: whoever moves the clock has it done, in the order of the moments.
 * @module
 */
import type { Clock } from '../../lambda/core/ports/clock.ts'

interface Entry {
  /** Epoch milliseconds. */
  readonly at: number
  readonly run: () => void | Promise<void>
}

/** Takes an entry back; of no effect once it has run. */
export type Cancel = () => void

export class Agenda implements Clock {
  readonly #clock: Clock
  readonly #entries = new Set<Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  at(time: number, run: Entry['run']): Cancel {
    const entry = { at: time, run }
    this.#entries.add(entry)
    return () => void this.#entries.delete(entry)
  }

  /** When something is due next; undefined when nothing is planned. */
  get next(): number | undefined {
    return this.#first()?.at
  }

  /** Does what is due by now and resolves when it is done. What an entry plans for a moment that has passed is done too. */
  async runDue(): Promise<void> {
    for (let entry = this.#first(); entry !== undefined && entry.at <= this.now(); entry = this.#first()) {
      this.#entries.delete(entry)
      await entry.run()
    }
  }

  /** The earliest; of several the one that was planned first. */
  #first(): Entry | undefined {
    let first: Entry | undefined
    for (const entry of this.#entries) if (first === undefined || entry.at < first.at) first = entry
    return first
  }
}
