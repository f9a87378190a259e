/**
 * The network between the Regions of an embedded Coffer, which is as good as a test wants it: how long a message takes, and which Regions are cut off from all others.
 * @module
 */

export interface NetworkState {
  /** Milliseconds of the domain's clock from a change to its arrival in another Region. */
  readonly lagMs: number
  /** Regions that nothing is delivered from or to, sorted. */
  readonly cut: readonly string[]
}

export class ReplicationNetwork {
  readonly #regions: ReadonlySet<string>
  #state: NetworkState
  #listener: (() => void) | undefined

  /** @param options `regions`: those that are served; what others were to be told waits until they are */
  constructor({ lagMs, regions }: { readonly lagMs: number; readonly regions: readonly string[] }) {
    this.#regions = new Set(regions)
    this.#state = { lagMs, cut: [] }
  }

  get state(): NetworkState {
    return this.#state
  }

  /** What is left out stays as it is. */
  change({ lagMs = this.#state.lagMs, cut = this.#state.cut }: Partial<NetworkState>): void {
    this.#state = { lagMs, cut: [...new Set(cut)].sort() }
    this.#listener?.()
  }

  reaches(from: string, to: string): boolean {
    const { cut } = this.#state
    return this.serves(from) && this.serves(to) && !cut.includes(from) && !cut.includes(to)
  }

  serves(region: string): boolean {
    return this.#regions.has(region)
  }

  /** One listener: whoever delivers. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }
}
