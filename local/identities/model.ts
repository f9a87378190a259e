/**
 * The identities of the embedded Coffer: accounts with users, groups, roles and managed policies, as one immutable value per account. A file and the IAM API make them; both end up
 * here.
 * @module
 */

/** Who may change it: what the identities file declares is changed there alone. */
export type EntityOrigin = 'file' | 'api'

export interface EntityTag {
  readonly key: string
  readonly value: string
}

interface Entity {
  readonly origin: EntityOrigin
  /** AIDA..., AGPA..., AROA..., ANPA...: kept for as long as the entity lives, never given to another. */
  readonly id: string
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly arn: string
  /** Epoch milliseconds, wall time. */
  readonly createdAt: number
}

/** What has policies: texts of inline ones by name, ARNs of managed ones. */
export interface Policies {
  readonly inline: ReadonlyMap<string, string>
  readonly attached: readonly string[]
}

export interface User extends Entity, Policies {
  /** ARN of a managed policy. */
  readonly boundary?: string
  readonly tags: readonly EntityTag[]
  /** Names of groups. */
  readonly groups: readonly string[]
  readonly accessKeys: readonly StoredAccessKey[]
  /** In the form `scrypt$...`; absent: the user has no password. */
  readonly passwordHash?: string
  /** Serial numbers (ARNs) of enabled MFA devices. */
  readonly mfaDevices: readonly string[]
}

export interface StoredAccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly status: 'Active' | 'Inactive'
  readonly createdAt: number
  readonly origin: EntityOrigin
  /** Administers Coffer itself: the calls under /_coffer/. */
  readonly isAdmin?: boolean
}

export interface Group extends Entity, Policies {}

export interface Role extends Entity, Policies {
  readonly trustPolicy: string
  /** Unique ids of the users and roles that it names, as they were when it was set, by ARN. Absent (roles of the file): it is about whoever has the name. */
  readonly trustedIds?: ReadonlyMap<string, string>
  readonly boundary?: string
  readonly tags: readonly EntityTag[]
  readonly description?: string
  /** 3600 to 43200. */
  readonly maxSessionSeconds: number
}

export interface ManagedPolicy extends Entity {
  readonly description?: string
  readonly tags: readonly EntityTag[]
  readonly versions: readonly PolicyVersion[]
  readonly defaultVersionId: string
}

export interface PolicyVersion {
  /** `v1`, `v2`, ... */
  readonly id: string
  readonly document: string
  readonly createdAt: number
}

export interface MfaDevice {
  /** `arn:aws:iam::<account>:mfa/<name>` */
  readonly serialNumber: string
  readonly name: string
  readonly path: string
  readonly origin: EntityOrigin
  /** The TOTP secret (RFC 6238), 20 bytes or more, base32. */
  readonly seed: string
  /** Name of the user that it is enabled for; absent: none yet. */
  readonly user?: string
  readonly enabledAt?: number
  /** The last time step whose code was accepted: neither it nor an earlier one is accepted again. */
  readonly lastStep?: number
}

/** Maps by name in lower case where IAM does not tell names apart by case (users, groups, roles, policies), else (MFA devices) as they are. */
export interface Account {
  readonly id: string
  /** `o-...`, from the identities file; absent: in none. */
  readonly organization?: string
  readonly users: ReadonlyMap<string, User>
  readonly groups: ReadonlyMap<string, Group>
  readonly roles: ReadonlyMap<string, Role>
  readonly policies: ReadonlyMap<string, ManagedPolicy>
  readonly mfaDevices: ReadonlyMap<string, MfaDevice>
}

export const emptyAccount = (id: string): Account => ({
  id,
  users: new Map(),
  groups: new Map(),
  roles: new Map(),
  policies: new Map(),
  mfaDevices: new Map(),
})

export interface IdentityStore {
  /** Ids of all accounts that have identities, sorted. */
  accounts(): readonly string[]
  /** File and API together, as of now; an empty account where nothing was made yet. */
  account(id: string): Account
  /**
   * Changes an account: `work` gets its present state and returns the next. Changes of one account run one after another, and this resolves when the change is durable.
   * @throws what `work` throws; {@link FileOwned} when the change touches what the file declares
   */
  change<T>(id: string, work: (account: Account) => { readonly account: Account; readonly result: T }): Promise<T>
}

/** An entity of the identities file was to be changed by the API. */
export class FileOwned extends Error {
  override readonly name = 'FileOwned'
  readonly entity: string

  constructor(entity: string) {
    super(`${entity} is declared in the identities file: change it there`)
    this.entity = entity
  }
}
