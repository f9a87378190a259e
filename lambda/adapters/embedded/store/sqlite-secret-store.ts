/**
 * The SecretStore of an embedded Coffer: heads and values in SQLite, with recently used heads in memory. A commit replaces the head in memory right after it is
 * durable, before anything else can run, so a read never sees an older state than the last acknowledged write.
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import type { AccessRecord, SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import {
  StoreFailure,
  type Commit,
  type CommitResult,
  type ListedSecret,
  type ListOrder,
  type ListQuery,
  type ScannedValue,
  type SecretStore,
  type StoredSecret,
  type ValueRef,
} from '../../../core/ports/secret-store.ts'
import type { Database } from '../database.ts'
import { GenerationCache } from '../generation-cache.ts'
import { AccessLog, decodeAccess, neverRead } from './access-log.ts'
import { decodeHead, decodeSummary, encodeHead } from './head-record.ts'

/** Memory for heads, roughly. */
const CACHE_BYTES = 64 * 1024 * 1024
/** What a head costs beside its inline value, and each of its versions (measured). */
const HEAD_BYTES = 1_200
const VERSION_BYTES = 300

const sortColumns: Readonly<Record<Exclude<ListOrder, 'name'>, string>> = {
  created: 'created_at',
  changed: 'changed_at',
  accessed: 'accessed_day',
}
const IS_HEAD = 'account = ? AND region = ? AND name = ?'

export class SqliteSecretStore implements SecretStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #access: AccessLog
  readonly #cache = new GenerationCache<StoredSecret>(CACHE_BYTES, costOf)
  readonly #lists = new Map<string, StatementSync>()
  readonly #statements

  constructor({ database, clock }: { database: Database; clock: Clock }) {
    this.#database = database
    this.#clock = clock
    this.#access = new AccessLog(database)
    this.#statements = prepareAll(database)
  }

  async load(key: SecretKey): Promise<StoredSecret | undefined> {
    return this.#load(key)
  }

  async loadMany(keys: readonly SecretKey[]): Promise<readonly (StoredSecret | undefined)[]> {
    return keys.map((key) => this.#load(key))
  }

  async readValue({ key, suffix, id }: ValueRef): Promise<Uint8Array | undefined> {
    return reading(() => {
      const row = this.#statements.value.get(key.account, key.region, key.name, suffix, id)
      return row?.sealed as Uint8Array | undefined
    })
  }

  async commit({ head, put, drop }: Commit): Promise<CommitResult> {
    return this.#write(
      () => {
        if (!this.#writeHead(head)) return 'conflict'
        const { account, region, name } = head.key
        for (const { id, sealed } of put)
          this.#statements.putValue.run(account, region, name, head.suffix, id, this.#clock.now(), sealed)
        for (const id of drop) this.#statements.dropValue.run(account, region, name, head.suffix, id)
        return 'committed'
      },
      (result) => {
        if (result === 'committed') this.#remember(head)
      },
    )
  }

  async remove({ key, suffix, revision }: SecretHead): Promise<CommitResult> {
    return this.#write(
      () => {
        const { changes } = this.#statements.remove.run(key.account, key.region, key.name, suffix, revision)
        return changes === 1 ? 'committed' : 'conflict'
      },
      (result) => {
        if (result === 'committed') this.#cache.delete(cacheKeyOf(key))
      },
    )
  }

  async recordAccess(head: SecretHead, versionId: string, day: number): Promise<void> {
    const cacheKey = cacheKeyOf(head.key)
    const stored = this.#load(head.key)
    if (stored?.head.suffix !== head.suffix) return
    const kept = [...stored.access.versions].filter(([id]) => stored.head.versions.some((version) => version.id === id))
    const access: AccessRecord = {
      day: Math.max(day, stored.access.day),
      versions: new Map([...kept, [versionId, day]]),
    }
    this.#cache.set(cacheKey, { head: stored.head, access })
    this.#access.remember(cacheKey, stored.head, access)
  }

  async list(query: ListQuery): Promise<readonly ListedSecret[]> {
    if (query.order === 'accessed') await this.#access.flush()
    const { account, region, after, order, limit } = query
    const place = after === undefined ? [] : order === 'name' ? [after.name] : [after.at, after.name]
    return reading(() => {
      const rows = this.#listStatement(query).all(account, region, ...place, limit) as unknown as ListRow[]
      return rows.map((row) => this.#listed(account, region, row))
    })
  }

  async duePurges(now: number, limit: number): Promise<readonly SecretHead[]> {
    return reading(() => {
      const rows = this.#statements.due.all(now, limit)
      const keys = rows.map((row) => ({
        account: row.account as string,
        region: row.region as string,
        name: row.name as string,
      }))
      return keys.flatMap((key) => this.#load(key)?.head ?? [])
    })
  }

  async valuesOf({ key, suffix }: SecretHead): Promise<readonly string[]> {
    return reading(() => {
      const rows = this.#statements.valuesOf.all(key.account, key.region, key.name, suffix)
      return rows.map((row) => row.id as string)
    })
  }

  async scanValues(after: string | undefined, limit: number): Promise<readonly ScannedValue[]> {
    return reading(() => {
      const rows = this.#statements.scanValues.all(Number(after ?? 0), limit)
      return rows.map((row) => ({
        ref: {
          key: { account: row.account as string, region: row.region as string, name: row.name as string },
          suffix: row.suffix as string,
          id: row.id as string,
        },
        writtenAt: row.written_at as number,
        position: String(row.position),
      }))
    })
  }

  async dropValues(refs: readonly ValueRef[]): Promise<void> {
    if (refs.length === 0) return
    await this.#write(() => {
      for (const { key, suffix, id } of refs)
        this.#statements.dropValue.run(key.account, key.region, key.name, suffix, id)
    })
  }

  /** Writes the access dates that are still in memory. */
  async close(): Promise<void> {
    await this.#access.flush()
  }

  #load(key: SecretKey): StoredSecret | undefined {
    const cacheKey = cacheKeyOf(key)
    const cached = this.#cache.get(cacheKey)
    if (cached) return cached
    const stored = reading(() => this.#read(key, cacheKey))
    if (stored) this.#cache.set(cacheKey, stored)
    return stored
  }

  #read(key: SecretKey, cacheKey: string): StoredSecret | undefined {
    const row = this.#statements.load.get(key.account, key.region, key.name) as unknown as HeadRow | undefined
    if (!row) return undefined
    const [record, inline, day, accessed] = row
    const head = decodeHead(key, record, inline)
    return { head, access: this.#access.pendingFor(cacheKey, head.suffix) ?? decodeAccess(day, accessed) }
  }

  #listed(account: string, region: string, [name, record, day, accessed]: ListRow): ListedSecret {
    const key = { account, region, name }
    const head = decodeSummary(key, record)
    const pending = this.#access.isPending ? this.#access.pendingFor(cacheKeyOf(key), head.suffix) : undefined
    return { head, access: pending ?? decodeAccess(day, accessed) }
  }

  /** @returns whether the row had the revision that the head builds on */
  #writeHead(head: SecretHead): boolean {
    const { key, suffix, revision, createdAt, changedAt, deletion } = head
    const { record, inline } = encodeHead(head)
    const purgeAt = deletion?.purgeAt ?? null
    const { account, region, name } = key
    const { changes } =
      revision === 1
        ? this.#statements.insert.run(
            account,
            region,
            name,
            suffix,
            revision,
            createdAt,
            changedAt,
            purgeAt,
            record,
            inline,
          )
        : this.#statements.update.run(
            revision,
            changedAt,
            purgeAt,
            record,
            inline,
            account,
            region,
            name,
            suffix,
            revision - 1,
          )
    return changes === 1
  }

  #remember(head: SecretHead): void {
    const cacheKey = cacheKeyOf(head.key)
    const known = this.#cache.get(cacheKey)
    if (head.revision > 1 && known?.head.suffix !== head.suffix) return
    this.#cache.set(cacheKey, { head, access: head.revision > 1 && known ? known.access : neverRead })
  }

  #listStatement({ order, descending, after }: ListQuery): StatementSync {
    const id = `${order} ${descending} ${after !== undefined}`
    const made = this.#lists.get(id)
    if (made) return made
    const columns = order === 'name' ? ['name'] : [sortColumns[order], 'name']
    const direction = descending ? 'DESC' : 'ASC'
    const from =
      after === undefined
        ? ''
        : `AND (${columns.join(', ')}) ${descending ? '<' : '>'} (${columns.map(() => '?').join(', ')})`
    const statement = this.#database.prepare(
      `SELECT name, record, accessed_day, accessed FROM head WHERE account = ? AND region = ? ${from}
       ORDER BY ${columns.map((column) => `${column} ${direction}`).join(', ')} LIMIT ?`,
    )
    statement.setReturnArrays(true)
    this.#lists.set(id, statement)
    return statement
  }

  #write<T>(work: () => T, committed?: (result: T) => void): Promise<T> {
    return this.#database.write(work, committed).catch((cause: unknown) => {
      throw unavailable(cause)
    })
  }
}

