/**
 * The event port over a webhook: each event is posted as JSON, in the order in which they happened. Nobody waits for it: what they tell of goes on whatever the receiver does, and what cannot be delivered is dropped
 * and said so in the log.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { serviceEventRecord } from '../../lambda/adapters/service-event-record.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { EventPort, ServiceEvent } from '../../lambda/core/ports/events.ts'
import { signature, SIGNATURE_HEADER } from '../../lambda/managed-rotation/strategies/webhook.ts'
import { wallClock } from '../clock.ts'
import type { Log } from '../log/log.ts'

export interface EventWebhookOptions {
  /** Sensitive: receivers may know their callers by a part of it. */
  readonly url: string
  /** Signs what is sent; absent: it is not signed. */
  readonly key?: string | undefined
  readonly log: Pick<Log, 'event'>
  /** Of signatures: real time. */
  readonly clock?: Clock
  readonly timeoutMs?: number
  /** Events that may wait. */
  readonly capacity?: number
  /** Waits between attempts; tests do not. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
}

const TIMEOUT_MS = 5_000
const CAPACITY = 2_000
const PAUSES_MS = [1_000, 4_000, 16_000]
/** What is on its way when Coffer stops gets this much longer. */
const FAREWELL_MS = 2_000

export class EventWebhook implements EventPort {
  readonly #options: Required<Omit<EventWebhookOptions, 'key'>> & Pick<EventWebhookOptions, 'key'>
  readonly #queue: ServiceEvent[] = []
  readonly #stopping = new AbortController()
  #working: Promise<void> | undefined
  /** Dropped since the last line about it. */
  #dropped = 0

  constructor(options: EventWebhookOptions) {
    this.#options = {
      clock: wallClock,
      timeoutMs: TIMEOUT_MS,
      capacity: CAPACITY,
      pause: (milliseconds, signal) => sleep(milliseconds, undefined, { signal, ref: false }),
      ...options,
    }
  }

  /** At once: it is sent later. */
  async tell(event: ServiceEvent): Promise<void> {
    if (this.#stopping.signal.aborted || this.#queue.length >= this.#options.capacity) {
      this.#dropped++
      return
    }
    this.#queue.push(event)
    this.#working ??= this.#work()
  }

  /** Sends what it can in a moment, and says what was not sent. */
  async close(): Promise<void> {
    const work = this.#working ?? Promise.resolve()
    await Promise.race([work, sleep(FAREWELL_MS, undefined, { ref: false })])
    this.#stopping.abort()
    await work
    this.#dropped += this.#queue.splice(0).length
    this.#noteDropped()
  }

  async #work(): Promise<void> {
    // So that whoever tells is not kept by the making of a request.
    await Promise.resolve()
    for (let event = this.#queue[0]; event !== undefined; event = this.#queue[0]) {
      await this.#deliver(event)
      if (this.#stopping.signal.aborted) break
      this.#queue.shift()
      this.#noteDropped()
    }
    this.#working = undefined
  }

  async #deliver(event: ServiceEvent): Promise<void> {
    const { pause, log, url } = this.#options
    const { signal } = this.#stopping
    const isStopping = (): boolean => signal.aborted
    const body = JSON.stringify(serviceEventRecord(event))
    for (let attempt = 0; ; attempt++) {
      const trouble = await this.#post(body)
      if (trouble === undefined || isStopping()) return
      const wait = PAUSES_MS[attempt]
      if (wait === undefined || !trouble.isPassing) {
        const { name, secretArn: resource, versionId, replicaRegion } = event
        const of = { name, resource, versionId, replicaRegion }
        log.event('event-webhook', { ...of, to: new URL(url).origin, problem: trouble.problem }, 'warn')
        return
      }
      await pause(wait, signal).catch(() => undefined)
      if (isStopping()) return
    }
  }

  async #post(body: string): Promise<Trouble | undefined> {
    const { url, key, clock, timeoutMs } = this.#options
    const seconds = Math.floor(clock.now() / 1000)
    const late = AbortSignal.timeout(timeoutMs)
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && { [SIGNATURE_HEADER]: signature(body, { key, seconds }) }),
        },
        body,
        // A redirect leads to where nobody has said that events may go.
        redirect: 'manual',
        signal: AbortSignal.any([late, this.#stopping.signal]),
      })
      await answer.body?.cancel()
      if (answer.ok) return undefined
      const { status } = answer
      return { problem: `it answered ${status}`, isPassing: status >= 500 || status === 429 || status === 408 }
    } catch {
      return { problem: late.aborted ? 'no answer in time' : 'no connection', isPassing: true }
    }
  }

  #noteDropped(): void {
    if (this.#dropped === 0) return
    const { log, url } = this.#options
    const fields = { dropped: this.#dropped, to: new URL(url).origin, problem: 'too many events were waiting' }
    log.event('event-webhook', fields, 'warn')
    this.#dropped = 0
  }
}

interface Trouble {
  readonly problem: string
  readonly isPassing: boolean
}
