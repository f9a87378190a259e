import type { After } from '../../../local/replication/timers.ts'

interface Timer {
  readonly at: number
  readonly work: () => void
}

/** Timers that go off when a test says that time has passed. */
export class ManualTimers {
  #now = 0
  readonly #timers = new Set<Timer>()

  readonly after: After = (milliseconds, work) => {
    const timer = { at: this.#now + milliseconds, work }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Milliseconds from now, ascending. */
  get pending(): readonly number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  pass(milliseconds: number): void {
    const end = this.#now + milliseconds
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = next.at
      next.work()
    }
    this.#now = end
  }
}
