/**
 * Names that something has arrived for and that were not reconciled since: on the disk, in the transaction that takes the message off the feed, so that no change is forgotten when the process ends in between.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { SecretKey } from '../../lambda/core/domain/secret.ts'

export const openWorkSchema = `
  CREATE TABLE replication_work (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    mark INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
  ) STRICT, WITHOUT ROWID;
`

/** What was added by then is behind it. */
export type Mark = number

export class OpenWork {
  readonly #database: Database
  readonly #statements
  #mark: Mark

  constructor(database: Database) {
    this.#database = database
    this.#statements = {
      add: database.prepare(
        `INSERT INTO replication_work (account, region, name, mark) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET mark = excluded.mark`,
      ),
      remove: database.prepare(
        'DELETE FROM replication_work WHERE account = ? AND region = ? AND name = ? AND mark <= ?',
      ),
      page: database.prepare(
        `SELECT account, region, name FROM replication_work
         WHERE (account, region, name) > (?, ?, ?) ORDER BY account, region, name LIMIT ?`,
      ),
    }
    this.#mark = Number(database.prepare('SELECT max(mark) AS mark FROM replication_work').get()?.mark ?? 0)
  }

  /** Before anything of the secret is read. */
  get mark(): Mark {
    return this.#mark
  }

  /** Shares its transaction with whatever is written by the same turn of the event loop. */
  async add(keys: readonly SecretKey[]): Promise<void> {
    await this.#database.write(() => {
      // Not before: whoever has taken a mark until now has not seen what comes with this transaction.
      const mark = ++this.#mark
      for (const { account, region, name } of keys) this.#statements.add.run(account, region, name, mark)
    })
  }

  /** @param done what was reconciled, each from its mark on */
  async remove(done: readonly (readonly [key: SecretKey, mark: Mark])[]): Promise<void> {
    await this.#database.write(() => {
      for (const [{ account, region, name }, mark] of done) this.#statements.remove.run(account, region, name, mark)
    })
  }

  page(limit: number, after?: SecretKey): readonly SecretKey[] {
    const { account = '', region = '', name = '' } = after ?? {}
    return this.#statements.page.all(account, region, name, limit).map((row) => ({
      account: row.account as string,
      region: row.region as string,
      name: row.name as string,
    }))
  }
}
