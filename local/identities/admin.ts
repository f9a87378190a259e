/**
 * The admin user of a data directory and its one access key, kept in the database with the secret sealed under the master key.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { newAccessKey, newUserId, type AccessKey } from './access-keys.ts'
import { sigv4SecretKey, type Credential, type CredentialSource } from './credential.ts'
import type { Sealer } from './sealer.ts'

/** SQL migration; never edited once released. */
export const identitySchema = `
  CREATE TABLE access_key (
    access_key_id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    user_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT
`

const ADMIN = 'admin'

export interface Admin extends AccessKey {
  readonly account: string
  readonly userId: string
}

/** What the operator asked for at this start. */
export interface AdminWish {
  readonly account?: string
  readonly accessKey?: AccessKey
  /** Where no directory has an account yet. */
  readonly defaultAccount: string
}

export interface AdminStoreOptions {
  readonly database: Database
  readonly sealer: Sealer
  readonly entropy: Entropy
  /** Wall time. */
  readonly now: () => number
}

export class AdminStore {
  readonly #options: AdminStoreOptions

  constructor(options: AdminStoreOptions) {
    this.#options = options
  }

  /** @throws when the master key is not the one that sealed it */
  load(): Admin | undefined {
    const { database, sealer } = this.#options
    const row = database
      .prepare('SELECT access_key_id, account, user_id, sealed_secret FROM access_key WHERE user_name = ?')
      .get(ADMIN)
    if (row === undefined) return undefined
    const names = {
      accessKeyId: String(row.access_key_id),
      account: String(row.account),
      userId: String(row.user_id),
    }
    const sealed = row.sealed_secret
    if (!(sealed instanceof Uint8Array)) throw new TypeError('The sealed secret of the admin access key must be bytes')
    const secret = sealer.open(Buffer.from(sealed), contextOf(names))
    return { ...names, secretAccessKey: secret.toString('utf8') }
  }

  /** The admin as wished: made on the first start, changed where a later one asks for another key or account. */
  async ensure(wish: AdminWish): Promise<{ readonly admin: Admin; readonly isNew: boolean }> {
    const { entropy } = this.#options
    const current = this.load()
    const key = wish.accessKey ?? current ?? newAccessKey(entropy)
    const admin: Admin = {
      accessKeyId: key.accessKeyId,
      secretAccessKey: key.secretAccessKey,
      account: wish.account ?? current?.account ?? wish.defaultAccount,
      userId: current?.userId ?? newUserId(entropy),
    }
    if (current === undefined || !isSame(current, admin)) await this.#save(admin)
    return { admin, isNew: current === undefined }
  }

  /** Another access key for the same user; the old one is void. Undefined where there is no admin yet. */
  async renew(): Promise<Admin | undefined> {
    const current = this.load()
    if (current === undefined) return undefined
    const admin = { ...current, ...newAccessKey(this.#options.entropy) }
    await this.#save(admin)
    return admin
  }

  #save(admin: Admin): Promise<void> {
    const { database, sealer, now } = this.#options
    const sealed = sealer.seal(Buffer.from(admin.secretAccessKey, 'utf8'), contextOf(admin))
    const remove = database.prepare('DELETE FROM access_key WHERE user_name = ?')
    const insert = database.prepare(
      'INSERT INTO access_key (access_key_id, account, user_name, user_id, sealed_secret, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    )
    return database.write(() => {
      remove.run(ADMIN)
      insert.run(admin.accessKeyId, admin.account, ADMIN, admin.userId, sealed, now())
    })
  }
}

/** The one credential that an embedded Coffer knows for now. */
export function adminCredentials(admin: Admin): CredentialSource {
  const credential: Credential = {
    principal: {
      account: admin.account,
      arn: `arn:aws:iam::${admin.account}:user/${ADMIN}`,
      userId: admin.userId,
      accessKeyId: admin.accessKeyId,
    },
    secretKey: sigv4SecretKey(admin.secretAccessKey),
    isAdmin: true,
  }
  return { find: (accessKeyId) => (accessKeyId === credential.principal.accessKeyId ? credential : undefined) }
}

/** Binds the secret to its row: one cannot be moved to another user or account. */
function contextOf({ account, userId, accessKeyId }: Omit<Admin, 'secretAccessKey'>): string {
  return `access-key/${account}/${userId}/${accessKeyId}`
}

function isSame(a: Admin, b: Admin): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.account === b.account
}
