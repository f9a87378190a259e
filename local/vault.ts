/**
 * Opening the data directory, its database and its master key together; each refusal in words that say what to do.
 * @module
 */
import type { Database } from '../lambda/adapters/embedded/database.ts'
import { DatabaseProblem } from '../lambda/adapters/embedded/database.ts'
import type { MasterKey } from '../lambda/adapters/embedded/keyring/master-key.ts'
import { MasterKeyProblem, masterKeySource } from '../lambda/adapters/embedded/keyring/master-key.ts'
import { openSealedDatabase } from '../lambda/adapters/embedded/keyring/sealed-database.ts'
import { migrations } from './compose.ts'
import type { EnvironmentSecrets } from './config.ts'
import { DataDirectoryProblem, type DataDirectory } from './data-directory.ts'
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import { AdminStore } from './identities/admin.ts'
import { SqliteIdentityStore } from './identities/identity-store.ts'
import { wallClock } from './clock.ts'
import { sealerOf } from './identities/sealer.ts'

export interface Vault {
  readonly database: Database
  readonly masterKey: MasterKey
  readonly store: SqliteIdentityStore
  readonly admins: AdminStore
}

/** @throws {DataDirectoryProblem} before anything is written to existing data */
export async function openVault(directory: DataDirectory, secrets: EnvironmentSecrets): Promise<Vault> {
  try {
    const { database, masterKey } = await openSealedDatabase({
      path: directory.database,
      migrations,
      masterKey: masterKeySource(
        { COFFER_MASTER_KEY: secrets.masterKey, COFFER_MASTER_PASSPHRASE: secrets.masterPassphrase },
        directory.path,
      ),
      entropy: systemEntropy,
    })
    const sealer = sealerOf(masterKey.derive('identities'))
    const store = new SqliteIdentityStore({ database, sealer })
    const admins = new AdminStore({ store, database, sealer, entropy: systemEntropy, now: () => wallClock.now() })
    await admins.migrate()
    return { database, masterKey, store, admins }
  } catch (error) {
    throw asRefusal(error, directory.path)
  }
}

function asRefusal(error: unknown, path: string): unknown {
  if (error instanceof MasterKeyProblem)
    return new DataDirectoryProblem(`The data in ${path} cannot be opened. ${error.message}`, { cause: error })
  if (error instanceof DatabaseProblem)
    return new DataDirectoryProblem(DATABASE_PROBLEMS[error.kind](path, error.message), { cause: error })
  if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR')
    return new DataDirectoryProblem(
      `The database in ${path} cannot be opened for writing (${error.message}). See that this user owns the directory and that its disk is neither full nor read-only.`,
      { cause: error },
    )
  return error
}

const DATABASE_PROBLEMS: Readonly<Record<DatabaseProblem['kind'], (path: string, detail: string) => string>> = {
  locked: (path) =>
    `${path} is in use by another process, most likely a Coffer that is running. Stop that one first, or name another directory with --data-dir.`,
  foreign: (path, detail) => `${path}/coffer.db is not Coffer's: ${detail}. Name another directory with --data-dir.`,
  newer: (path, detail) =>
    `${path} cannot be opened: ${detail}. Start the newer version, or name another directory with --data-dir.`,
  damaged: (path) =>
    `${path}/coffer.db is damaged and cannot be read: nothing was changed. Restore the directory from a backup, or name another with --data-dir.`,
}
