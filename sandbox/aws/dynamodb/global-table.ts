/**
 * Writes to tables and what follows from them: stream records from the item before and after, and copies to the other Regions, where the last writer wins and
 * items arrive in no order.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import type { Entropy } from '../../../lambda/core/ports/entropy.ts'
import { objectOf, oneOrMany, SandboxProblem, type JsonObject } from '../../json.ts'
import type { DynamoAnswer, DynamoEmulator } from './emulator.ts'
import { isItem, keyOf, type Item, type TableDefinition } from './table-definition.ts'

export interface Change {
  readonly table: TableDefinition
  /** Where it is seen. */
  readonly region: string
  readonly key: Item
  readonly before: Item | undefined
  readonly after: Item | undefined
}

export interface Replication {
  /** Real milliseconds from a write to its copy. */
  readonly delayMs: number
  /** Up to as long again, by chance: items overtake each other. */
  readonly reorder: boolean
}

export interface GlobalTablesOptions {
  readonly emulator: DynamoEmulator
  readonly tables: readonly TableDefinition[]
  readonly replication: Replication
  readonly entropy: Entropy
  readonly onChange: (change: Change) => void
  readonly onFault: (error: unknown) => void
}

interface Touched {
  readonly table: TableDefinition
  readonly key: Item
}

export class GlobalTables {
  readonly #options: GlobalTablesOptions
  readonly #tables: ReadonlyMap<string, TableDefinition>
  /** One write at a time in a Region, so that what was there before is certain. */
  readonly #turns = new Map<string, Promise<unknown>>()
  /** Number of the write that an item in a Region is from. */
  readonly #versions = new Map<string, number>()
  #lastVersion = 0
  #copying = 0
  #whenIdle: (() => void)[] = []
  #isHeld = false
  #held: (() => void)[] = []

  constructor(options: GlobalTablesOptions) {
    this.#options = options
    this.#tables = new Map(options.tables.map((table) => [table.name, table]))
  }

  table(name: string): TableDefinition | undefined {
    return this.#tables.get(name)
  }

  /** A write as a function asked for it, once for all its items. */
  write(region: string, operation: string, input: JsonObject): Promise<DynamoAnswer> {
    return this.#inTurn(region, async () => {
      const touched = this.#touchedBy(operation, input)
      const before = await Promise.all(touched.map((each) => this.#read(region, each)))
      const answer = await this.#options.emulator.call(region, operation, input)
      if (answer.status !== 200) return answer
      for (const [index, each] of touched.entries()) {
        const after = await this.#read(region, each)
        this.#changed({ ...each, region, before: before[index], after })
      }
      return answer
    })
  }

  /** Holds all copies back, or lets them go on: a partition. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    if (!isHeld) for (const release of this.#held.splice(0)) release()
  }

  /** No copy is under way, but for those that are held back. */
  get isIdle(): boolean {
    return this.#copying === 0 || this.#isHeld
  }

  /** Resolves when every copy has arrived. */
  async idle(): Promise<void> {
    while (!this.isIdle) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #changed(change: Change): void {
    // A write that changes nothing makes no stream record and no copy.
    if (isDeepStrictEqual(change.before, change.after)) return
    const version = ++this.#lastVersion
    this.#versions.set(idOf(change), version)
    this.#options.onChange(change)
    for (const region of change.table.regions)
      if (region !== change.region) this.#copyLater({ ...change, region }, version)
  }

  #copyLater(change: Change, version: number): void {
    const { replication, entropy, onFault } = this.#options
    const copy = (): void => {
      void this.#inTurn(change.region, () => this.#copy(change, version))
        .catch(onFault)
        .finally(() => {
          this.#copying--
          if (this.#copying === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
        })
    }
    this.#copying++
    const extra = replication.reorder ? entropy.below(Math.max(1, replication.delayMs) + 1) : 0
    const arrive = (): void => {
      if (this.#isHeld) this.#held.push(copy)
      else copy()
    }
    if (replication.delayMs + extra === 0) setImmediate(arrive)
    else setTimeout(arrive, replication.delayMs + extra)
  }

  async #copy(change: Change, version: number): Promise<void> {
    const { table, region, key, after } = change
    if ((this.#versions.get(idOf(change)) ?? 0) > version) return
    this.#versions.set(idOf(change), version)
    const before = await this.#read(region, change)
    const TableName = table.name
    const { emulator, onChange } = this.#options
    const answer =
      after === undefined
        ? await emulator.call(region, 'DeleteItem', { TableName, Key: key })
        : await emulator.call(region, 'PutItem', { TableName, Item: after })
    if (answer.status !== 200) throw new SandboxProblem(`A copy to ${region} failed: ${JSON.stringify(answer.body)}`)
    if (!isDeepStrictEqual(before, after)) onChange({ ...change, before })
  }

  #touchedBy(operation: string, input: JsonObject): Touched[] {
    if (operation === 'BatchWriteItem')
      return Object.entries(objectOf(input.RequestItems, operation)).flatMap(([name, requests]) =>
        oneOrMany(requests).map((request) => {
          const { PutRequest: put, DeleteRequest: remove } = objectOf(request, operation)
          const item = put === undefined ? objectOf(remove, operation).Key : objectOf(put, operation).Item
          return this.#touch(name, item)
        }),
      )
    const item = operation === 'PutItem' ? input.Item : input.Key
    return [this.#touch(String(input.TableName), item)]
  }

  #touch(name: string, item: unknown): Touched {
    const table = this.#tables.get(name)
    if (table === undefined || !isItem(item)) throw new SandboxProblem(`There is no table ${name}`)
    return { table, key: keyOf(table, item) }
  }

  async #read(region: string, { table, key }: Touched): Promise<Item | undefined> {
    const input = { TableName: table.name, Key: key, ConsistentRead: true }
    const { body } = await this.#options.emulator.call(region, 'GetItem', input)
    return isItem(body.Item) ? body.Item : undefined
  }

  #inTurn<T>(region: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(region) ?? Promise.resolve()).then(work, work)
    this.#turns.set(
      region,
      turn.catch(() => undefined),
    )
    return turn
  }
}

const idOf = ({ region, table, key }: Pick<Change, 'region' | 'table' | 'key'>): string =>
  `${region}\n${table.name}\n${JSON.stringify(key)}`
