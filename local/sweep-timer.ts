/**
 * Runs the background work every minute of real time, and at once when the clock was moved; never twice at the same time.
 * @module
 */
import type { Log } from './log/log.ts'

const INTERVAL_MS = 60_000

export type Sweep = () => Promise<Readonly<Record<string, number>>>

export class SweepTimer {
  readonly #sweep: Sweep
  readonly #log: Log
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(sweep: Sweep, log: Log) {
    this.#sweep = sweep
    this.#log = log
  }

  start(): void {
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS).unref()
  }

  /** A whole sweep that begins after this call. Never rejects: what failed is in the log and is tried again by the next. */
  run(): Promise<void> {
    this.#last = this.#last.then(() => this.#once())
    return this.#last
  }

  /** Stops, and waits for a running sweep. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#last
  }

  async #once(): Promise<void> {
    try {
      const counts = await this.#sweep()
      if (Object.values(counts).some((count) => count > 0)) this.#log.event('sweep', counts)
    } catch (error) {
      this.#log.fault(error, { during: 'sweep' })
    }
  }
}
