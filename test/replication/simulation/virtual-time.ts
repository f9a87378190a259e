/**
 * Time that passes only when there is nothing left to do at the present moment. What happens is kept in one queue, in order of time and then of entry, so that the same entries always come in the same order.
 * @module
 */
import type { Clock } from '../../../lambda/core/ports/clock.ts'

interface Entry {
  readonly at: number
  readonly order: number
  /** Starts or wakes work that waits for promises: everything that it can do at once is done before the next entry. */
  readonly isAsync: boolean
  readonly happen: () => void
}

export class VirtualTime implements Clock {
  #now: number
  #order = 0
  #isHalted = false
  readonly #queue: Entry[] = []

  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** How much has been entered so far. */
  get entries(): number {
    return this.#order
  }

  /** Whether anything is still to happen. */
  get isIdle(): boolean {
    return this.#queue.length === 0
  }

  /** Something that ends where it begins, without promises. */
  later(delay: number, happen: () => void): void {
    this.#push(delay, false, happen)
  }

  /** Something that goes on by itself, between its own pauses. It must not throw. */
  start(delay: number, work: () => Promise<void>): void {
    this.#push(delay, true, () => void work())
  }

  pause(delay: number): Promise<void> {
    return new Promise((resolve) => this.#push(delay, true, resolve))
  }

  /** Nothing happens any more. */
  halt(): void {
    this.#isHalted = true
  }

  /** Lets everything happen up to and at `until`, which is the time afterwards. */
  async runUntil(until: number): Promise<void> {
    for (let entry = this.#queue[0]; entry && entry.at <= until && !this.#isHalted; entry = this.#queue[0]) {
      this.#pop()
      this.#now = Math.max(this.#now, entry.at)
      entry.happen()
      if (entry.isAsync) await settled()
    }
    this.#now = Math.max(this.#now, until)
  }

  #push(delay: number, isAsync: boolean, happen: () => void): void {
    const queue = this.#queue
    const entry = { at: this.#now + delay, order: this.#order++, isAsync, happen }
    let index = queue.length
    queue.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = queue[parent]
      if (!above || isBefore(above, entry)) break
      queue[index] = above
      index = parent
    }
    queue[index] = entry
  }

  #pop(): void {
    const queue = this.#queue
    const entry = queue.pop()
    if (!entry || queue.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      let least = queue[child]
      const right = queue[child + 1]
      if (!least) break
      if (right && isBefore(right, least)) {
        least = right
        child++
      }
      if (isBefore(entry, least)) break
      queue[index] = least
      index = child
    }
    queue[index] = entry
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** All promises that can be kept now have been, and what waits for them has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
