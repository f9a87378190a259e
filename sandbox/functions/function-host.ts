/**
 * All functions of a deployment: threads that start when they are needed, and Lambda's rules for invoking them.
 * @module
 */
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import { newAccessKey } from '../../local/identities/access-keys.ts'
import type { SandboxClock } from '../clock.ts'
import { SandboxProblem } from '../json.ts'
import type { FunctionDefinition } from './definition.ts'
import { FunctionWorker, type InvocationResult, type SessionCredentials } from './function-worker.ts'
import type { LogBuffer } from './log-buffer.ts'
import type { ErrorPayload } from './protocol.ts'

/** Lambda quotas: payload of a request or an answer of a synchronous invocation. */
export const PAYLOAD_LIMIT = 6 * 1024 * 1024

export interface FunctionHostOptions {
  readonly clock: SandboxClock
  readonly entropy: Entropy
  readonly logs: LogBuffer
  /** Threads per function. Lambda has no such limit: an event beyond it waits. */
  readonly threads: number
  /** No function runs longer than this, whatever its template says: for tests. */
  readonly longestTimeoutMs: number
  readonly awsEndpoint: () => string
  readonly onInvoked: (definition: FunctionDefinition, requestId: string, failed: boolean) => void
}

export type Invoked =
  | {
      readonly kind: 'answered'
      readonly requestId: string
      readonly payload: string
      readonly functionError?: 'Unhandled'
    }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string }

interface Pool {
  readonly definition: FunctionDefinition
  readonly workers: Set<FunctionWorker>
  readonly idle: FunctionWorker[]
  readonly waiting: ((worker: FunctionWorker) => void)[]
  running: number
}

export class FunctionHost {
  readonly #options: FunctionHostOptions
  readonly #pools = new Map<string, Pool>()
  /** Of all pools, also of those that were replaced. */
  readonly #workers = new Set<FunctionWorker>()
  readonly #byAccessKey = new Map<
    string,
    { readonly definition: FunctionDefinition; readonly worker: FunctionWorker }
  >()
  #running = 0
  #whenIdle: (() => void)[] = []
  #isStopped = false

  constructor(options: FunctionHostOptions) {
    this.#options = options
  }

  /** In the place of the one of that ARN, if there is one: what is at work goes on to its end. */
  add(definition: FunctionDefinition): void {
    const before = this.#pools.get(definition.arn)
    for (const worker of before?.idle.splice(0) ?? []) this.#end(before, worker)
    this.#pools.set(definition.arn, { definition, workers: new Set(), idle: [], waiting: [], running: 0 })
  }

  get definitions(): readonly FunctionDefinition[] {
    return [...this.#pools.values()].map(({ definition }) => definition)
  }

  /** Takes a qualifier: all versions are the same code here. */
  find(arn: string): FunctionDefinition | undefined {
    const unqualified = arn.split(':').slice(0, 7).join(':')
    return this.#pools.get(unqualified)?.definition
  }

  /** Whose credentials these are, and the invocation that uses them. */
  holderOf(
    accessKeyId: string,
  ): { readonly definition: FunctionDefinition; readonly worker: FunctionWorker } | undefined {
    return this.#byAccessKey.get(accessKeyId)
  }

  /** Synchronous, by ARN. Never rejects for what the function does. */
  async invoke({ arn }: FunctionDefinition, payload: string): Promise<Invoked> {
    const pool = this.#pools.get(arn)
    if (pool === undefined) throw new SandboxProblem(`There is no function ${arn}`)
    const { definition } = pool
    const size = Buffer.byteLength(payload)
    if (size > PAYLOAD_LIMIT)
      return {
        kind: 'refused',
        status: 413,
        code: 'RequestTooLargeException',
        message: `${size} byte payload is too large for the RequestResponse invocation type (limit ${PAYLOAD_LIMIT} bytes)`,
      }
    if (definition.reservedConcurrency !== undefined && pool.running >= definition.reservedConcurrency)
      return { kind: 'refused', status: 429, code: 'TooManyRequestsException', message: 'Rate Exceeded.' }
    const requestId = asUuid(this.#options.entropy.bytes(16).toString('hex'))
    pool.running++
    this.#running++
    try {
      const worker = await this.#worker(pool)
      const result = withinLimit(await worker.invoke(requestId, payload))
      this.#release(pool, worker)
      this.#options.onInvoked(definition, requestId, result.kind === 'error')
      if (result.kind === 'result') return { kind: 'answered', requestId, payload: result.payload }
      return { kind: 'answered', requestId, payload: JSON.stringify(result.error), functionError: 'Unhandled' }
    } finally {
      pool.running--
      this.#running--
      if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
  }

  get isIdle(): boolean {
    return this.#running === 0
  }

  /** Resolves when no function is at work. */
  async idle(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
  }

  async #worker(pool: Pool): Promise<FunctionWorker> {
    for (let worker = pool.idle.pop(); worker !== undefined; worker = pool.idle.pop()) {
      if (!worker.isDead) return worker
      this.#forget(pool, worker)
    }
    if (pool.workers.size < this.#options.threads) return this.#start(pool)
    return new Promise((resolve) => pool.waiting.push(resolve))
  }

  #release(pool: Pool, worker: FunctionWorker): void {
    if (worker.isDead) {
      this.#forget(pool, worker)
      const next = this.#isStopped ? undefined : pool.waiting.shift()
      next?.(this.#start(pool))
      return
    }
    const next = pool.waiting.shift()
    if (next !== undefined) next(worker)
    else if (this.#pools.get(pool.definition.arn) === pool) pool.idle.push(worker)
    else this.#end(pool, worker)
  }

  #end(pool: Pool | undefined, worker: FunctionWorker): void {
    if (pool !== undefined) this.#forget(pool, worker)
    void worker.stop()
  }

  #start(pool: Pool): FunctionWorker {
    const { clock, entropy, logs, longestTimeoutMs, awsEndpoint } = this.#options
    const { definition } = pool
    const worker = new FunctionWorker({
      definition,
      credentials: definition.outside?.credentials() ?? sessionCredentials(entropy),
      clock: clock.shared,
      awsEndpoint: awsEndpoint(),
      timeoutMs: Math.min(definition.timeoutMs, longestTimeoutMs),
      onLog: (text) => logs.append(`${definition.region}/${definition.name}`, text),
    })
    pool.workers.add(worker)
    this.#workers.add(worker)
    if (definition.outside === undefined) this.#byAccessKey.set(worker.credentials.accessKeyId, { definition, worker })
    return worker
  }

  #forget(pool: Pool, worker: FunctionWorker): void {
    pool.workers.delete(worker)
    this.#workers.delete(worker)
    this.#byAccessKey.delete(worker.credentials.accessKeyId)
  }
}

function sessionCredentials(entropy: Entropy): SessionCredentials {
  const { accessKeyId, secretAccessKey } = newAccessKey(entropy)
  const sessionToken = entropy.bytes(48).toString('base64')
  return { accessKeyId: accessKeyId.replace(/^AKIA/, 'ASIA'), secretAccessKey, sessionToken }
}

function withinLimit(result: InvocationResult): InvocationResult {
  if (result.kind === 'error' || Buffer.byteLength(result.payload) <= PAYLOAD_LIMIT) return result
  const error: ErrorPayload = {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`,
  }
  return { kind: 'error', error }
}
