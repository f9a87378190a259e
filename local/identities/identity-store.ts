/**
 * The identities of one data directory: immutable accounts in memory, every change on the disk before it counts, every record sealed under the master key. What the identities file
 * declares lies beside it and is never written here, but for the time steps of its MFA devices (a code stays used) and the unique ids of its entities.
 * @module
 */
import { z } from 'zod'
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import { fittingPart, lostReferences, mergeLayers, NOUNS, type LayerConflict } from './account-layers.ts'
import { ENTITY_KINDS, entityOf, recordOf, type AnyEntity, type EntityKind, type EntityOf } from './entity-record.ts'
import { emptyAccount, FileOwned, type Account, type IdentityStore, type StoredAccessKey, type User } from './model.ts'
import type { Sealer } from './sealer.ts'

/** An access key and whose it is. */
export interface KeyHolder {
  readonly account: Account
  readonly user: User
  readonly key: StoredAccessKey
}

/** What was left out of the file, and what has lost something by it. */
export interface FileInForce {
  readonly leftOut: readonly LayerConflict[]
  readonly lost: readonly LayerConflict[]
}

export interface IdentityStoreOptions {
  readonly database: Database
  readonly sealer: Sealer
}

/** The kind of rows that hold a time step of a device of the file. */
const STEPS = 'steps'
/** The kind of rows, one per account, that hold the unique ids of the file's entities. */
const IDS = 'ids'
const KINDS_WITH_ID = ['users', 'groups', 'roles', 'policies'] as const
export type KindWithId = (typeof KINDS_WITH_ID)[number]

interface Write {
  readonly kind: EntityKind | typeof STEPS | typeof IDS
  readonly name: string
  /** Undefined: the row goes. */
  readonly record: string | undefined
}

interface SealedWrite extends Pick<Write, 'kind' | 'name'> {
  readonly account: string
  readonly bytes: Buffer | undefined
}

type Accounts = ReadonlyMap<string, Account>

