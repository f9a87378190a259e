/**
 * Numbers for Prometheus: requests by operation and code, their latency, rotations by how they went, and the process's own through prom-client. The two that every request touches are
 * tallied here in plain arrays (prom-client hashes the labels at every observation) and rendered when they are scraped. Labels are operation names and error
 * codes, never names or ARNs.
 * @module
 */
import { collectDefaultMetrics, Registry } from 'prom-client'
import { escapeLabel, Histogram } from './histogram.ts'

/** Seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const

/** Services report operations and codes from their tables; a mistake there must not grow without bound. */
const MAX_SERIES = 1000

export class Metrics {
  readonly #requests = new Map<string, Map<string, number>>()
  readonly #latencies = new Histogram('operation', BUCKETS)
  readonly #rotations = new Map<string, number>()
  readonly #process: Registry
  /** Texts of others, when the numbers are asked for. */
  readonly #others: (() => string)[] = []
  #series = 0

  constructor() {
    this.#process = new Registry()
    collectDefaultMetrics({ register: this.#process })
  }

  get contentType(): string {
    return this.#process.contentType
  }

  /** @param code of the error, or undefined when it went well */
  count(operation: string, code: string | undefined, latencyMs: number): void {
    const name = this.#requests.has(operation) || this.#series < MAX_SERIES ? operation : 'other'
    this.#countRequest(name, code ?? 'OK')
    this.#latencies.observe(name, latencyMs / 1000)
  }

  /** @param result of a rotation or, `failed`, of one attempt of it */
  countRotation(kind: 'rotation' | 'test', result: 'started' | 'succeeded' | 'failed' | 'abandoned'): void {
    const labels = `kind="${kind}",result="${result}"`
    this.#rotations.set(labels, (this.#rotations.get(labels) ?? 0) + 1)
  }

  /** @param text in the text exposition format 0.0.4, with a line break at its end */
  include(text: () => string): void {
    this.#others.push(text)
  }

  /** The text exposition format 0.0.4. */
  async text(): Promise<string> {
    const others = this.#others.map((text) => text())
    const own = [this.#requestLines(), this.#latencyLines(), this.#rotationLines(), ...others]
    return `${own.join('\n')}\n${await this.#process.metrics()}`
  }

  #countRequest(operation: string, code: string): void {
    let codes = this.#requests.get(operation)
    if (codes === undefined) this.#requests.set(operation, (codes = new Map<string, number>()))
    const known = codes.get(code)
    if (known === undefined) this.#series++
    codes.set(code, (known ?? 0) + 1)
  }

  #requestLines(): string {
    const name = 'coffer_requests_total'
    const lines = [`# HELP ${name} Requests by operation and error code (OK: none)`, `# TYPE ${name} counter`]
    for (const [operation, codes] of this.#requests)
      for (const [code, count] of codes)
        lines.push(`${name}{operation="${escapeLabel(operation)}",code="${escapeLabel(code)}"} ${count}`)
    return `${lines.join('\n')}\n`
  }

  #rotationLines(): string {
    const name = 'coffer_rotations_total'
    const lines = [`# HELP ${name} Rotations and their tests by result (failed: attempts)`, `# TYPE ${name} counter`]
    for (const [labels, count] of this.#rotations) lines.push(`${name}{${labels}} ${count}`)
    return `${lines.join('\n')}\n`
  }

  #latencyLines(): string {
    const name = 'coffer_request_duration_seconds'
    return `${this.#latencies.lines(name, "Time from the request's headers to its answer").join('\n')}\n`
  }
}
