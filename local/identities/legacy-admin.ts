/**
 * The admin as schema version 1 kept it: one row with its key.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { Admin } from './admin.ts'
import type { Sealer } from './sealer.ts'

export interface LegacyAdmin {
  readonly admin: Admin
  readonly remove: () => Promise<void>
}

/** @throws when the master key is not the one that sealed it */
export function legacyAdmin(database: Database, sealer: Sealer): LegacyAdmin | undefined {
  const row = database.prepare('SELECT access_key_id, account, user_id, sealed_secret FROM access_key').get()
  if (row === undefined) return undefined
  const [accessKeyId, account, userId] = [String(row.access_key_id), String(row.account), String(row.user_id)]
  const sealed = row.sealed_secret
  if (!(sealed instanceof Uint8Array)) throw new TypeError('The sealed secret of the admin access key must be bytes')
  const secret = sealer.open(Buffer.from(sealed), `access-key/${account}/${userId}/${accessKeyId}`)
  const remove = database.prepare('DELETE FROM access_key')
  return {
    admin: { accessKeyId, account, userId, secretAccessKey: secret.toString('utf8') },
    remove: () => database.write(() => void remove.run()),
  }
}
