/**
 * A connection to a server that may be hostile, below any driver and its TLS: it goes only where it may, carries only so much, and breaks when the step has no more time.
 * @module
 */
import { lookup } from 'node:dns'
import { isIP, Socket, type LookupFunction } from 'node:net'
import { Duplex } from 'node:stream'
import type { Login } from '../database-secret.ts'
import { anywhere, type MayReach } from '../reachable-hosts.ts'
import { RotationError } from '../rotation-error.ts'
import { refused } from './engine.ts'

/** How far the connections of a step go. */
export interface Reach {
  /** Aborted: no connection is made, and those that are open break. */
  readonly signal?: AbortSignal | undefined
  readonly mayReach?: MayReach | undefined
  /** How long an orderly end may take. */
  readonly farewellMs?: number | undefined
}

export interface WireOptions {
  readonly login: Login
  readonly reach: Reach
  /** What the server may send. */
  readonly mostMebibytes?: number
}

const MOST_MEBIBYTES = 1
const FAREWELL_MS = 1_000

/** Has what drivers call on a socket. */
export class Wire extends Duplex {
  readonly #options: WireOptions
  readonly #socket = new Socket()
  readonly #broken: Promise<never>
  #break: (problem: Error) => void = () => undefined
  #received = 0

  constructor(options: WireOptions) {
    // What has arrived before the server's end is still read.
    super({ allowHalfOpen: false })
    this.#options = options
    this.#broken = new Promise<never>((_, reject) => (this.#break = reject))
    this.#broken.catch(() => undefined)
    // A driver listens only for as long as it is interested.
    this.on('error', () => undefined)
    this.#listen()
  }

  /** To the login's server, whatever a driver says. */
  connect(): this {
    const { login, reach } = this.#options
    const { host, port } = login
    const { signal, mayReach = anywhere } = reach
    if (signal?.aborted) return this.#fail(signal.reason)
    const onAbort = (): unknown => this.#fail(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.once('close', () => signal?.removeEventListener('abort', onAbort))
    // Addresses are looked up nowhere.
    if (isIP(host) !== 0 && !mayReach({ host, address: host })) return this.#fail(notAllowed(login))
    this.#socket.setNoDelay(true)
    this.#socket.connect({ host, port, lookup: this.#lookup(mayReach) })
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  /** @throws {RotationError} where it was this connection that broke, why; else what `work` throws */
  async during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#broken])
  }

  /** @param say ends the connection in the way of its protocol; a server that does not answer is not waited for */
  async farewell(say: () => Promise<unknown>): Promise<void> {
    const { farewellMs = FAREWELL_MS } = this.#options.reach
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, farewellMs)))
    const closed = new Promise<void>((resolve) => this.once('close', resolve))
    await Promise.race([say().catch(() => undefined), closed, timeout])
    clearTimeout(timer)
    this.destroy()
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, callback)
  }

  override _final(callback: () => void): void {
    this.#socket.end(callback)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#socket.destroy()
    // TLS above it, which ends in this way when it trusts a server not, tells why a moment later; drivers take what they hear first.
    setImmediate(() => setImmediate(() => callback(error)))
  }

  #listen(): void {
    this.#socket
      .on('connect', () => this.emit('connect'))
      .on('data', (chunk) => this.#receive(chunk))
      .on('end', () => this.push(null))
      .on('error', (error) => this.destroy(error))
  }

  #receive(chunk: Buffer): void {
    const { login, mostMebibytes = MOST_MEBIBYTES } = this.#options
    this.#received += chunk.length
    if (this.#received > mostMebibytes * 1024 * 1024) {
      this.#fail(refused(login, `it sent more than ${mostMebibytes} MiB, which no answer here comes to`))
    } else if (!this.push(chunk)) this.#socket.pause()
  }

  /** The connection is made to the very addresses that were looked at. */
  #lookup(mayReach: MayReach): LookupFunction {
    const { login } = this.#options
    return (name, options, callback) => {
      lookup(name, { ...options, all: true }, (error, found) => {
        // Where there is an error, nothing was found, whatever the types say.
        const [first] = error === null ? found : []
        if (first === undefined) {
          callback(error ?? new Error('no address'), '')
        } else if (!found.every(({ address }) => mayReach({ host: login.host, address }))) {
          this.#fail(notAllowed(login))
          callback(new Error('not allowed'), '')
        } else if (options.all === true) callback(null, found)
        else callback(null, first.address, first.family)
      })
    }
  }

  #fail(reason: unknown): this {
    const problem = reason instanceof Error ? reason : new Error('the step has ended')
    this.#break(problem)
    return this.destroy(problem)
  }
}

/** The same for all that could come of it, so that nothing is learned of what is there. */
const notAllowed = ({ host }: Login): RotationError =>
  new RotationError(
    'HostNotAllowed',
    `Managed rotation may not connect to ${host}: it is the machine itself, or link-local. Embedded, it can be allowed with --rotation-database-hosts.`,
  )