type HeadRow = readonly [record: string, inline: Uint8Array | null, day: number, accessed: string | null]
type ListRow = readonly [name: string, record: string, day: number, accessed: string | null]

function prepareAll(database: Database) {
  const load = database.prepare(`SELECT record, inline, accessed_day, accessed FROM head WHERE ${IS_HEAD}`)
  load.setReturnArrays(true)
  return {
    load,
    insert: database.prepare(
      `INSERT INTO head (account, region, name, suffix, revision, created_at, changed_at, purge_at, record, inline)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    update: database.prepare(
      `UPDATE head SET revision = ?, changed_at = ?, purge_at = ?, record = ?, inline = ?
       WHERE ${IS_HEAD} AND suffix = ? AND revision = ?`,
    ),
    remove: database.prepare(`DELETE FROM head WHERE ${IS_HEAD} AND suffix = ? AND revision = ?`),
    due: database.prepare('SELECT account, region, name FROM head WHERE purge_at <= ? ORDER BY purge_at LIMIT ?'),
    value: database.prepare(`SELECT sealed FROM value WHERE ${IS_HEAD} AND suffix = ? AND id = ?`),
    valuesOf: database.prepare(`SELECT id FROM value WHERE ${IS_HEAD} AND suffix = ?`),
    putValue: database.prepare(
      'INSERT INTO value (account, region, name, suffix, id, written_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    dropValue: database.prepare(`DELETE FROM value WHERE ${IS_HEAD} AND suffix = ? AND id = ?`),
    scanValues: database.prepare(
      'SELECT position, account, region, name, suffix, id, written_at FROM value WHERE position > ? ORDER BY position LIMIT ?',
    ),
  }
}

/** Keeps SQLite's errors (a damaged page, an I/O error) behind the port. @throws {StoreFailure} */
function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw unavailable(cause)
  }
}

const unavailable = (cause: unknown): StoreFailure =>
  new StoreFailure('unavailable', `the store failed: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause })

const cacheKeyOf = ({ account, region, name }: SecretKey): string => `${account}/${region}/${name}`

function costOf({ head }: StoredSecret): number {
  const inline = head.versions.reduce(
    (sum, { value }) => sum + (value.kind === 'inline' ? value.sealed.byteLength : 0),
    0,
  )
  return HEAD_BYTES + inline + head.versions.length * VERSION_BYTES
}
