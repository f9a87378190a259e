/**
 * Randomness that a seed decides to the last bit: sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32. Every part of the simulation that throws dice has a generator of its own, so that a change of
 * one does not change the dice of another.
 * @module
 */
import type { Entropy } from '../../../lambda/core/ports/entropy.ts'

export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number, purpose: string) {
    let state = seed | 0
    for (const character of purpose) state = Math.imul(state ^ character.charCodeAt(0), 0x9e3779b1)
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0
      let mixed = state ^ (state >>> 16)
      mixed = Math.imul(mixed, 0x21f0aaad)
      mixed ^= mixed >>> 15
      mixed = Math.imul(mixed, 0x735a2d97)
      return mixed ^ (mixed >>> 15)
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    for (let round = 0; round < 12; round++) this.#next()
  }

  /** In `[0, limit)`, `limit` at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * limit)
  }

  /** From `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(probability: number): boolean {
    return this.#next() < probability * 0x1_0000_0000
  }

  pick<T>(all: readonly T[]): T {
    const one = all[this.below(all.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }

  /** Many short delays and few long ones: the square of an even choice. Milliseconds. */
  delay(longest: number): number {
    const share = this.#next() / 0x1_0000_0000
    return Math.floor(share * share * longest)
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }
}

/** What the core draws: ids, suffixes, nonces. */
export class SeededEntropy implements Entropy {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count)
    for (let index = 0; index < count; index++) bytes[index] = this.#random.below(256)
    return bytes
  }

  below(limit: number): number {
    return this.#random.below(limit)
  }
}
