/**
 * Slows down guessing: after a few failures in a row a name is locked out, each time for twice as long. In memory and bounded; wall time. A lock is
 * the last thing to be forgotten. An attempt counts as failed until it has
 * succeeded, so that many at once gain nothing.
 * @module
 */
export interface ThrottleOptions {
  /** Wall time, epoch milliseconds. */
  readonly now: () => number
  /** Failures in a row that are free. */
  readonly allowed?: number
  readonly firstLockMs?: number
  readonly longestLockMs?: number
  readonly capacity?: number
}

/** Of a user, and of one who is none. */
export const throttledName = (account: string, userName: string): string => `${account}/${userName.toLowerCase()}`

interface Entry {
  readonly failures: number
  readonly lockedUntil: number
}

export class Throttle {
  readonly #options: Required<ThrottleOptions>
  /** In the order of the last attempt. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: ThrottleOptions) {
    this.#options = { allowed: 5, firstLockMs: 30_000, longestLockMs: 15 * 60_000, capacity: 10_000, ...options }
  }

  /** @returns whether an attempt may be made now; one that may is counted. */
  attempt(name: string): boolean {
    const { now, allowed, firstLockMs, longestLockMs, capacity } = this.#options
    const time = now()
    const entry = this.#entries.get(name)
    if (entry !== undefined && entry.lockedUntil > time) return false
    // Who has been quiet for long after the lock begins anew.
    const isStale = entry === undefined || entry.lockedUntil + longestLockMs < time
    const failures = (isStale ? 0 : entry.failures) + 1
    const lockMs = failures < allowed ? 0 : Math.min(firstLockMs * 2 ** (failures - allowed), longestLockMs)
    this.#entries.delete(name)
    if (this.#entries.size >= capacity) this.#dropOne(time)
    this.#entries.set(name, { failures, lockedUntil: time + lockMs })
    return true
  }

  /** The last attempt was good after all. */
  succeed(name: string): void {
    this.#entries.delete(name)
  }

  /** The last attempt was good, and earlier ones of the same name may still have been bad: others use it as well. */
  forgive(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    if (entry.failures <= 1) this.#entries.delete(name)
    else this.#entries.set(name, { failures: entry.failures - 1, lockedUntil: this.#options.now() })
  }

  /** The oldest that is not locked; where all are, the one that would be free first: many names tried do not free another. */
  #dropOne(time: number): void {
    let first: string | undefined
    let firstUntil = Infinity
    for (const [name, { lockedUntil }] of this.#entries) {
      if (lockedUntil >= firstUntil) continue
      first = name
      firstUntil = lockedUntil
      if (lockedUntil <= time) break
    }
    if (first !== undefined) this.#entries.delete(first)
  }
}
