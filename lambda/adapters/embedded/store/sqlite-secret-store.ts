/**
 * The SecretStore of an embedded Coffer: heads and values in SQLite. Heads are not kept in memory: a read from SQLite's own page cache costs about ten microseconds,
 * also among 100,000 secrets, and cannot be stale (docs/decisions/0006).
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import type { SecretHead, SecretKey, SecretSummary } from '../../../core/domain/secret.ts'
import { rotationDueAt } from '../../../core/domain/rotation-due.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import {
  isNewHead,
  type Commit,
  type CommitResult,
  type DueRotation,
  type ListedSecret,
  type ListOrder,
  type ListPage,
  type ListQuery,
  type RotationRef,
  type ScannedValue,
  type SecretStore,
  type StoredSecret,
  type ValueRef,
} from '../../../core/ports/secret-store.ts'
import type { Database } from '../database.ts'
import type { RotationRecord } from '../../../core/rotation/rotation-record.ts'
import { AccessLog, decodeAccess } from './access-log.ts'
import { decodeHead, decodeSummary, encodeHead } from '../../head-record.ts'
import { reading, unavailable } from './failures.ts'
import type { ReplicationFeed } from './replication-feed.ts'
import { RotationRecords } from './rotation-records.ts'

const sortColumns: Readonly<Record<Exclude<ListOrder, 'name'>, string>> = {
  created: 'created_at',
  changed: 'changed_at',
  accessed: 'accessed_day',
}
const IS_HEAD = 'account = ? AND region = ? AND name = ?'

export interface SqliteSecretStoreOptions {
  readonly database: Database
  readonly clock: Clock
  /** Tells other Regions of heads that concern them; absent where there are none. */
  readonly feed?: ReplicationFeed
}

