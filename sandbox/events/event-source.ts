/**
 * An event source mapping: records of a stream, filtered, in batches, in order, retried as the mapping says.
 * @module
 */
import type { FunctionDefinition } from '../functions/definition.ts'
import type { FunctionHost, Invoked } from '../functions/function-host.ts'
import {
  isObject,
  numberOf,
  objectOf,
  oneOrMany,
  optionalObject,
  optionalText,
  parseJson,
  textOf,
  type JsonObject,
} from '../json.ts'
import type { Resource } from '../template/assembly.ts'
import type { Resolver } from '../template/resolver.ts'
import { readFilterCriteria, type Filter } from './filter-criteria.ts'
import { sequenceOf } from './stream-record.ts'

export interface EventSourceDefinition {
  readonly function: string
  readonly stream: string
  readonly filter: Filter
  readonly batchSize: number
  readonly retries: number
  readonly bisects: boolean
  readonly reportsItems: boolean
  readonly onFailure: string | undefined
}

/** `-1` in a template means until the records expire; here it must end some time. */
const MOST_RETRIES = 10
const DEFAULT_BATCH = 100

export function readEventSource(resolver: Resolver, resource: Resource): EventSourceDefinition | undefined {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  if (properties.Enabled === false) return undefined
  const retries = numberOf(properties.MaximumRetryAttempts ?? -1, `${logicalId}.MaximumRetryAttempts`)
  const destination = optionalObject(optionalObject(properties.DestinationConfig, logicalId).OnFailure, logicalId)
  return {
    function: textOf(properties.FunctionName, `${logicalId}.FunctionName`),
    stream: textOf(properties.EventSourceArn, `${logicalId}.EventSourceArn`),
    filter: readFilterCriteria(properties.FilterCriteria, `${logicalId}.FilterCriteria`),
    batchSize: numberOf(properties.BatchSize ?? DEFAULT_BATCH, `${logicalId}.BatchSize`),
    retries: retries < 0 ? MOST_RETRIES : Math.min(retries, MOST_RETRIES),
    bisects: properties.BisectBatchOnFunctionError === true,
    reportsItems: oneOrMany(properties.FunctionResponseTypes).includes('ReportBatchItemFailures'),
    onFailure: optionalText(destination.Destination, `${logicalId}.DestinationConfig`),
  }
}

/** What Lambda sends to the destination of failures: where the records were, never what was in them. */
export interface DeadLetter {
  readonly destination: string | undefined
  readonly function: string
  readonly condition: 'RetryAttemptsExhausted'
  readonly batchSize: number
  readonly startSequenceNumber: string
  readonly endSequenceNumber: string
}

export interface EventSourceOptions {
  readonly source: EventSourceDefinition
  readonly target: FunctionDefinition
  readonly host: FunctionHost
  readonly onDeadLetter: (letter: DeadLetter) => void
  readonly onFault: (error: unknown) => void
}

export class EventSource {
  readonly #options: EventSourceOptions
  #waiting: JsonObject[] = []
  #work: Promise<void> | undefined

  constructor(options: EventSourceOptions) {
    this.#options = options
  }

  get stream(): string {
    return this.#options.source.stream
  }

  /** Takes a record of its stream; what the filter leaves out is gone. */
  offer(record: JsonObject): void {
    if (!this.#options.source.filter(record)) return
    this.#waiting.push(record)
    this.#work ??= this.#drain()
  }

  get isIdle(): boolean {
    return this.#work === undefined
  }

  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work
  }

  async #drain(): Promise<void> {
    // Records of one moment make one batch.
    await new Promise((resolve) => setImmediate(resolve))
    try {
      while (this.#waiting.length > 0) {
        const { batchSize, retries } = this.#options.source
        const batch = this.#waiting.splice(0, batchSize)
        await this.#deliver(batch, retries)
      }
    } catch (error) {
      this.#options.onFault(error)
    } finally {
      this.#work = undefined
    }
  }

  async #deliver(batch: readonly JsonObject[], retriesLeft: number): Promise<void> {
    const { host, target, source } = this.#options
    const failed = failuresIn(await host.invoke(target, JSON.stringify({ Records: batch })), batch, source.reportsItems)
    if (failed.length === 0) return
    if (retriesLeft === 0) this.#giveUp(failed)
    else if (source.bisects && failed.length > 1) {
      const middle = Math.ceil(failed.length / 2)
      await this.#deliver(failed.slice(0, middle), retriesLeft - 1)
      await this.#deliver(failed.slice(middle), retriesLeft - 1)
    } else await this.#deliver(failed, retriesLeft - 1)
  }

  #giveUp(batch: readonly JsonObject[]): void {
    const { source, onDeadLetter } = this.#options
    onDeadLetter({
      destination: source.onFailure,
      function: this.#options.target.name,
      condition: 'RetryAttemptsExhausted',
      batchSize: batch.length,
      startSequenceNumber: sequenceOf(batch[0] ?? {}),
      endSequenceNumber: sequenceOf(batch.at(-1) ?? {}),
    })
  }
}

/** The records to come again: from the first failed one on. */
function failuresIn(outcome: Invoked, batch: readonly JsonObject[], reportsItems: boolean): readonly JsonObject[] {
  if (outcome.kind === 'refused' || outcome.functionError !== undefined) return batch
  const answer = parseJson(outcome.payload)
  if (!reportsItems || !isObject(answer)) return []
  const failed = oneOrMany(answer.batchItemFailures).map(
    (failure) => objectOf(failure, 'batchItemFailures').itemIdentifier,
  )
  if (failed.length === 0) return []
  const first = batch.findIndex((record) => failed.includes(sequenceOf(record)))
  // An identifier that is not in the batch fails it as a whole.
  return batch.slice(Math.max(0, first))
}
