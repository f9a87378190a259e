/**
 * The log of the embedded server: one line per request by allow-list, and the events of its life.
 * @module
 */
import type { Clock } from '../../lambda/core/ports/clock.ts'
import { describeFault } from '../../lambda/protocol/describe-fault.ts'
import { formatEntry, type Fields, type Level, type LogFormat } from './format.ts'
import type { Output } from './output.ts'

/** All that is ever said of a request. */
export interface RequestEntry {
  readonly requestId: string
  /** Which of the services that the endpoint speaks for. */
  readonly service: string
  readonly operation: string
  readonly account: string | undefined
  readonly region: string | undefined
  readonly accessKeyId: string | undefined
  readonly principal: string | undefined
  readonly resource: string | undefined
  readonly status: number
  readonly code: string | undefined
  /** What KMS or the store said, where the code says less. */
  readonly reason?: string | undefined
  readonly latencyMs: number
  readonly sourceIp: string | undefined
}

export interface LogOptions {
  readonly format: LogFormat
  readonly output: Output
  readonly wallClock: Clock
}

export class Log {
  readonly #options: LogOptions
  #lastTime = -1
  #lastTimeText = ''

  constructor(options: LogOptions) {
    this.#options = options
  }

  request(entry: RequestEntry): void {
    // Named one by one: a field that an entry should happen to have besides is not logged.
    this.#write(entry.status >= 500 ? 'error' : 'info', 'request', {
      requestId: entry.requestId,
      service: entry.service,
      operation: entry.operation,
      account: entry.account,
      region: entry.region,
      accessKeyId: entry.accessKeyId,
      principal: entry.principal,
      resource: entry.resource,
      status: entry.status,
      code: entry.code,
      reason: entry.reason,
      latencyMs: entry.latencyMs,
      sourceIp: entry.sourceIp,
    })
  }

  /** Something in the server's life. `fields` never holds request data. */
  event(event: string, fields: Fields = {}, level: Level = 'info'): void {
    this.#write(level, event, fields)
  }

  /** An error that nobody expected. */
  fault(error: unknown, fields: Fields = {}): void {
    this.#write('error', 'fault', { ...fields, ...describeFault(error) })
  }

  /** Text for people, as it is. */
  say(text: string): void {
    this.#options.output.line(text)
  }

  #write(level: Level, event: string, fields: Fields): void {
    const { format, output } = this.#options
    output.line(formatEntry(format, { time: this.#time(), level, event, fields }))
  }

  #time(): string {
    const now = this.#options.wallClock.now()
    if (now !== this.#lastTime) {
      this.#lastTime = now
      this.#lastTimeText = new Date(now).toISOString()
    }
    return this.#lastTimeText
  }
}
