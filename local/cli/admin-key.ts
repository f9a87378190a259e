/**
 * `coffer admin-key`: shows the admin access key of a data directory, or makes another.
 * @module
 */
import { readDataDir, takeSecrets, type Environment, type Flags } from '../config.ts'
import { DataDirectoryProblem, openExistingDataDirectory } from '../data-directory.ts'
import { openVault } from '../vault.ts'

/** @returns lines to paste. @throws {ConfigProblem} {DataDirectoryProblem} also while a server has the directory */
export async function showAdminKey(flags: Flags, isRenewed: boolean, environment: Environment): Promise<string> {
  const path = readDataDir(flags, environment)
  const vault = await openVault(openExistingDataDirectory(path), takeSecrets(environment))
  try {
    const admin = isRenewed ? await vault.admins.renew() : vault.admins.load()
    if (admin === undefined)
      throw new DataDirectoryProblem(`${path} has no admin access key yet: the first \`coffer serve\` makes it.`)
    return `export AWS_ACCESS_KEY_ID=${admin.accessKeyId}\nexport AWS_SECRET_ACCESS_KEY=${admin.secretAccessKey}\n`
  } finally {
    vault.database.close()
  }
}
