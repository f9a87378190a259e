/**
 * The admin of a data directory: a user of the identities like any other, but for its access key, which may administer Coffer itself.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { newAccessKey, newUserId, type AccessKey } from './access-keys.ts'
import { legacyAdmin } from './legacy-admin.ts'
import type { IdentityStore, StoredAccessKey, User } from './model.ts'
import type { Sealer } from './sealer.ts'

export const ADMIN_NAME = 'admin'
const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess'

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
  readonly store: IdentityStore
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

  /** Takes over the admin of a directory from before there were identities. */
  async migrate(): Promise<void> {
    const { database, sealer } = this.#options
    const legacy = legacyAdmin(database, sealer)
    if (legacy === undefined) return
    if (this.load() === undefined) await this.#save(legacy.admin)
    await legacy.remove()
  }

  load(): Admin | undefined {
    const { store } = this.#options
    for (const account of store.accounts())
      for (const user of store.account(account).users.values())
        for (const { isAdmin, accessKeyId, secretAccessKey } of user.accessKeys)
          if (isAdmin === true) return { account, userId: user.id, accessKeyId, secretAccessKey }
    return undefined
  }

  /** The admin as wished: made on the first start, changed where a later one asks for another key or account. */
  async ensure(wish: AdminWish): Promise<{ readonly admin: Admin; readonly isNew: boolean }> {
    const { entropy } = this.#options
    const current = this.load()
    const { accessKeyId, secretAccessKey } = wish.accessKey ?? current ?? newAccessKey(entropy)
    const account = wish.account ?? current?.account ?? wish.defaultAccount
    const userId = current?.userId ?? this.#userOf(account)?.id ?? newUserId(entropy)
    const admin: Admin = { accessKeyId, secretAccessKey, account, userId }
    if (current === undefined || !isSame(current, admin)) await this.#move(current, admin)
    return { admin, isNew: current === undefined }
  }

  /** Another access key for the same user, with all rights again; the old one is void. Undefined where there is no admin yet. */
  async renew(): Promise<Admin | undefined> {
    const current = this.load()
    if (current === undefined) return undefined
    const admin = { ...current, ...newAccessKey(this.#options.entropy) }
    await this.#save(admin)
    return admin
  }

  async #move(current: Admin | undefined, admin: Admin): Promise<void> {
    if (current === undefined || current.account === admin.account) return this.#save(admin)
    if (this.#userOf(admin.account) !== undefined) throw new AdminProblem(admin.account)
    // Its key can be at one user alone: the old one goes first. A crash in between costs the key, and the next start makes another.
    await this.#options.store.change(current.account, (account) => {
      const users = new Map(account.users)
      for (const [name, { id }] of users) if (id === current.userId) users.delete(name)
      return { account: { ...account, users }, result: undefined }
    })
    await this.#save(admin)
  }

  #userOf(account: string): User | undefined {
    return this.#options.store.account(account).users.get(ADMIN_NAME)
  }

  #save(admin: Admin): Promise<void> {
    const { store, now } = this.#options
    return store.change(admin.account, (account) => {
      const [name, user] = [...account.users].find(([, { id }]) => id === admin.userId) ?? [
        ADMIN_NAME,
        newAdmin(admin, now()),
      ]
      const attached = new Set([...user.attached, ADMINISTRATOR_ACCESS])
      const accessKeys = [...user.accessKeys.filter(({ isAdmin }) => isAdmin !== true), keyOf(admin, now())]
      const users = new Map(account.users).set(name, { ...user, attached: [...attached], accessKeys })
      return { account: { ...account, users }, result: undefined }
    })
  }
}

/** The account that the admin is to move to has a user of its name. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem'

  constructor(account: string) {
    super(`Account ${account} has a user "${ADMIN_NAME}" already: the admin cannot move there with --account`)
  }
}

function newAdmin({ account, userId }: Admin, createdAt: number): User {
  return {
    origin: 'api',
    id: userId,
    name: ADMIN_NAME,
    path: '/',
    arn: `arn:aws:iam::${account}:user/${ADMIN_NAME}`,
    createdAt,
    inline: new Map(),
    attached: [],
    tags: [],
    groups: [],
    accessKeys: [],
    mfaDevices: [],
  }
}

function keyOf({ accessKeyId, secretAccessKey }: Admin, createdAt: number): StoredAccessKey {
  return { accessKeyId, secretAccessKey, status: 'Active', createdAt, origin: 'api', isAdmin: true }
}

function isSame(a: Admin, b: Admin): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.account === b.account
}