export class SqliteSecretStore implements SecretStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #feed: ReplicationFeed | undefined
  readonly #access: AccessLog
  readonly #rotations: RotationRecords
  readonly #lists = new Map<string, StatementSync>()
  readonly #statements

  constructor({ database, clock, feed }: SqliteSecretStoreOptions) {
    this.#database = database
    this.#clock = clock
    this.#feed = feed
    this.#access = new AccessLog(database)
    this.#rotations = new RotationRecords(database)
    this.#statements = prepareAll(database)
  }

  async load(key: SecretKey): Promise<StoredSecret | undefined> {
    return this.#load(key)
  }

  async loadHeads(keys: readonly SecretKey[]): Promise<readonly (SecretHead | undefined)[]> {
    return keys.map((key) => this.#load(key)?.head)
  }

  async readValue({ key, suffix, id }: ValueRef): Promise<Uint8Array | undefined> {
    return reading(() => {
      const row = this.#statements.value.get(key.account, key.region, key.name, suffix, id)
      return row?.sealed as Uint8Array | undefined
    })
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const { head, put, drop, replaces } = commit
    const isNew = isNewHead(commit)
    return this.#write(() => {
      const before = replaces ?? (isNew ? undefined : this.#replicatedBefore(head))
      if (!this.#writeHead(head, { replaces, isNew })) return 'conflict'
      if (replaces) this.#forget(replaces)
      const { account, region, name } = head.key
      for (const { id, sealed } of put)
        this.#statements.putValue.run(account, region, name, head.suffix, id, this.#clock.now(), sealed)
      for (const id of drop) this.#statements.dropValue.run(account, region, name, head.suffix, id)
      if (head.replication || before?.replication) this.#feed?.headChanged(head.key, { before, after: head })
      return 'committed'
    })
  }

  async remove(head: SecretHead): Promise<CommitResult> {
    const { key, suffix, revision } = head
    return this.#write(() => {
      const { changes } = this.#statements.remove.run(key.account, key.region, key.name, suffix, revision)
      if (changes !== 1) return 'conflict'
      this.#rotations.remove({ key, suffix })
      if (head.replication) this.#feed?.headChanged(key, { before: head, after: undefined })
      return 'committed'
    })
  }

  async recordAccess({ head }: StoredSecret, versionId: string, day: number): Promise<void> {
    // Read again, for ten microseconds: another reader may have remembered its own version meanwhile.
    const stored = this.#load(head.key)
    if (stored?.head.suffix !== head.suffix) return
    // Days only move forward, also when the clock was set back.
    if ((stored.access.versions.get(versionId) ?? 0) > day) return
    const kept = [...stored.access.versions].filter(([id]) => stored.head.versions.some((version) => version.id === id))
    this.#access.remember(head, {
      day: Math.max(day, stored.access.day),
      versions: new Map([...kept, [versionId, day]]),
    })
  }

  async list(query: ListQuery): Promise<ListPage> {
    // Dates that can't be written now are still in memory, and shown from there.
    if (query.order === 'accessed') await this.#access.flush().catch(() => undefined)
    const { account, region, after, order, limit } = query
    const place = after === undefined ? [] : order === 'name' ? [after.name] : [after.at, after.name]
    return reading(() => {
      const rows = this.#listStatement(query).all(account, region, ...place, limit + 1) as unknown as ListRow[]
      const hasMore = rows.length > limit
      if (hasMore) rows.pop()
      return { secrets: rows.map((row) => this.#listed(account, region, row)), hasMore }
    })
  }

  async duePurges(now: number, limit: number): Promise<readonly SecretKey[]> {
    return reading(() => {
      const rows = this.#statements.due.all(now, limit)
      return rows.map((row) => ({
        account: row.account as string,
        region: row.region as string,
        name: row.name as string,
      }))
    })
  }

  async dueRotations(now: number, limit: number, after?: DueRotation): Promise<readonly DueRotation[]> {
    const { dueRotations, dueRotationsAfter } = this.#statements
    return reading(() => {
      const rows = after
        ? dueRotationsAfter.all(now, after.at, after.key.account, after.key.region, after.key.name, limit)
        : dueRotations.all(now, limit)
      return rows.map((row) => ({
        key: { account: row.account as string, region: row.region as string, name: row.name as string },
        at: row.rotate_at as number,
      }))
    })
  }

  async rotation(ref: RotationRef): Promise<RotationRecord | undefined> {
    return reading(() => this.#rotations.one(ref))
  }

  async rotations(secret: Pick<RotationRef, 'key' | 'suffix'>): Promise<readonly RotationRecord[]> {
    return reading(() => this.#rotations.all(secret))
  }

  async saveRotation(secret: Pick<RotationRef, 'key' | 'suffix'>, record: RotationRecord): Promise<void> {
    await this.#write(() => this.#rotations.save(secret, record))
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
    return reading(() => {
      const row = this.#statements.load.get(key.account, key.region, key.name) as unknown as HeadRow | undefined
      if (!row) return undefined
      const [record, inline, day, accessed] = row
      const head = decodeHead(key, record, inline)
      return { head, access: this.#access.pendingFor(head) ?? decodeAccess(day, accessed) }
    })
  }

  #listed(account: string, region: string, [name, record, day, accessed]: ListRow): ListedSecret {
    const head = decodeSummary({ account, region, name }, record)
    return { head, access: this.#access.pendingFor(head) ?? decodeAccess(day, accessed) }
  }

  /** The head that is about to be changed, where that matters to other Regions: a secret that never had to do with them costs nothing more. */
  #replicatedBefore({ key, replication }: SecretHead): SecretSummary | undefined {
    if (!this.#feed || !replication) return undefined
    const row = this.#statements.load.get(key.account, key.region, key.name) as unknown as HeadRow | undefined
    return row && decodeSummary(key, row[0])
  }

  /** @returns whether the row had the revision that the head builds on, or was that of the head that it replaces */
  #writeHead(head: SecretHead, { replaces, isNew }: { replaces: SecretHead | undefined; isNew: boolean }): boolean {
    const { key, suffix, revision, createdAt, changedAt, deletion } = head
    const { insert, update, replace } = this.#statements
    const { record, inline } = encodeHead(head)
    // A purge that has begun is due whatever the clock says: it may be set earlier at the next start.
    const purgeAt = head.state === 'purging' ? 0 : (deletion?.purgeAt ?? null)
    const rotateAt = rotationDueAt(head) ?? null
    const place = [key.account, key.region, key.name] as const
    const content = [changedAt, purgeAt, rotateAt, record, inline] as const
    const { changes } = replaces
      ? replace.run(suffix, revision, createdAt, ...content, ...place, replaces.suffix, replaces.revision)
      : isNew
        ? insert.run(...place, suffix, revision, createdAt, ...content)
        : update.run(revision, ...content, ...place, suffix, revision - 1)
    return changes === 1
  }

  /** Everything of an incarnation but its head. */
  #forget({ key, suffix }: SecretHead): void {
    this.#statements.dropValues.run(key.account, key.region, key.name, suffix)
    this.#rotations.remove({ key, suffix })
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

  #write<T>(work: () => T): Promise<T> {
    return this.#database
      .write(work, () => this.#feed?.announce())
      .catch((cause: unknown) => {
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
      `INSERT INTO head (account, region, name, suffix, revision, created_at, changed_at, purge_at, rotate_at, record, inline)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ),
    update: database.prepare(
      `UPDATE head SET revision = ?, changed_at = ?, purge_at = ?, rotate_at = ?, record = ?, inline = ?
       WHERE ${IS_HEAD} AND suffix = ? AND revision = ?`,
    ),
    replace: database.prepare(
      `UPDATE head SET suffix = ?, revision = ?, created_at = ?, changed_at = ?, purge_at = ?, rotate_at = ?,
       record = ?, inline = ?, accessed_day = 0, accessed = NULL WHERE ${IS_HEAD} AND suffix = ? AND revision = ?`,
    ),
    remove: database.prepare(`DELETE FROM head WHERE ${IS_HEAD} AND suffix = ? AND revision = ?`),
    due: database.prepare('SELECT account, region, name FROM head WHERE purge_at <= ? ORDER BY purge_at LIMIT ?'),
    dueRotations: database.prepare(
      'SELECT account, region, name, rotate_at FROM head WHERE rotate_at <= ? ORDER BY rotate_at, account, region, name LIMIT ?',
    ),
    dueRotationsAfter: database.prepare(
      `SELECT account, region, name, rotate_at FROM head
       WHERE rotate_at <= ? AND (rotate_at, account, region, name) > (?, ?, ?, ?)
       ORDER BY rotate_at, account, region, name LIMIT ?`,
    ),
    value: database.prepare(`SELECT sealed FROM value WHERE ${IS_HEAD} AND suffix = ? AND id = ?`),
    valuesOf: database.prepare(`SELECT id FROM value WHERE ${IS_HEAD} AND suffix = ?`),
    putValue: database.prepare(
      'INSERT INTO value (account, region, name, suffix, id, written_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    dropValue: database.prepare(`DELETE FROM value WHERE ${IS_HEAD} AND suffix = ? AND id = ?`),
    dropValues: database.prepare(`DELETE FROM value WHERE ${IS_HEAD} AND suffix = ?`),
    scanValues: database.prepare(
      'SELECT position, account, region, name, suffix, id, written_at FROM value WHERE position > ? ORDER BY position LIMIT ?',
    ),
  }
}
