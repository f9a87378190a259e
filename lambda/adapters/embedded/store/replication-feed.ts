/**
 * What Regions have to tell each other, embedded: every change of a head or link that concerns other Regions leaves a row for each of them, in the transaction of the change, and a row waits until it is delivered. On AWS
 * a global table and its streams do this.
 *
 * A row names an item. Delivered is what the item is by then, so a Region never sees an older state than before, whatever the order of the rows; items arrive each by itself. Value items are not copied at all: they are
 * written once, before the head that names them, and read where they are.
 *
 * Whoever has seen an item goes on seeing it, also when it has nothing to do with it any more: nobody keeps an old state for ever.
 * @module
 */
import {
  regionsConcernedBy,
  regionsConcernedByLink,
  type Link,
  type Replication,
} from '../../../core/domain/replication.ts'
import type { SecretKey } from '../../../core/domain/secret.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { Database } from '../database.ts'
import { reading, unavailable } from './failures.ts'
import { OwnLinks } from './own-links.ts'
import { SeenItems, type ItemKind, type ReplicatedItem } from './seen-items.ts'

/** An item of `region` has changed, and `observer` is to see it. */
export interface FeedRow {
  /** Grows from row to row. */
  readonly seq: number
  readonly observer: string
  readonly account: string
  readonly region: string
  readonly name: string
  readonly kind: ItemKind
  /** Epoch milliseconds of the domain's clock. */
  readonly writtenAt: number
}

interface Replicated {
  readonly replication?: Replication
}

export class ReplicationFeed {
  readonly #database: Database
  readonly #clock: Clock
  readonly #seen: SeenItems
  readonly #links: OwnLinks
  readonly #statements
  readonly #listeners: (() => void)[] = []
  #hasNews = false

  constructor({ database, clock }: { database: Database; clock: Clock }) {
    this.#database = database
    this.#clock = clock
    this.#seen = new SeenItems(database)
    this.#links = new OwnLinks(database)
    this.#statements = {
      append: database.prepare(
        'INSERT INTO feed (observer, account, region, name, kind, written_at) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      page: database.prepare(
        'SELECT seq, observer, account, region, name, kind, written_at FROM feed WHERE seq > ? ORDER BY seq LIMIT ?',
      ),
      remove: database.prepare('DELETE FROM feed WHERE seq = ?'),
      count: database.prepare('SELECT observer, count(*) AS rows FROM feed GROUP BY observer'),
    }
  }

  /** Rows behind `after` that were not delivered, in order. @throws {StoreFailure} */
  pending(limit: number, after = 0): readonly FeedRow[] {
    return reading(() =>
      this.#statements.page.all(after, limit).map((row) => ({
        seq: row.seq as number,
        observer: row.observer as string,
        account: row.account as string,
        region: row.region as string,
        name: row.name as string,
        kind: row.kind as ItemKind,
        writtenAt: row.written_at as number,
      })),
    )
  }

  /** Those that wait. @throws {StoreFailure} */
  pendingByObserver(): ReadonlyMap<string, number> {
    return reading(
      () => new Map(this.#statements.count.all().map((row) => [row.observer as string, row.rows as number])),
    )
  }

  /** In one transaction: the observers see the items as they are now, and the rows are gone. @throws {StoreFailure} */
  async deliver(rows: readonly FeedRow[]): Promise<void> {
    const copies = new Map(rows.map((row) => [copyId(row), row]))
    await this.#database
      .write(() => {
        for (const { observer, account, region, name, kind } of copies.values())
          this.#seen.copy({ key: { account, region, name }, kind }, observer)
        for (const { seq } of rows) this.#statements.remove.run(seq)
      })
      .catch((cause: unknown) => {
        throw unavailable(cause)
      })
  }

  /** `listener` is called whenever rows have become durable. */
  onWritten(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** A head was committed or removed. Within its write of the database; {@link announce} comes after it. */
  headChanged(
    key: SecretKey,
    { before, after }: { before: Replicated | undefined; after: Replicated | undefined },
  ): void {
    const former = before ? regionsConcernedBy(before) : []
    const present = after ? regionsConcernedBy(after) : []
    const head: ReplicatedItem = { key, kind: 'head' }
    this.#append(head, [...former, ...present, ...this.#seen.observersOf(head)])
    // What was written when they had nothing to do with it.
    const newcomers = present.filter((region) => !former.includes(region))
    if (newcomers.length > 0 && this.#links.one(key)) this.#append({ key, kind: 'link' }, newcomers)
  }

  /** A link was saved or removed. `head`: the Region's own of that name. Within its write of the database. */
  linkChanged(
    key: SecretKey,
    { before, after, head }: { before: Link | undefined; after: Link | undefined; head: Replicated | undefined },
  ): void {
    const link: ReplicatedItem = { key, kind: 'link' }
    this.#append(link, [
      ...(before ? regionsConcernedByLink(before) : []),
      ...(after ? regionsConcernedByLink(after) : []),
      ...(head ? regionsConcernedBy(head) : []),
      ...this.#seen.observersOf(link),
    ])
  }

  /** The write that something was appended in is durable. */
  announce(): void {
    if (!this.#hasNews) return
    this.#hasNews = false
    for (const listener of this.#listeners) listener()
  }

  #append({ key: { account, region, name }, kind }: ReplicatedItem, regions: readonly string[]): void {
    const observers = new Set(regions)
    observers.delete(region)
    if (observers.size === 0) return
    const now = this.#clock.now()
    for (const observer of observers) this.#statements.append.run(observer, account, region, name, kind, now)
    this.#hasNews = true
  }
}

const copyId = ({ observer, account, region, name, kind }: FeedRow): string =>
  `${observer}/${kind}/${account}/${region}/${name}`
