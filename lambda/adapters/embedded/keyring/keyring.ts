/**
 * The keyring: KMS keys in one process. What it gives out is ciphertext; material leaves the file only into the memory of this process.
 *
 * Reads and decryption are synchronous and see every acknowledged change. Changes go through the database's group commit. A key whose deletion date has come
 * is gone at that moment, by the clock; {@link Keyring.sweep} then removes its row.
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../../../core/ports/clock.ts'
import type { Entropy } from '../../../core/ports/entropy.ts'
import type { KeyDescription } from '../../../core/ports/key-service.ts'
import type { Database } from '../database.ts'
import { GenerationCache } from '../generation-cache.ts'
import type { Alias, AliasPage } from './aliases.ts'
import { AliasStore, MAX_ALIASES_PER_KEY } from './aliases.ts'
import type { ContextEntries } from './ciphertext-blob.ts'
import { generationOf, isOwnedBy, openBlob, ownerOf, ownerPrefix, sealBlob } from './ciphertext-blob.ts'
import { descriptionOf } from './key-description.ts'
import { generationsOf, MaterialSeal } from './key-material.ts'
import type { KeyName, KeyPlace } from './key-names.ts'
import { aliasArn, keyArn, newKeyId, parseKeyArn, parseKeyId } from './key-names.ts'
import { defaultPolicy, readPolicy, type KeyPolicy } from './key-policy.ts'
import type { KeyOwner, KeyRecord, KeyTag, RotationPlan } from './key-record.ts'
import { isReplica } from './key-record.ts'
import { KeySchedule, type SweepReport } from './key-schedule.ts'
import { deletionScheduled, requireLasting, requireUsable } from './key-states.ts'
import { KeyStore } from './key-store.ts'
import { withTags } from './key-tags.ts'
import {
  aliasExists,
  aliasNotFound,
  forbiddenKey,
  foreignCiphertext,
  incorrectKey,
  invalidCiphertext,
  keyNotFound,
  KmsFailure,
  unsupported,
} from './kms-failure.ts'
import type { MasterKey } from './master-key.ts'
import type { UsableKey } from './usable-key.ts'

/** About 450 bytes each: 15 MB when full. */
const DEFAULT_CACHED_KEYS = 32_000
/** What descriptions of keys in memory may hold, in characters of their policies and about as much beside. */
const DESCRIPTIONS_BUDGET = 16_000_000
const NONCE_BYTES = 12

export interface KeyringOptions {
  readonly database: Database
  readonly masterKey: MasterKey
  readonly clock: Clock
  readonly entropy: Entropy
  /** How many opened keys stay in memory. */
  readonly cachedKeys?: number
}

export interface NewKey {
  readonly place: KeyPlace
  readonly owner: KeyOwner
  readonly multiRegion: boolean
  readonly description?: string | undefined
  readonly tags?: readonly KeyTag[] | undefined
  readonly policy?: KeyPolicy | undefined
}

/** A {@link NewKey} with its defaults, checked. */
interface KeyToMake {
  readonly place: KeyPlace
  readonly owner: KeyOwner
  readonly multiRegion: boolean
  readonly description: string
  readonly tags: readonly KeyTag[]
}

export interface NewReplica {
  readonly region: string
  readonly description?: string | undefined
  readonly tags?: readonly KeyTag[] | undefined
  readonly policy?: KeyPolicy | undefined
}

export interface DescribedKey {
  readonly owner: KeyOwner
  readonly deletionAt: number | undefined
  readonly description: KeyDescription
}

/** A multi-Region key and its relatives. */
export interface KeyFamily {
  readonly primaryRegion: string
  readonly replicaRegions: readonly string[]
}

