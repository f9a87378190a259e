/**
 * A cache bounded by what its entries cost: two generations, so that a hit costs one look-up and nothing is ever sorted. What was used since the last turn
 * survives it.
 * @module
 */
export class GenerationCache<V> {
  readonly #budget: number
  readonly #costOf: (value: V) => number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  #youngCost = 0

  /** @param budget what all entries together may cost, at most; each generation gets half */
  constructor(budget: number, costOf: (value: V) => number) {
    this.#budget = budget / 2
    this.#costOf = costOf
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: V): void {
    const replaced = this.#young.get(key)
    if (replaced !== undefined) this.#youngCost -= this.#costOf(replaced)
    this.#youngCost += this.#costOf(value)
    this.#young.set(key, value)
    this.#old.delete(key)
    if (this.#youngCost <= this.#budget) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngCost = 0
  }

  delete(key: string): void {
    const removed = this.#young.get(key)
    if (removed !== undefined) this.#youngCost -= this.#costOf(removed)
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
