/**
 * The one key of an account and Region in shared mode: made by the first who asks, on record from then on.
 * @module
 */
import type { KeyPlace, SharedKeyRegistry } from '../shared-key-registry.ts'
import type { ServiceKeys } from './service-keys.ts'

export class SharedKey {
  readonly #registry: SharedKeyRegistry
  readonly #serviceKeys: ServiceKeys
  readonly #place: KeyPlace
  /** The answer, or the question that is under way. */
  #key: Promise<string> | undefined

  constructor(registry: SharedKeyRegistry, serviceKeys: ServiceKeys, place: KeyPlace) {
    this.#registry = registry
    this.#serviceKeys = serviceKeys
    this.#place = place
  }

  /** @returns its ARN */
  async arn(): Promise<string> {
    this.#key ??= this.#findOrMake()
    try {
      return await this.#key
    } catch (error) {
      this.#key = undefined
      throw error
    }
  }

  async #findOrMake(): Promise<string> {
    const found = await this.#registry.find(this.#place)
    if (found !== undefined) return found
    const made = await this.#serviceKeys.create()
    // An error here leaves it open whether the record has landed: the key may be the one on record, so it is left as it is.
    const winner = await this.#registry.record(this.#place, made)
    // No secret has seen the loser's key. A failure is shown: the caller's next try finds the winner, and nobody else would tell of a key that is left over.
    if (winner !== made) await this.#serviceKeys.discard(made)
    return winner
  }
}
