/**
 * Costly work, a few pieces at a time. More of it waits, so much at most, in lanes that take turns: whoever fills one lane holds nobody up in another for longer than a piece of work.
 * @module
 */
export interface TurnsOptions {
  /** How many pieces run at a time, of all lanes. */
  readonly atOnce: number
  /** How many wait, in each lane. */
  readonly capacity: number
}

/** More may not wait in this lane. */
export class LaneFull extends Error {
  override readonly name = 'LaneFull'

  constructor(lane: string) {
    super(`too many wait for a turn (${lane})`)
  }
}

export class Turns<Lane extends string> {
  readonly #options: TurnsOptions
  /** In the order of their next turn. */
  readonly #lanes: Map<Lane, (() => void)[]>
  #running = 0

  constructor(lanes: readonly Lane[], options: TurnsOptions) {
    this.#options = options
    this.#lanes = new Map(lanes.map((lane) => [lane, []]))
  }

  hasRoom(lane: Lane): boolean {
    const { atOnce, capacity } = this.#options
    return this.#running < atOnce || this.#waitingIn(lane).length < capacity
  }

  /** @throws {LaneFull} at once */
  async run<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    if (!this.hasRoom(lane)) throw new LaneFull(lane)
    if (this.#running < this.#options.atOnce) this.#running++
    else await new Promise<void>((resolve) => this.#waitingIn(lane).push(resolve))
    try {
      return await work()
    } finally {
      this.#handOn()
    }
  }

  /** Whoever finishes hands the turn on. */
  #handOn(): void {
    for (const [lane, waiting] of this.#lanes) {
      const next = waiting.shift()
      if (next === undefined) continue
      this.#lanes.delete(lane)
      this.#lanes.set(lane, waiting)
      next()
      return
    }
    this.#running--
  }

  #waitingIn(lane: Lane): (() => void)[] {
    return this.#lanes.get(lane) ?? []
  }
}
