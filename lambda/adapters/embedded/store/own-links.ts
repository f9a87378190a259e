/**
 * The links in SQLite: a row for each Region that has something to tell about a name.
 * @module
 */
import type { Link } from '../../../core/domain/replication.ts'
import type { SecretKey } from '../../../core/domain/secret.ts'
import type { DueLink } from '../../../core/ports/replication-store.ts'
import { decodeLink, encodeLink } from '../../link-record.ts'
import type { Database } from '../database.ts'

const IS_LINK = 'account = ? AND region = ? AND name = ?'
const ITS_PLACE = 'check_at, account, region, name'

export class OwnLinks {
  readonly #statements

  constructor(database: Database) {
    this.#statements = {
      one: database.prepare(`SELECT record FROM link WHERE ${IS_LINK}`),
      insert: database.prepare(
        'INSERT INTO link (account, region, name, revision, check_at, record) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ),
      update: database.prepare(
        `UPDATE link SET revision = ?, check_at = ?, record = ? WHERE ${IS_LINK} AND revision = ?`,
      ),
      remove: database.prepare(`DELETE FROM link WHERE ${IS_LINK} AND revision = ?`),
      due: database.prepare(`SELECT ${ITS_PLACE} FROM link WHERE check_at <= ? ORDER BY ${ITS_PLACE} LIMIT ?`),
      dueAfter: database.prepare(
        `SELECT ${ITS_PLACE} FROM link WHERE check_at <= ? AND (${ITS_PLACE}) > (?, ?, ?, ?) ORDER BY ${ITS_PLACE} LIMIT ?`,
      ),
    }
  }

  one({ account, region, name }: SecretKey): Link | undefined {
    const row = this.#statements.one.get(account, region, name)
    return row && decodeLink(row.record as string)
  }

  /** Within a write of the database. @returns whether the link that is there has the revision before */
  save({ account, region, name }: SecretKey, link: Link): boolean {
    const { insert, update } = this.#statements
    const { revision, checkAt = null } = link
    const record = encodeLink(link)
    const { changes } =
      revision === 1
        ? insert.run(account, region, name, revision, checkAt, record)
        : update.run(revision, checkAt, record, account, region, name, revision - 1)
    return changes === 1
  }

  /** Within a write of the database. */
  remove({ account, region, name }: SecretKey, { revision }: Link): boolean {
    return this.#statements.remove.run(account, region, name, revision).changes === 1
  }

  due(now: number, limit: number, after?: DueLink): readonly DueLink[] {
    const { due, dueAfter } = this.#statements
    const rows = after
      ? dueAfter.all(now, after.at, after.key.account, after.key.region, after.key.name, limit)
      : due.all(now, limit)
    return rows.map((row) => ({
      key: { account: row.account as string, region: row.region as string, name: row.name as string },
      at: row.check_at as number,
    }))
  }
}
