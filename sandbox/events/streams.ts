/**
 * The streams of all tables and Regions, and the functions that read them.
 * @module
 */
import type { Change } from '../aws/dynamodb/global-table.ts'
import { streamIn } from '../aws/dynamodb/table-definition.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { EventSource } from './event-source.ts'
import { streamRecord } from './stream-record.ts'

export class Streams {
  readonly #clock: Clock
  readonly #sources: EventSource[] = []
  #sequence = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(source: EventSource): void {
    this.#sources.push(source)
  }

  publish(change: Change): void {
    const stream = streamIn(change.table, change.region)
    if (stream === undefined) return
    const record = streamRecord(change, stream, ++this.#sequence, this.#clock.now())
    for (const source of this.#sources) if (source.stream === stream) source.offer(record)
  }

  get isIdle(): boolean {
    return this.#sources.every((source) => source.isIdle)
  }

  async idle(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.idle()))
  }
}
