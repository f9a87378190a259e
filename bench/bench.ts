/**
 * The servers of a run, started when a scenario first asks for them, and kept: idle ones cost nothing.
 * @module
 */
import { ApiClient } from './api-client.ts'
import { startCoffer, type CofferOptions, type Server } from './coffer.ts'
import type { Contender, Effort } from './measurement.ts'
import { hasMoto, startBare, startMoto } from './peers.ts'
import { peakMemory } from './process-usage.ts'
import { fill, getCall } from './secrets.ts'

export const SMALL = 1_000

/** Guesses, on the high side: how many requests to sign beforehand. */
const RATES = { coffer: 10_000, moto: 500 } as const
/** moto answers one request at a time. */
const MOTO_CONNECTIONS = 8
/** It drops a connection now and then. */
const MOTO_MAX_FAILED = 0.05

export interface BenchOptions {
  /** How many secrets are many. */
  readonly large: number
  readonly effort: Effort
  readonly say: (text: string) => void
}

/** A data directory that a Coffer was filled and stopped on. */
export interface Filled {
  readonly dataDir: string
  /** Of the process that was filled, in bytes. */
  readonly peakMemory: number | undefined
}

export class Bench {
  readonly effort: Effort
  readonly large: number
  readonly say: (text: string) => void
  readonly #servers: Server[] = []
  readonly #filled = new Map<number, Promise<Filled>>()
  #small: Promise<Contender> | undefined
  #many: Promise<Contender> | undefined
  #bare: Promise<Contender> | undefined
  #moto: Promise<Contender | undefined> | undefined

  constructor({ large, effort, say }: BenchOptions) {
    this.large = large
    this.effort = effort
    this.say = say
  }

  /** Made once for each count; the servers of {@link small} and {@link many} run on them. */
  filled(secrets: number): Promise<Filled> {
    let filled = this.#filled.get(secrets)
    if (!filled) this.#filled.set(secrets, (filled = this.#fill(secrets)))
    return filled
  }

  small(): Promise<Contender> {
    return (this.#small ??= this.#onFilled(SMALL))
  }

  many(): Promise<Contender> {
    return (this.#many ??= this.large === SMALL ? this.small() : this.#onFilled(this.large))
  }

  bare(): Promise<Contender> {
    return (this.#bare ??= this.small().then(async (shares) => {
      const client = new ApiClient(shares.server.address)
      const answer = await client.send(getCall(0))
      client.close()
      const server = this.#keep(await startBare(answer))
      return { name: 'bare node:http', server, secrets: SMALL, expectedRate: 0, shares }
    }))
  }

  /** Undefined where it is not installed. */
  moto(): Promise<Contender | undefined> {
    return (this.#moto ??= this.#startMoto())
  }

  /** A Coffer of its own, for what changes it. */
  async fresh(secrets: number, options: CofferOptions = {}): Promise<Contender> {
    this.say(`filling Coffer with ${secrets} secrets`)
    const server = this.#keep(await startCoffer(options))
    await fill(server.address, secrets)
    const mode = options.keyMode === 'shared' ? ', shared key' : ''
    return { name: `Coffer, ${secrets} secrets${mode}`, server, secrets, expectedRate: RATES.coffer }
  }

  async stop(server: Server): Promise<void> {
    this.#servers.splice(this.#servers.indexOf(server), 1)
    await server.stop()
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.stop()))
  }

  async #fill(secrets: number): Promise<Filled> {
    this.say(`filling Coffer with ${secrets} secrets`)
    const server = this.#keep(await startCoffer())
    const startedAt = performance.now()
    await fill(server.address, secrets)
    const seconds = (performance.now() - startedAt) / 1000
    this.say(`  took ${seconds.toFixed(1)} s`)
    const peak = peakMemory(server.pid)
    await this.stop(server)
    return { dataDir: server.dataDir, peakMemory: peak }
  }

  async #onFilled(secrets: number): Promise<Contender> {
    const { dataDir } = await this.filled(secrets)
    const server = this.#keep(await startCoffer({ dataDir }))
    return { name: `Coffer, ${secrets} secrets`, server, secrets, expectedRate: RATES.coffer }
  }

  async #startMoto(): Promise<Contender | undefined> {
    if (!hasMoto()) return undefined
    this.say(`filling moto with ${SMALL} secrets`)
    const server = this.#keep(await startMoto())
    await fill(server.address, SMALL, MOTO_CONNECTIONS)
    return {
      name: `moto, ${SMALL} secrets`,
      server,
      secrets: SMALL,
      expectedRate: RATES.moto,
      maxFailed: MOTO_MAX_FAILED,
    }
  }

  #keep<S extends Server>(server: S): S {
    this.#servers.push(server)
    return server
  }
}
