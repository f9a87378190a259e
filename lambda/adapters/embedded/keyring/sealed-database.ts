/**
 * Opening the database together with the master key that it is sealed under. The order matters: the file is taken for this process first, then the
 * master key is checked against what an existing file remembers, and only then is anything written.
 * @module
 */
import type { Entropy } from '../../../core/ports/entropy.ts'
import { Database } from '../database.ts'
import { readKeyCheck, recordKeyCheck } from './key-check.ts'
import type { MasterKey, MasterKeySource, OpenedMasterKey } from './master-key.ts'
import { MasterKeyProblem, openMasterKey } from './master-key.ts'

export interface SealedDatabaseOptions {
  /** Path of the file, or `:memory:`. */
  readonly path: string
  /** As for {@link Database}; must hold `keyringSchema`. */
  readonly migrations: readonly string[]
  readonly masterKey: MasterKeySource
  readonly entropy: Entropy
}

export interface SealedDatabase {
  readonly database: Database
  readonly masterKey: MasterKey
}

/**
 * @throws {MasterKeyProblem} before anything is written to an existing file
 * @throws {DatabaseProblem}
 */
export async function openSealedDatabase(options: SealedDatabaseOptions): Promise<SealedDatabase> {
  const { path, migrations, masterKey: source, entropy } = options
  let opened: OpenedMasterKey | undefined
  const database = new Database({
    path,
    migrations,
    inspect: (connection) => {
      const known = readKeyCheck(connection)
      if (known) opened = openMasterKey(source, known, entropy)
      else if (Number(connection.prepare('PRAGMA page_count').get()?.page_count) > 0) throw emptied(path)
    },
  })
  try {
    if (!opened) {
      opened = openMasterKey(source, undefined, entropy)
      await recordKeyCheck(database, opened.check)
    }
    return { database, masterKey: opened.masterKey }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Starting anew over what was a database would hide that everything in it is gone. */
const emptied = (path: string): MasterKeyProblem =>
  new MasterKeyProblem(
    'emptied',
    `${path} is a database, but there is nothing in it. If it was restored from a backup, its other half is missing: the file ${path}-wal. If the very first start was cut short, remove the directory and start again.`,
  )
