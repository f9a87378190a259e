/**
 * The admin of a data directory: a user of the identities like any other, but for its access key, which may administer Coffer itself.
 * @module
 */
import { newUser } from './new-user.ts'
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { newAccessKey, newUserId, type AccessKey } from './access-keys.ts'
import { legacyAdmin } from './legacy-admin.ts'
import type { SqliteIdentityStore } from './identity-store.ts'
import { devicesOf } from './mfa.ts'
import type { Account, StoredAccessKey, User } from './model.ts'
import type { Sealer } from './sealer.ts'

export const ADMIN_NAME = 'admin'
export const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess'

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
  readonly store: SqliteIdentityStore
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
    if (this.load() === undefined) await this.#save(legacy.admin, undefined)
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

  /** The admin as wished: made on the first start, changed where a later one asks for another key or account. @throws {AdminProblem} and nothing was changed */
  async ensure(wish: AdminWish): Promise<{ readonly admin: Admin; readonly isNew: boolean }> {
    const { entropy } = this.#options
    const current = this.load()
    const { accessKeyId, secretAccessKey } = wish.accessKey ?? current ?? newAccessKey(entropy)
    const account = wish.account ?? current?.account ?? wish.defaultAccount
    const userId = current?.userId ?? this.#userOf(account)?.id ?? newUserId(entropy)
    const admin: Admin = { accessKeyId, secretAccessKey, account, userId }
    if (current === undefined || !isSame(current, admin)) await this.#save(admin, current)
    return { admin, isNew: current === undefined }
  }

  /** Another access key for the same user, with all rights again and nothing that takes some away; the old one is void. Undefined where there is no admin yet. */
  async renew(): Promise<Admin | undefined> {
    const current = this.load()
    if (current === undefined) return undefined
    const admin = { ...current, ...newAccessKey(this.#options.entropy) }
    await this.#save(admin, current, unlimited)
    return admin
  }

  #userOf(account: string): User | undefined {
    return this.#options.store.account(account).users.get(ADMIN_NAME)
  }

  /** In one step, wherever the admin was before. */
  #save(admin: Admin, before: Admin | undefined, change = (user: User): User => user): Promise<void> {
    const { store, now } = this.#options
    return store.changeAll((account) => {
      const holder = store.findAccessKey(admin.accessKeyId)
      if (holder !== undefined && holder.user.id !== admin.userId) throw keyIsTaken(admin)
      const target = account(admin.account)
      const isMove = before !== undefined && before.account !== admin.account
      if (isMove && target.users.has(ADMIN_NAME)) throw nameIsTaken(admin)
      const left = isMove ? [withoutUser(account(before.account), before.userId)] : []
      const [name, user] = [...target.users].find(([, { id }]) => id === admin.userId) ?? [
        ADMIN_NAME,
        newAdmin(admin, now()),
      ]
      const users = new Map(target.users).set(name, change(withKey(user, keyOf(admin, now()))))
      return { accounts: [...left, { ...target, users }], result: undefined }
    })
  }
}

/** The admin cannot be as the operator wishes. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem'
}

const nameIsTaken = ({ account }: Admin): AdminProblem =>
  new AdminProblem(`Account ${account} has a user "${ADMIN_NAME}" already: the admin cannot move there with --account`)

const keyIsTaken = ({ accessKeyId }: Admin): AdminProblem =>
  new AdminProblem(
    `Access key ${accessKeyId} belongs to another user already: choose another one with COFFER_ADMIN_ACCESS_KEY_ID`,
  )

/** Devices are enabled for a name: they go with it, or would be another's of the same name. */
function withoutUser(account: Account, userId: string): Account {
  const [users, mfaDevices] = [new Map(account.users), new Map(account.mfaDevices)]
  for (const [key, { id, name }] of account.users) {
    if (id !== userId) continue
    users.delete(key)
    for (const device of devicesOf(account, name)) mfaDevices.delete(device.name)
  }
  return { ...account, users, mfaDevices }
}

function withKey(user: User, key: StoredAccessKey): User {
  const others = user.accessKeys.filter(
    ({ isAdmin, accessKeyId }) => isAdmin !== true && accessKeyId !== key.accessKeyId,
  )
  return { ...user, attached: [...new Set([...user.attached, ADMINISTRATOR_ACCESS])], accessKeys: [...others, key] }
}

function unlimited({ boundary: _, ...user }: User): User {
  return { ...user, inline: new Map(), groups: [], attached: [ADMINISTRATOR_ACCESS] }
}

const newAdmin = ({ account, userId }: Admin, createdAt: number): User =>
  newUser({ account, id: userId, name: ADMIN_NAME, createdAt })

function keyOf({ accessKeyId, secretAccessKey }: Admin, createdAt: number): StoredAccessKey {
  return { accessKeyId, secretAccessKey, status: 'Active', createdAt, origin: 'api', isAdmin: true }
}

function isSame(a: Admin, b: Admin): boolean {
  return a.accessKeyId === b.accessKeyId && a.secretAccessKey === b.secretAccessKey && a.account === b.account
}
