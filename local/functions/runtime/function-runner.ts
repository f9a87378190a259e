/**
 * Runs Lambda functions, unmodified, in processes of their own on this machine: kept warm, as many at the same time as a function may have, and not more than a
 * number for all of them together. This is no sandbox: the processes run as the server's own user and can read and do what that user can; only the server's
 * environment is kept from them. Run functions here that you would run on this machine anyway.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { wallClock } from '../../../lambda/adapters/wall-clock.ts'
import { asPayload, removed, throttled } from './error-documents.ts'
import { FunctionPool, type Waiting } from './function-pool.ts'
import { FunctionProcess, type ProcessSurroundings } from './function-process.ts'
import { Guardian } from './guardian.ts'
import { findPython, type PythonProgram } from './python-program.ts'
import { RuntimeApi } from './runtime-api.ts'
import {
  MAX_EVENT_BYTES,
  type InvocationOptions,
  type InvocationResult,
  type LogLine,
  type RunnableFunction,
} from './runnable-function.ts'

export * from './runnable-function.ts'

export interface FunctionRunnerOptions {
  /** Path or name of the Python to run Python functions on; `python3` by default. */
  readonly python?: string
  /** Processes at the same time, all functions together. 32 by default. */
  readonly maxProcesses?: number
  /** How long an invocation waits for a process before it is throttled. 30 s by default. */
  readonly queueMs?: number
  /** After how long an unused process is ended. 5 minutes by default. */
  readonly idleMs?: number
  /** Wall time, epoch milliseconds. */
  readonly now?: () => number
}

/** The runner was closed before the invocation had ended: nothing is known of its result. */
export class RunnerClosed extends Error {
  override readonly name = 'RunnerClosed'
  constructor() {
    super('Functions are no longer run: the server is closing.')
  }
}

/** Invocations of one function that may wait. */
const MAX_WAITING = 1000
const SWEEP_MS = 15_000

export class FunctionRunner {
  readonly #options: Required<FunctionRunnerOptions>
  readonly #surroundings: ProcessSurroundings
  readonly #pools = new Map<string, FunctionPool>()
  /** Those that were told to end, and have not yet. */
  readonly #ending = new Set<FunctionProcess>()
  readonly #sweep: NodeJS.Timeout
  /** What to call for those that have not ended when the runner is closed. */
  readonly #pending = new Set<(error: RunnerClosed) => void>()
  #isClosed = false

