/**
 * Where executions of the workflow are, kept on the disk so that a process that was ended goes on where it was. One row per secret: it has one execution at a time.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { SecretKey } from '../../lambda/core/domain/secret.ts'

export const executionSchema = `
  CREATE TABLE rotation_execution (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    run INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
  ) STRICT, WITHOUT ROWID
`

export interface Execution {
  readonly key: SecretKey
  readonly suffix: string
  readonly run: number
  /** The state of the workflow to be entered next. */
  readonly state: string
}

const IS_SECRET = 'account = ? AND region = ? AND name = ?'

export class ExecutionStore {
  readonly #database: Database
  readonly #statements

  constructor(database: Database) {
    this.#database = database
    this.#statements = {
      all: database.prepare('SELECT account, region, name, suffix, run, state FROM rotation_execution'),
      read: database.prepare(`SELECT suffix, run, state FROM rotation_execution WHERE ${IS_SECRET}`),
      write: database.prepare(
        `INSERT INTO rotation_execution (account, region, name, suffix, run, state) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET suffix = excluded.suffix, run = excluded.run, state = excluded.state`,
      ),
      remove: database.prepare(`DELETE FROM rotation_execution WHERE ${IS_SECRET} AND run = ?`),
    }
  }

  read(key: SecretKey): Execution | undefined {
    const row = this.#statements.read.get(key.account, key.region, key.name)
    return row && { key, suffix: row.suffix as string, run: row.run as number, state: row.state as string }
  }

  all(): readonly Execution[] {
    return this.#statements.all.all().map((row) => ({
      key: { account: row.account as string, region: row.region as string, name: row.name as string },
      suffix: row.suffix as string,
      run: row.run as number,
      state: row.state as string,
    }))
  }

  async write({ key: { account, region, name }, suffix, run, state }: Execution): Promise<void> {
    await this.#database.write(() => this.#statements.write.run(account, region, name, suffix, run, state))
  }

  async remove({ key: { account, region, name }, run }: Execution): Promise<void> {
    await this.#database.write(() => this.#statements.remove.run(account, region, name, run))
  }
}