export class SqliteIdentityStore implements IdentityStore {
  readonly #database: Database
  readonly #sealer: Sealer
  readonly #put
  readonly #remove
  /** What the API has made. */
  readonly #api = new Map<string, Account>()
  #file: Accounts = new Map()
  readonly #steps = new Map<string, Map<string, number>>()
  /** Of the file's entities by `kind/name`, per account. */
  #ids = new Map<string, ReadonlyMap<string, string>>()
  /** The records of them that are on the disk. */
  #savedIds = new Map<string, string>()
  /** Both layers. */
  readonly #merged = new Map<string, Account>()
  #keys: Map<string, KeyHolder> | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @throws when a record is damaged or was sealed under another key */
  constructor({ database, sealer }: IdentityStoreOptions) {
    this.#database = database
    this.#sealer = sealer
    this.#put = database.prepare(
      'INSERT INTO identity (account, kind, name, sealed) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed',
    )
    this.#remove = database.prepare('DELETE FROM identity WHERE account = ? AND kind = ? AND name = ?')
    this.#load()
  }

  accounts(): readonly string[] {
    return [...this.#merged.values()]
      .filter((account) => ENTITY_KINDS.some((kind) => account[kind].size > 0))
      .map(({ id }) => id)
      .sort()
  }

  account(id: string): Account {
    return this.#merged.get(id) ?? emptyAccount(id)
  }

  findAccessKey(accessKeyId: string): KeyHolder | undefined {
    this.#keys ??= keysOf(this.#merged.values())
    return this.#keys.get(accessKeyId)
  }

  /** The unique id that an entity of the file has had for as long as the file declares it. */
  declaredId(account: string, kind: KindWithId, name: string): string | undefined {
    return this.#ids.get(account)?.get(`${kind}/${name.toLowerCase()}`)
  }

  change<T>(id: string, work: (account: Account) => { readonly account: Account; readonly result: T }): Promise<T> {
    return this.changeAll((account) => {
      const { account: after, result } = work(account(id))
      return { accounts: [after], result }
    })
  }

  /** As {@link change}, of several accounts in one step: all of it is on the disk, or nothing. */
  changeAll<T>(
    work: (account: (id: string) => Account) => { readonly accounts: readonly Account[]; readonly result: T },
  ): Promise<T> {
    return this.#next(async () => {
      const { accounts, result } = work((id) => this.account(id))
      const changes = accounts
        .map((after) => ({ after, writes: differences(this.account(after.id), after) }))
        .filter(({ writes }) => writes.length > 0)
      if (changes.length === 0) return result
      for (const { after } of changes) this.#checkKeys(this.account(after.id), after)
      const sealed = changes.flatMap(({ after: { id }, writes }) => writes.map((write) => this.#seal(id, write)))
      await this.#database.write(
        () => this.#run(sealed),
        () => {
          for (const { after } of changes) this.#take(after.id, after)
        },
      )
      return result
    })
  }

  /**
   * Puts another identities file in force, at once, but for what does not fit beside what the API has made.
   * @throws when the unique ids cannot be written; the file is in force all the same, since it may take rights away
   */
  replaceFile(accounts: Accounts): Promise<FileInForce> {
    return this.#next(async () => {
      const { accounts: fitting, leftOut } = fittingPart(this.#api, accounts)
      const ids = new Map([...accounts.values()].map((account) => [account.id, idsOf(account)]))
      const take = (): void => {
        const changed = new Set([...this.#file.keys(), ...fitting.keys()])
        this.#file = fitting
        this.#ids = ids
        for (const id of changed) this.#merge(id)
      }
      try {
        await this.#saveIds(ids, take)
      } catch (error) {
        take()
        throw error
      }
      const lost = [...this.#api].flatMap(([id, api]) => [...lostReferences(api, fitting.get(id) ?? emptyAccount(id))])
      return { leftOut, lost }
    })
  }

  /** Those of what is no longer declared go: declared again, it is another. */
  async #saveIds(ids: ReadonlyMap<string, ReadonlyMap<string, string>>, committed: () => void): Promise<void> {
    const records = new Map([...ids].map(([account, byName]) => [account, JSON.stringify([...byName])]))
    const writes = [...new Set([...records.keys(), ...this.#savedIds.keys()])]
      .filter((account) => records.get(account) !== this.#savedIds.get(account))
      .map((account) => this.#seal(account, { kind: IDS, name: '', record: records.get(account) }))
    if (writes.length === 0) {
      committed()
      return
    }
    await this.#database.write(
      () => this.#run(writes),
      () => {
        this.#savedIds = records
        committed()
      },
    )
  }

  #seal(account: string, { kind, name, record }: Write): SealedWrite {
    const plain = record === undefined ? undefined : Buffer.from(record, 'utf8')
    return { account, kind, name, bytes: plain && this.#sealer.seal(plain, contextOf(account, kind, name)) }
  }

  /** Within a transaction. */
  #run(writes: readonly SealedWrite[]): void {
    for (const { account, kind, name, bytes } of writes)
      if (bytes === undefined) this.#remove.run(account, kind, name)
      else this.#put.run(account, kind, name, bytes)
  }

  /** One after another, of all accounts: an access key id is nobody else's, and a new file sees no change half way. */
  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  #load(): void {
    const drafts = new Map<string, Draft>()
    for (const row of this.#database.prepare('SELECT account, kind, name, sealed FROM identity').iterate()) {
      const [id, kind, name] = [String(row.account), String(row.kind), String(row.name)]
      if (!(row.sealed instanceof Uint8Array)) throw new TypeError('A sealed identity must be bytes')
      const record = this.#sealer.open(Buffer.from(row.sealed), contextOf(id, kind, name)).toString('utf8')
      if (kind === IDS) {
        this.#savedIds.set(id, record)
        this.#ids.set(id, idsIn(record))
        continue
      }
      let draft = drafts.get(id)
      if (draft === undefined) drafts.set(id, (draft = newDraft()))
      add(draft, kind, name, record)
    }
    for (const [id, { steps, ...entities }] of drafts) {
      this.#api.set(id, { id, ...entities })
      this.#steps.set(id, steps)
      this.#merge(id)
    }
  }

  /** A change is on the disk: from now on it is what everybody sees. */
  #take(id: string, after: Account): void {
    const steps = new Map<string, number>(this.#steps.get(id))
    for (const { origin, name, lastStep } of after.mfaDevices.values())
      if (origin === 'file' && lastStep !== undefined) steps.set(name, lastStep)
    this.#steps.set(id, steps)
    this.#api.set(id, {
      id,
      users: madeByApi(after.users),
      groups: madeByApi(after.groups),
      roles: madeByApi(after.roles),
      policies: madeByApi(after.policies),
      mfaDevices: madeByApi(after.mfaDevices),
    })
    this.#merge(id)
  }

  #merge(id: string): void {
    const [api, file] = [this.#api.get(id), this.#file.get(id)]
    const steps = this.#steps.get(id) ?? new Map<string, number>()
    this.#keys = undefined
    if (api === undefined && file === undefined) this.#merged.delete(id)
    else this.#merged.set(id, mergeLayers(api ?? emptyAccount(id), file ?? emptyAccount(id), steps))
  }

  #checkKeys(before: Account, after: Account): void {
    for (const [name, user] of after.users) {
      if (before.users.get(name) === user) continue
      for (const { accessKeyId } of user.accessKeys) {
        const holder = this.findAccessKey(accessKeyId)
        if (holder !== undefined && holder.user.id !== user.id)
          throw new Error('An access key id can belong to one user alone')
      }
    }
  }
}