  constructor(options: FunctionRunnerOptions = {}) {
    const defaults = {
      python: 'python3',
      maxProcesses: 32,
      queueMs: 30_000,
      idleMs: 5 * 60_000,
      now: () => wallClock.now(),
    }
    this.#options = { ...defaults, ...options }
    const { python, now } = this.#options
    this.#surroundings = {
      api: new RuntimeApi(),
      guardian: new Guardian(),
      findPython: once(() => findPython(python)),
      now,
    }
    this.#sweep = setInterval(() => this.endIdle(), SWEEP_MS).unref()
  }

  /**
   * Runs the function and waits for its end. Never throws for what the function does.
   * @throws {RangeError} when the event is larger than MAX_EVENT_BYTES or the request id is none, {SyntaxError} when the client context is no JSON, {RunnerClosed} when the runner is or was
   *   closed before the end, and what asking for the credentials throws
   */
  async invoke(fn: RunnableFunction, payload: Buffer, options: InvocationOptions = {}): Promise<InvocationResult> {
    if (this.#isClosed) throw new RunnerClosed()
    if (payload.length > MAX_EVENT_BYTES)
      throw new RangeError(`An event has at most ${MAX_EVENT_BYTES} bytes, and this one has ${payload.length}.`)
    const { requestId = randomUUID(), clientContext } = options
    if (!/^[\w-]{1,64}$/.test(requestId)) throw new RangeError('A request id has letters, digits and hyphens.')
    const pool = this.#poolOf(fn)
    if (fn.maxConcurrency < 1 || pool.waiting.size >= MAX_WAITING) return throttledResult(requestId)
    const context = clientContext === undefined ? undefined : asciiJson(clientContext)
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResult>()
    const waiting: Waiting = { requestId, payload, clientContext: context, resolve, reject, timer: undefined }
    this.#pending.add(reject)
    pool.waiting.add(waiting)
    this.#dispatch()
    if (pool.waiting.has(waiting))
      waiting.timer = setTimeout(() => {
        pool.waiting.delete(waiting)
        resolve(throttledResult(requestId))
      }, this.#options.queueMs)
    return promise.finally(() => this.#pending.delete(reject))
  }

  /** Oldest first, the last 200 KB or so. */
  logs(arn: string): readonly LogLine[] {
    return this.#pools.get(arn)?.log.lines() ?? []
  }

  /** Ends its processes, and drops its log. What it runs, and what waits for it, fails. */
  async forget(arn: string): Promise<void> {
    const pool = this.#pools.get(arn)
    if (pool === undefined) return
    this.#pools.delete(arn)
    for (const { requestId, resolve, timer } of pool.waiting) {
      clearTimeout(timer)
      resolve({ requestId, status: 'failed', payload: asPayload(removed(requestId)), logTail: '', durationMs: 0 })
    }
    pool.waiting.clear()
    await Promise.all([...pool.processes].map((process) => this.#stop(pool, process)))
  }

  /** Ends every process. Invocations that have not ended reject with RunnerClosed. */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      clearInterval(this.#sweep)
      for (const reject of this.#pending) reject(new RunnerClosed())
    }
    await Promise.all([...this.#pools.keys()].map((arn) => this.forget(arn)))
    await Promise.all([...this.#ending].map(({ end }) => end))
    await this.#surroundings.guardian.close()
    await this.#surroundings.api.close()
  }

  /** Ends the processes that were not used for a while. Runs by itself from time to time. */
  endIdle(): void {
    const before = this.#options.now() - this.#options.idleMs
    for (const pool of this.#pools.values())
      for (const [process, since] of pool.idle) if (since <= before) void this.#stop(pool, process)
  }

  #poolOf(fn: RunnableFunction): FunctionPool {
    const { arn, revisionId } = fn
    const known = this.#pools.get(arn)
    if (known === undefined) {
      const pool = new FunctionPool(fn)
      this.#pools.set(arn, pool)
      return pool
    }
    const isChanged = known.fn.revisionId !== revisionId
    known.fn = fn
    if (isChanged) for (const process of known.idle.keys()) void this.#stop(known, process)
    return known
  }

  /** Gives invocations that wait to processes, as far as there are some and as there may be new ones. */
  #dispatch(): void {
    for (const pool of this.#pools.values())
      for (const waiting of pool.waiting) {
        const process = this.#processFor(pool, waiting)
        if (process === 'none') break
        pool.waiting.delete(waiting)
        clearTimeout(waiting.timer)
        process?.run(waiting).then(waiting.resolve, waiting.reject)
      }
  }

  /** @returns undefined when the invocation was rejected */
  #processFor(pool: FunctionPool, waiting: Waiting): FunctionProcess | 'none' | undefined {
    const now = this.#options.now()
    const [warm, stale] = pool.takeIdle(now)
    for (const process of stale) void this.#stop(pool, process)
    if (warm !== undefined) return warm
    if (pool.processes.size >= pool.fn.maxConcurrency || !this.#makeRoom()) return 'none'
    try {
      const process: FunctionProcess = new FunctionProcess(pool.fn, pool.log, this.#surroundings, {
        free: () => this.#onFree(pool, process),
        ended: () => this.#onEnded(pool, process),
      })
      pool.processes.add(process)
      return process
    } catch (error) {
      waiting.reject(error)
      return undefined
    }
  }

  /** @returns whether one more process may be started: at the limit the one that was unused for longest has to go. */
  #makeRoom(): boolean {
    const pools = [...this.#pools.values()]
    const count = pools.reduce((sum, { processes }) => sum + processes.size, 0)
    if (count < this.#options.maxProcesses) return true
    const [longest] = pools
      .flatMap((pool) => [...pool.idle].map(([process, since]) => ({ pool, process, since })))
      .sort((a, b) => a.since - b.since)
    if (longest === undefined) return false
    void this.#stop(longest.pool, longest.process)
    return true
  }

  #onFree(pool: FunctionPool, process: FunctionProcess): void {
    const now = this.#options.now()
    if (process.isGoodFor(pool.fn.revisionId, now)) pool.idle.set(process, now)
    else void this.#stop(pool, process)
    this.#dispatch()
  }

  #onEnded(pool: FunctionPool, process: FunctionProcess): void {
    pool.remove(process)
    this.#ending.delete(process)
    if (!this.#isClosed) this.#dispatch()
  }

  async #stop(pool: FunctionPool, process: FunctionProcess): Promise<void> {
    pool.remove(process)
    this.#ending.add(process)
    await process.stop()
  }
}

const throttledResult = (requestId: string): InvocationResult => ({
  requestId,
  status: 'throttled',
  payload: asPayload(throttled()),
  logTail: '',
  durationMs: 0,
})

/** What fits in a header. @throws {SyntaxError} */
const asciiJson = (text: string): string =>
  JSON.stringify(JSON.parse(text)).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** One call for all, until it fails. */
function once(find: () => Promise<PythonProgram>): () => Promise<PythonProgram> {
  let found: Promise<PythonProgram> | undefined
  return () => {
    found ??= find().catch((error: unknown) => {
      found = undefined
      throw error
    })
    return found
  }
}
