/**
 * Opening the database together with the master key that it is sealed under. The order matters: the file is taken for this process first, then the
 * master key is checked against what an existing file remembers, and only then is anything written.
 * @module
 */
import type { Entropy } from '../../../core/ports/entropy.ts'
import { Database } from '../database.ts'
import { readKeyCheck, recordKeyCheck } from './key-check.ts'
import type { MasterKey, MasterKeySource, OpenedMasterKey } from './master-key.ts'
import { openMasterKey } from './master-key.ts'

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
    },
  })
  try {
    // A file without a check is new, or its first start was cut short: nothing is sealed in it yet.
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
