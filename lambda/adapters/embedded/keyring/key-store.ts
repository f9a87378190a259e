/**
 * Keys in the SQLite file: rows to records and back. Reads may happen at any time; writes only inside `database.write`.
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import type { Database } from '../database.ts'
import type { KeyName, KeyPlace } from './key-names.ts'
import { keyArn } from './key-names.ts'
import type { KeyPolicy } from './key-policy.ts'
import type { KeyOwner, KeyRecord, KeyState, KeyTag } from './key-record.ts'

/** What using a key needs. */
export interface KeyForUse {
  readonly state: KeyState
  readonly owner: KeyOwner
  readonly material: Uint8Array
  readonly deletionAt: number | undefined
  readonly nextRotationAt: number | undefined
}

type Row = Readonly<Record<string, string | number | bigint | Uint8Array | null>>

const COLUMNS =
  'account, region, id, state, owner, material, created_at, primary_region, deletion_at, window_days, rotation_days, next_rotation_at, description, tags'
const ONE = 'account = ? AND region = ? AND id = ?'

export class KeyStore {
  readonly #database: Database
  readonly #forUse: StatementSync
  readonly #one: StatementSync
  readonly #policy: StatementSync
  readonly #page: StatementSync
  readonly #replicas: StatementSync
  readonly #dedicated: StatementSync
  readonly #dueDeletions: StatementSync
  readonly #dueRotations: StatementSync
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #setPolicy: StatementSync
  readonly #delete: StatementSync
  readonly #deleteAliases: StatementSync

  constructor(database: Database) {
    const prepare = (sql: string): StatementSync => database.prepare(sql)
    this.#database = database
    this.#forUse = prepare(`SELECT state, owner, material, deletion_at, next_rotation_at FROM kms_keys WHERE ${ONE}`)
    this.#forUse.setReturnArrays(true)
    this.#one = prepare(`SELECT ${COLUMNS} FROM kms_keys WHERE ${ONE}`)
    this.#policy = prepare(`SELECT policy FROM kms_keys WHERE ${ONE}`)
    this.#page = prepare(`SELECT ${COLUMNS} FROM kms_keys WHERE account = ? AND region = ? AND id > ?
      AND (deletion_at IS NULL OR deletion_at > ?) ORDER BY id LIMIT ?`)
    this.#replicas = prepare(`SELECT ${COLUMNS} FROM kms_keys INDEXED BY kms_replicas
      WHERE account = ? AND id = ? AND primary_region <> region ORDER BY region`)
    this.#dedicated = prepare(`SELECT ${COLUMNS} FROM kms_keys WHERE (account, region, id) > (?, ?, ?)
      AND owner = 'dedicated' AND state IN ('Enabled', 'Disabled') ORDER BY account, region, id LIMIT ?`)
    this.#dueDeletions = prepare(
      `SELECT ${COLUMNS} FROM kms_keys WHERE deletion_at IS NOT NULL AND deletion_at <= ? ORDER BY deletion_at LIMIT ?`,
    )
    this.#dueRotations = prepare(`SELECT ${COLUMNS} FROM kms_keys
      WHERE next_rotation_at IS NOT NULL AND next_rotation_at <= ? AND state = 'Enabled' ORDER BY next_rotation_at LIMIT ?`)
    this.#insert = prepare(
      `INSERT INTO kms_keys (${COLUMNS}, policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#update =
      prepare(`UPDATE kms_keys SET state = ?, material = ?, deletion_at = ?, window_days = ?, rotation_days = ?,
      next_rotation_at = ?, description = ?, tags = ? WHERE ${ONE}`)
    this.#setPolicy = prepare(`UPDATE kms_keys SET policy = ? WHERE ${ONE}`)
    this.#delete = prepare(`DELETE FROM kms_keys WHERE ${ONE}`)
    this.#deleteAliases = prepare('DELETE FROM kms_aliases WHERE account = ? AND region = ? AND key_id = ?')
  }

  forUse({ account, region, id }: KeyName): KeyForUse | undefined {
    const row = this.#forUse.get(account, region, id) as unknown as Row[string][] | undefined
    if (!row) return undefined
    const [state, owner, material, deletionAt, nextRotationAt] = row
    return {
      state: state as KeyState,
      owner: owner as KeyOwner,
      material: material as Uint8Array,
      deletionAt: (deletionAt as number | null) ?? undefined,
      nextRotationAt: (nextRotationAt as number | null) ?? undefined,
    }
  }

  read({ account, region, id }: KeyName): KeyRecord | undefined {
    const row = this.#one.get(account, region, id)
    return row && recordOf(row)
  }

  /** The stored policy, or undefined when the default one applies. */
  policy({ account, region, id }: KeyName): KeyPolicy | undefined {
    const row = this.#policy.get(account, region, id)
    const stored = row && optionalText(row, 'policy')
    return stored === undefined ? undefined : policyOf(stored)
  }

  /** Keys that exist at `now`, in order of id, strictly after `after`. */
  page({ account, region }: KeyPlace, page: { after: string; now: number; limit: number }): KeyRecord[] {
    return this.#page.all(account, region, page.after, page.now, page.limit).map(recordOf)
  }

  /** The replicas of a multi-Region key, in order of Region. */
  replicasOf({ account, id }: KeyName): KeyRecord[] {
    return this.#replicas.all(account, id).map(recordOf)
  }

  /** Dedicated keys of all accounts and Regions that are not pending deletion, in order, strictly after `after`. */
  dedicated(after: KeyName, limit: number): KeyRecord[] {
    return this.#dedicated.all(after.account, after.region, after.id, limit).map(recordOf)
  }

  dueDeletions(now: number, limit: number): KeyRecord[] {
    return this.#dueDeletions.all(now, limit).map(recordOf)
  }

  dueRotations(now: number, limit: number): KeyRecord[] {
    return this.#dueRotations.all(now, limit).map(recordOf)
  }

  insert(key: KeyRecord, policy: KeyPolicy | undefined): void {
    const { account, region, id, state, owner, material, createdAt } = key
    const head = [account, region, id, state, owner, material, createdAt, key.primaryRegion ?? null]
    this.#insert.run(...head, ...changeable(key), policy === undefined ? null : storedForm(policy))
  }

  update(key: KeyRecord): void {
    this.#update.run(key.state, key.material, ...changeable(key), key.account, key.region, key.id)
  }

  setPolicy({ account, region, id }: KeyName, policy: KeyPolicy): void {
    this.#setPolicy.run(storedForm(policy), account, region, id)
  }

  /**
   * Removes a key, its material and its aliases. SQLite overwrites the bytes (secure_delete), also where a page becomes free; the write-ahead log still
   * holds them until the next checkpoint, see {@link forgetLog}.
   */
  destroy({ account, region, id }: KeyName): void {
    this.#secureDelete('ON')
    try {
      this.#delete.run(account, region, id)
      this.#deleteAliases.run(account, region, id)
    } finally {
      this.#secureDelete('FAST')
    }
  }

  /** Folds the write-ahead log into the file and empties it. Not inside a write. */
  forgetLog(): void {
    this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()
  }

  #secureDelete(value: 'ON' | 'FAST'): void {
    this.#database.prepare(`PRAGMA secure_delete = ${value}`).get()
  }
}