export class Keyring {
  readonly #database: Database
  readonly #clock: Clock
  readonly #entropy: Entropy
  readonly #seal: MaterialSeal
  readonly #headerKey: KeyObject
  readonly #store: KeyStore
  readonly #aliases: AliasStore
  readonly #schedule: KeySchedule
  /** By ARN. The commit that changes a key drops it here, so what is here is never older than the file. */
  readonly #cache: GenerationCache<UsableKey>
  /** Likewise. */
  readonly #described = new GenerationCache<DescribedKey>(
    DESCRIPTIONS_BUDGET,
    ({ description }) => 1000 + description.policy.length,
  )

  constructor({ database, masterKey, clock, entropy, cachedKeys = DEFAULT_CACHED_KEYS }: KeyringOptions) {
    this.#database = database
    this.#clock = clock
    this.#entropy = entropy
    this.#seal = new MaterialSeal(masterKey.derive('key material'), entropy)
    this.#headerKey = masterKey.derive('ciphertext header')
    this.#store = new KeyStore(database)
    this.#aliases = new AliasStore(database)
    this.#cache = new GenerationCache(cachedKeys, () => 1)
    const forget = (arn: string): void => this.#forget(arn)
    this.#schedule = new KeySchedule({ database, clock, seal: this.#seal, store: this.#store, forget })
  }

  // --- naming ---

  /**
   * The key that a key id, key ARN, alias name or alias ARN names for a caller in `place`; it may not exist, and may be another account's. Who may use it is not for the keyring to
   * say: local/kms and the core ask the policies. @throws {KmsFailure}
   */
  resolve(place: KeyPlace, keyId: string): KeyName {
    const reference = parseKeyId(keyId, place)
    if (reference.kind === 'key') return reference.name
    const { account, region } = reference.place
    const alias = this.#aliases.read(reference.place, reference.alias)
    if (alias) return { account, region, id: alias.keyId }
    // Whether another account has such an alias is not told.
    throw account === place.account ? aliasNotFound(aliasArn(place, reference.alias)) : forbiddenKey(keyId)
  }

  /** @throws {KmsFailure} NotFoundException */
  read(name: KeyName): KeyRecord {
    const key = this.#store.read(name)
    if (!key || this.#isOver(key)) throw keyNotFound(keyArn(name))
    return key
  }

  /** {@link resolve} and {@link read}. @throws {KmsFailure} */
  find(place: KeyPlace, keyId: string): KeyRecord {
    const name = this.resolve(place, keyId)
    const key = this.#store.read(name)
    if (!key || this.#isOver(key)) throw missing(place, name)
    return key
  }

  /** {@link find}, for the question who may use it: from memory when it can be. @throws {KmsFailure} */
  describe(place: KeyPlace, keyId: string): DescribedKey {
    const name = this.resolve(place, keyId)
    const arn = keyArn(name)
    const known = this.#described.get(arn)
    if (known && !this.#isOver(known)) return known
    const key = this.find(place, keyId)
    const { owner, deletionAt } = key
    const described = { owner, deletionAt, description: descriptionOf(this, key) }
    this.#described.set(arn, described)
    return described
  }

  /** Keys of an account and Region strictly after an id, in order of id. */
  list(place: KeyPlace, page: { readonly after: string; readonly limit: number }): KeyRecord[] {
    return this.#store.page(place, { ...page, now: this.#clock.now() })
  }

  /** Undefined for a single-Region key. */
  familyOf(key: KeyRecord): KeyFamily | undefined {
    if (key.primaryRegion === undefined) return undefined
    const replicas = this.#store.replicasOf(key).filter((replica) => !this.#isOver(replica))
    return { primaryRegion: key.primaryRegion, replicaRegions: replicas.map(({ region }) => region) }
  }

  /** The plan of automatic rotation, after a rotation that was due; a replica has its primary's. */
  async rotationOf(key: KeyRecord): Promise<RotationPlan | undefined> {
    const holder = { ...key, region: key.primaryRegion ?? key.region }
    await this.#schedule.rotateIfDue(holder)
    return this.#store.read(holder)?.rotation
  }

  // --- use ---

  /** A key ready for use, in whatever state. @throws {KmsFailure} */
  usableKey(place: KeyPlace, keyId: string): UsableKey {
    const cached = this.#cache.get(keyId)
    const isHere = cached?.account === place.account && cached.region === place.region
    const name = isHere ? cached : this.resolve(place, keyId)
    const key = isHere ? cached : this.#load(name)
    if (!key || this.#isOver(key)) throw missing(place, name)
    return key
  }

  /** The key in the caller's Region that made a blob, for a caller who names none. @throws {KmsFailure} InvalidCiphertextException, AccessDeniedException */
  keyOfBlob(place: KeyPlace, blob: Buffer): UsableKey {
    const { account, id } = ownerOf(blob, this.#headerKey)
    const name = { account, region: place.region, id }
    const record = this.#store.forUse(name)
    if (!record || this.#isOver(record)) throw foreignCiphertext()
    return this.usableKey(place, keyArn(name))
  }

  /** Encrypts under the newest generation; a rotation that is due happens first. @throws {KmsFailure} */
  async encrypt(key: UsableKey, plaintext: Uint8Array, context: ContextEntries): Promise<Buffer> {
    requireUsable(key)
    const isDue = key.nextRotationAt !== undefined && key.nextRotationAt <= this.#clock.now()
    const { prefix, generation, material } = isDue ? await this.#rotated(key) : key
    const nonce = this.#entropy.bytes(NONCE_BYTES)
    return sealBlob({ prefix, generation, material, headerKey: this.#headerKey, nonce, plaintext, context })
  }

  /** @throws {KmsFailure} IncorrectKeyException for a blob of another key, InvalidCiphertextException for anything else that does not open */
  decrypt(key: UsableKey, blob: Buffer, context: ContextEntries): Buffer {
    requireUsable(key)
    const generation = generationOf(blob)
    if (!isOwnedBy(blob, key.prefix)) {
      ownerOf(blob, this.#headerKey)
      throw incorrectKey()
    }
    return openBlob(blob, this.#materialOf(key, generation), context)
  }

  // --- making ---

  async create({ place, owner, multiRegion, description = '', tags = [], policy }: NewKey): Promise<KeyRecord> {
    if (policy !== undefined) readPolicy(policy.text)
    const { key, usable } = this.#newKey({ place, owner, multiRegion, description, tags: withTags([], tags) })
    await this.#database.write(
      () => this.#store.insert(key, policy),
      () => this.#cache.set(usable.arn, usable),
    )
    return key
  }

  /** The key behind an alias of the service, made by the first who asks. @returns its ARN */
  async sharedKey(place: KeyPlace, alias: string, description: string): Promise<string> {
    const found = this.#aliases.read(place, alias)
    if (found) return keyArn({ ...place, id: found.keyId })
    return this.#database.write(() => {
      // Another request may have made it in this or an earlier group.
      const present = this.#aliases.read(place, alias)
      if (present) return keyArn({ ...place, id: present.keyId })
      const { key } = this.#newKey({ place, owner: 'shared', multiRegion: true, description, tags: [] })
      this.#store.insert(key, undefined)
      this.#putAlias(key, alias)
      return key.arn
    })
  }

  /** Makes the key usable in another Region: same id, same material. @throws {KmsFailure} */
  async replicate(name: KeyName, { region, description = '', tags = [], policy }: NewReplica): Promise<KeyRecord> {
    if (policy !== undefined) readPolicy(policy.text)
    const checkedTags = withTags([], tags)
    return this.#database.write(
      () => {
        const primary = this.read(name)
        requireUsable(primary)
        const { account, id } = primary
        if (primary.primaryRegion === undefined || isReplica(primary))
          throw unsupported(`${primary.arn} is not a multi-Region primary key.`)
        const target = { account, region, id }
        const existing = this.#store.read(target)
        if (existing && this.#isOver(existing)) this.#schedule.destroy(existing)
        else if (existing) throw new KmsFailure('AlreadyExistsException', `${existing.arn} already exists.`)
        const replica: KeyRecord = {
          ...target,
          arn: keyArn(target),
          state: 'Enabled',
          owner: primary.owner,
          material: this.#seal.resealFor(target, primary.material, primary),
          createdAt: this.#clock.now(),
          description,
          tags: checkedTags,
          primaryRegion: primary.primaryRegion,
          deletionAt: undefined,
          windowDays: undefined,
          rotation: undefined,
        }
        this.#store.insert(replica, policy)
        return replica
      },
      ({ arn }) => this.#forget(arn),
    )
  }

  // --- changing ---

  /** Applies a transition to the record as the file holds it. @param transition pure; what it throws leaves the key as it was */
  change(name: KeyName, transition: (key: KeyRecord, now: number) => KeyRecord): Promise<KeyRecord> {
    return this.#database.write(
      () => {
        const changed = transition(this.read(name), this.#clock.now())
        this.#store.update(changed)
        return changed
      },
      ({ arn }) => this.#forget(arn),
    )
  }

  scheduleDeletion(name: KeyName, windowDays: number | undefined): Promise<KeyRecord> {
    return this.change(name, (key, now) => {
      const hasReplicas = !isReplica(key) && this.#store.replicasOf(key).length > 0
      return deletionScheduled(key, { windowDays, now, hasReplicas })
    })
  }

  attachedPolicy(key: KeyRecord): KeyPolicy {
    return this.#store.policy(key) ?? { text: defaultPolicy(key), principals: [] }
  }

  /** The text of it. */
  policyOf(key: KeyRecord): string {
    return this.attachedPolicy(key).text
  }

  /** @throws {KmsFailure} */
  setPolicy(name: KeyName, policy: KeyPolicy): Promise<void> {
    readPolicy(policy.text)
    return this.#database.write(
      () => this.#store.setPolicy(this.read(name), policy),
      () => this.#forget(keyArn(name)),
    )
  }

  // --- aliases ---

  aliases(place: KeyPlace, page: AliasPage): Alias[] {
    return this.#aliases.page(place, page)
  }

  createAlias(name: KeyName, alias: string): Promise<void> {
    return this.#database.write(() => {
      if (this.#aliases.read(name, alias)) throw aliasExists(aliasArn(name, alias))
      this.#putAlias(this.read(name), alias)
    })
  }

  /** Points an alias to another key. */
  updateAlias(name: KeyName, alias: string): Promise<void> {
    return this.#database.write(() => {
      const present = this.#aliases.read(name, alias)
      if (!present) throw aliasNotFound(aliasArn(name, alias))
      if (present.keyId !== name.id) this.#putAlias(this.read(name), alias, present.createdAt)
    })
  }

  deleteAlias(place: KeyPlace, alias: string): Promise<void> {
    return this.#database.write(() => {
      if (!this.#aliases.read(place, alias)) throw aliasNotFound(aliasArn(place, alias))
      this.#aliases.delete(place, alias)
    })
  }

  // --- time ---

  /** Dedicated keys of all accounts and Regions that are not pending deletion, in order, strictly after the key of ARN `after`. */
  dedicatedKeys(after: string | undefined, limit: number): KeyRecord[] {
    const name = after === undefined ? undefined : parseKeyArn(after)
    return this.#store.dedicated(name ?? { account: '', region: '', id: '' }, limit)
  }

  /** Does what the clock has made due: see {@link KeySchedule.sweep}. */
  sweep(): Promise<SweepReport> {
    return this.#schedule.sweep()
  }

  async #rotated(key: UsableKey): Promise<UsableKey> {
    await this.#schedule.rotateIfDue(key)
    const rotated = this.usableKey(key, key.arn)
    requireUsable(rotated)
    return rotated
  }

  // --- inside ---

  #forget(arn: string): void {
    this.#cache.delete(arn)
    this.#described.delete(arn)
  }

  #newKey({ place, owner, multiRegion, description, tags }: KeyToMake): { key: KeyRecord; usable: UsableKey } {
    const { account, region } = place
    const name = { account, region, id: newKeyId(this.#entropy, multiRegion) }
    const { sealed, bytes: material } = this.#seal.create(name, 0)
    const core = { ...name, arn: keyArn(name), state: 'Enabled', owner, deletionAt: undefined } as const
    const primaryRegion = multiRegion ? region : undefined
    const added = { windowDays: undefined, rotation: undefined, createdAt: this.#clock.now() }
    return {
      key: { ...core, ...added, material: sealed, description, tags, primaryRegion },
      usable: { ...core, nextRotationAt: undefined, prefix: ownerPrefix(name), generation: 0, material },
    }
  }

  #load(name: KeyName): UsableKey | undefined {
    const arn = keyArn(name)
    const cached = this.#cache.get(arn)
    if (cached) return cached
    const row = this.#store.forUse(name)
    if (!row) return undefined
    const { account, region, id } = name
    const { state, owner, deletionAt, nextRotationAt } = row
    const generation = generationsOf(row.material) - 1
    const material = this.#seal.open(row.material, name, generation)
    const prefix = ownerPrefix(name)
    const key = { account, region, id, arn, state, owner, deletionAt, nextRotationAt, prefix, generation, material }
    this.#cache.set(arn, key)
    return key
  }

  /** Older generations are opened at each use: few values are still under one. */
  #materialOf(key: UsableKey, generation: number): Uint8Array {
    if (generation === key.generation) return key.material
    const row = generation < key.generation ? this.#store.forUse(key) : undefined
    if (!row) throw invalidCiphertext()
    return this.#seal.open(row.material, key, generation)
  }

  #putAlias(key: KeyRecord, name: string, createdAt?: number): void {
    requireLasting(key)
    if (this.#aliases.countOf(key) >= MAX_ALIASES_PER_KEY)
      throw new KmsFailure('LimitExceededException', `${key.arn} has ${MAX_ALIASES_PER_KEY} aliases already.`)
    const now = this.#clock.now()
    const { account, region, id } = key
    this.#aliases.put({ account, region, name, keyId: id, createdAt: createdAt ?? now, updatedAt: now })
  }

  #isOver({ deletionAt }: { readonly deletionAt: number | undefined }): boolean {
    return deletionAt !== undefined && deletionAt <= this.#clock.now()
  }
}

/** Whether another account has a key of that name is not told. */
const missing = ({ account }: KeyPlace, name: KeyName): KmsFailure =>
  account === name.account ? keyNotFound(keyArn(name)) : forbiddenKey(keyArn(name))