/** What has to be written to get from one state to the next. @throws {FileOwned} */
function differences(before: Account, after: Account): Write[] {
  const writes: Write[] = []
  for (const kind of ENTITY_KINDS) {
    const [old, next]: [ReadonlyMap<string, AnyEntity>, ReadonlyMap<string, AnyEntity>] = [before[kind], after[kind]]
    for (const [name, entity] of next)
      if (old.get(name) !== entity) writes.push(writeOf(kind, name, old.get(name), entity))
    for (const [name, entity] of old) {
      if (next.has(name)) continue
      if (entity.origin === 'file') throw ownedByFile(kind, entity)
      writes.push({ kind, name, record: undefined })
    }
  }
  return writes
}

function writeOf(kind: EntityKind, name: string, before: AnyEntity | undefined, after: AnyEntity): Write {
  if (before?.origin !== 'file' && after.origin === 'api') return { kind, name, record: readableRecord(kind, after) }
  if (before === undefined || !('seed' in before && 'seed' in after)) throw ownedByFile(kind, before ?? after)
  // A code of a device of the file was used: this alone is kept beside the file.
  const isUse = recordOf({ ...before, lastStep: 0 }) === recordOf({ ...after, lastStep: 0 })
  if (!isUse || after.lastStep === undefined) throw ownedByFile(kind, before)
  return { kind: STEPS, name, record: String(after.lastStep) }
}

/** What could not be read again at the next start is not written. */
function readableRecord(kind: EntityKind, entity: AnyEntity): string {
  const record = recordOf(entity)
  entityOf(kind, record)
  return record
}

const ownedByFile = (kind: EntityKind, { name }: AnyEntity): FileOwned =>
  new FileOwned(`${NOUNS[kind]} ${JSON.stringify(name)}`)

function madeByApi<Entity extends AnyEntity>(entities: ReadonlyMap<string, Entity>): ReadonlyMap<string, Entity> {
  return new Map([...entities].filter(([, { origin }]) => origin === 'api'))
}

function idsOf(account: Account): ReadonlyMap<string, string> {
  return new Map(
    KINDS_WITH_ID.flatMap((kind) =>
      [...account[kind]].map(([name, { id }]): [string, string] => [`${kind}/${name}`, id]),
    ),
  )
}

const idsSchema = z.array(z.tuple([z.string(), z.string()]))
const idsIn = (record: string): ReadonlyMap<string, string> => new Map(idsSchema.parse(JSON.parse(record)))

function keysOf(accounts: Iterable<Account>): Map<string, KeyHolder> {
  const holders = new Map<string, KeyHolder>()
  for (const account of accounts)
    for (const user of account.users.values())
      for (const key of user.accessKeys) holders.set(key.accessKeyId, { account, user, key })
  return holders
}

/** An account that is being read, row by row. */
type Draft = { readonly [Kind in EntityKind]: Map<string, EntityOf<Kind>> } & { readonly steps: Map<string, number> }

const newDraft = (): Draft => ({
  users: new Map(),
  groups: new Map(),
  roles: new Map(),
  policies: new Map(),
  mfaDevices: new Map(),
  steps: new Map(),
})

function add(draft: Draft, kind: string, name: string, record: string): void {
  switch (kind) {
    case 'users':
      draft.users.set(name, entityOf(kind, record))
      break
    case 'groups':
      draft.groups.set(name, entityOf(kind, record))
      break
    case 'roles':
      draft.roles.set(name, entityOf(kind, record))
      break
    case 'policies':
      draft.policies.set(name, entityOf(kind, record))
      break
    case 'mfaDevices':
      draft.mfaDevices.set(name, entityOf(kind, record))
      break
    case STEPS:
      draft.steps.set(name, Number(record))
      break
    default:
      throw new TypeError('The identities hold a record of a kind that this Coffer does not know')
  }
}

/** Binds a record to its row: it cannot be moved to another name or account. */
const contextOf = (account: string, kind: string, name: string): string => `identity/${account}/${kind}/${name}`