function changeable(key: KeyRecord): (string | number | null)[] {
  return [
    key.deletionAt ?? null,
    key.windowDays ?? null,
    key.rotation?.periodDays ?? null,
    key.rotation?.nextAt ?? null,
    key.description === '' ? null : key.description,
    key.tags.length === 0 ? null : JSON.stringify(key.tags.map(({ key: name, value }) => [name, value])),
  ]
}

function recordOf(row: Row): KeyRecord {
  const name = { account: text(row, 'account'), region: text(row, 'region'), id: text(row, 'id') }
  const [periodDays, nextAt] = [optionalNumber(row, 'rotation_days'), optionalNumber(row, 'next_rotation_at')]
  return {
    ...name,
    arn: keyArn(name),
    state: text(row, 'state') as KeyState,
    owner: text(row, 'owner') as KeyOwner,
    material: row.material as Uint8Array,
    createdAt: Number(row.created_at),
    description: optionalText(row, 'description') ?? '',
    tags: tagsOf(optionalText(row, 'tags')),
    primaryRegion: optionalText(row, 'primary_region'),
    deletionAt: optionalNumber(row, 'deletion_at'),
    windowDays: optionalNumber(row, 'window_days'),
    rotation: periodDays !== undefined && nextAt !== undefined ? { periodDays, nextAt } : undefined,
  }
}

const text = (row: Row, column: string): string => String(row[column])

function optionalText(row: Row, column: string): string | undefined {
  const value = row[column]
  return typeof value === 'string' ? value : undefined
}

function optionalNumber(row: Row, column: string): number | undefined {
  const value = row[column]
  return typeof value === 'number' ? value : undefined
}

const storedForm = ({ text, principals }: KeyPolicy): string =>
  principals.length === 0 ? text : JSON.stringify([text, principals])

/** A policy is an object: a text that is an array is none, but holds one. */
function policyOf(stored: string): KeyPolicy {
  if (!stored.startsWith('[')) return { text: stored, principals: [] }
  const [text, principals] = JSON.parse(stored) as [string, KeyPolicy['principals']]
  return { text, principals }
}

function tagsOf(json: string | undefined): KeyTag[] {
  return json === undefined ? [] : (JSON.parse(json) as [string, string][]).map(([key, value]) => ({ key, value }))
}
