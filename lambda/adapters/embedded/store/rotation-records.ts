/**
 * The records of rotations in SQLite: a row each, as JSON.
 * @module
 */
import type { RotationRef } from '../../../core/ports/secret-store.ts'
import type { RotationRecord } from '../../../core/rotation/rotation-record.ts'
import type { Database } from '../database.ts'

/** Of one secret, the newest. */
const KEPT = 25
const OF_SECRET = 'account = ? AND region = ? AND name = ? AND suffix = ?'

type Incarnation = Pick<RotationRef, 'key' | 'suffix'>

export class RotationRecords {
  readonly #statements

  constructor(database: Database) {
    this.#statements = {
      one: database.prepare(`SELECT record FROM rotation WHERE ${OF_SECRET} AND token = ?`),
      all: database.prepare(`SELECT record FROM rotation WHERE ${OF_SECRET} ORDER BY started_at DESC LIMIT ${KEPT}`),
      save: database.prepare(
        `INSERT INTO rotation (account, region, name, suffix, token, started_at, record) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET record = excluded.record`,
      ),
      count: database.prepare(`SELECT count(*) AS n FROM rotation WHERE ${OF_SECRET}`),
      prune: database.prepare(
        `DELETE FROM rotation WHERE ${OF_SECRET} AND token NOT IN
         (SELECT token FROM rotation WHERE ${OF_SECRET} ORDER BY started_at DESC LIMIT ${KEPT})`,
      ),
      remove: database.prepare(`DELETE FROM rotation WHERE ${OF_SECRET}`),
    }
  }

  one({ token, ...secret }: RotationRef): RotationRecord | undefined {
    const row = this.#statements.one.get(...place(secret), token)
    return row && (JSON.parse(row.record as string) as RotationRecord)
  }

  all(secret: Incarnation): readonly RotationRecord[] {
    return this.#statements.all.all(...place(secret)).map((row) => JSON.parse(row.record as string) as RotationRecord)
  }

  /** Within a write of the database. */
  save(secret: Incarnation, record: RotationRecord): void {
    const at = place(secret)
    this.#statements.save.run(...at, record.token, record.startedAt, JSON.stringify(record))
    if (Number(this.#statements.count.get(...at)?.n) > KEPT) this.#statements.prune.run(...at, ...at)
  }

  /** Within a write of the database. */
  remove(secret: Incarnation): void {
    this.#statements.remove.run(...place(secret))
  }
}

const place = ({ key: { account, region, name }, suffix }: Incarnation) => [account, region, name, suffix] as const
