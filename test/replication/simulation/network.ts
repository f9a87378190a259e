/**
 * What carries one Region's items to the others: late, twice, in any order, and not at all while a Region is cut off. Nothing is lost for ever.
 * @module
 */
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface NetworkTraits {
  /** Milliseconds of most delays. */
  readonly usualDelay: number
  /** Milliseconds of some. */
  readonly longDelay: number
  readonly longShare: number
  readonly doubledShare: number
}

interface Message {
  readonly from: string
  readonly to: string
  readonly arrive: () => void
}

export class Network {
  /** Regions that hear of nobody, and nobody of them. */
  readonly cut = new Set<string>()
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #traits: NetworkTraits
  #held: Message[] = []

  constructor({ time, random, traits }: { time: VirtualTime; random: Random; traits: NetworkTraits }) {
    this.#time = time
    this.#random = random
    this.#traits = traits
  }

  get isQuiet(): boolean {
    return this.#held.length === 0
  }

  send(message: Message): void {
    this.#dispatch(message)
    if (this.#random.chance(this.#traits.doubledShare)) this.#dispatch(message)
  }

  /** What was held back comes now, in any order. */
  heal(region: string): void {
    this.cut.delete(region)
    const held = this.#held
    this.#held = []
    for (const message of held) this.#dispatch(message)
  }

  isCut(a: string, b: string): boolean {
    return this.cut.has(a) || this.cut.has(b)
  }

  #dispatch(message: Message): void {
    const { usualDelay, longDelay, longShare } = this.#traits
    const delay = this.#random.delay(this.#random.chance(longShare) ? longDelay : usualDelay)
    this.#time.later(delay, () => {
      if (this.isCut(message.from, message.to)) this.#held.push(message)
      else message.arrive()
    })
  }
}
