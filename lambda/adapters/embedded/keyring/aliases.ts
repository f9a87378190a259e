/**
 * Aliases: names of keys within an account and Region. Writes only inside `database.write`.
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import type { Database } from '../database.ts'
import type { KeyName, KeyPlace } from './key-names.ts'

export interface Alias extends KeyPlace {
  /** With its `alias/`. */
  readonly name: string
  readonly keyId: string
  readonly createdAt: number
  readonly updatedAt: number
}

export interface AliasPage {
  /** Only the aliases of this key. */
  readonly keyId: string | undefined
  readonly after: string
  readonly limit: number
}

/** KMS developer guide, "Quotas". */
export const MAX_ALIASES_PER_KEY = 50

const COLUMNS = 'account, region, name, key_id, created_at, updated_at'
const ONE = 'account = ? AND region = ? AND name = ?'

export class AliasStore {
  readonly #one: StatementSync
  readonly #page: StatementSync
  readonly #pageOfKey: StatementSync
  readonly #count: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync

  constructor(database: Database) {
    const select = `SELECT ${COLUMNS} FROM kms_aliases WHERE`
    this.#one = database.prepare(`${select} ${ONE}`)
    this.#page = database.prepare(`${select} account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?`)
    this.#pageOfKey = database.prepare(
      `${select} account = ? AND region = ? AND key_id = ? AND name > ? ORDER BY name LIMIT ?`,
    )
    this.#count = database.prepare(
      'SELECT count(*) AS n FROM kms_aliases WHERE account = ? AND region = ? AND key_id = ?',
    )
    this.#put = database.prepare(`INSERT OR REPLACE INTO kms_aliases (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`)
    this.#delete = database.prepare(`DELETE FROM kms_aliases WHERE ${ONE}`)
  }

  read({ account, region }: KeyPlace, name: string): Alias | undefined {
    const row = this.#one.get(account, region, name)
    return row && aliasOf(row)
  }

  /** In order of name, strictly after `after`. */
  page({ account, region }: KeyPlace, { keyId, after, limit }: AliasPage): Alias[] {
    const rows =
      keyId === undefined
        ? this.#page.all(account, region, after, limit)
        : this.#pageOfKey.all(account, region, keyId, after, limit)
    return rows.map(aliasOf)
  }

  countOf({ account, region, id }: KeyName): number {
    return Number(this.#count.get(account, region, id)?.n)
  }

  put({ account, region, name, keyId, createdAt, updatedAt }: Alias): void {
    this.#put.run(account, region, name, keyId, createdAt, updatedAt)
  }

  delete({ account, region }: KeyPlace, name: string): void {
    this.#delete.run(account, region, name)
  }
}

function aliasOf(row: Readonly<Record<string, unknown>>): Alias {
  return {
    account: String(row.account),
    region: String(row.region),
    name: String(row.name),
    keyId: String(row.key_id),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  }
}
