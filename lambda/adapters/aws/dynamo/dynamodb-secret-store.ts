/**
 * The SecretStore of a deployment on AWS: one table, no transactions (design section 3). The conditional put of a head is the commit; whatever a crash, a conflict
 * or a lost answer leaves beside it is named by no head and found by the daily sweep.
 * @module
 */
import type { SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import {
  isNewHead,
  type Commit,
  type CommitResult,
  type DueRotation,
  type ListPage,
  type ListQuery,
  type NewValue,
  type RotationRef,
  type ScannedValue,
  type SecretStore,
  type StoredSecret,
  type ValueRef,
} from '../../../core/ports/secret-store.ts'
import type { RotationRecord } from '../../../core/rotation/rotation-record.ts'
import { indexes } from '../table-schema.ts'
import { accessItem } from './access-item.ts'
import { makeRead, noteRead } from './access-update.ts'
import { queryDue } from './due-items.ts'
import { decoded } from './failures.ts'
import { duePurgesOf, dueRotationsOf, headItem, headOf } from './head-item.ts'
import {
  accessKey,
  accessPrefix,
  headKey,
  headSort,
  keyOfItem,
  partitionOf,
  secretKeyOf,
  textOf,
  valueKey,
  valuePrefix,
  valueRefOf,
  type Item,
} from './item-keys.ts'
import { accessIn, listSecrets } from './listing.ts'
import { readRotation, readRotations, rotationItems, writeRotation } from './rotation-items.ts'
import { sortableTime } from './sort-text.ts'
import { ifAbsent, Table, type Expression, type TableOptions } from './table.ts'
import { scanValues } from './value-scan.ts'

export interface DynamoDbSecretStoreOptions extends TableOptions {
  readonly clock: Clock
  /** Whose purges and value items it looks after. */
  readonly region: string
}

export class DynamoDbSecretStore implements SecretStore {
  readonly #table: Table
  readonly #clock: Clock
  readonly #region: string

  constructor({ clock, region, ...options }: DynamoDbSecretStoreOptions) {
    this.#table = new Table(options)
    this.#clock = clock
    this.#region = region
  }

  /** One request: the head and the record of its reads stand side by side. */
  async load(key: SecretKey): Promise<StoredSecret | undefined> {
    const items = await this.#table.query({ where: beginning(key, headSort(key.region)) })
    const item = items.find((found) => textOf(found, 'sk') === headSort(key.region))
    if (!item) return undefined
    const head = decoded(item, headOf)
    const accessSort = accessPrefix(key.region) + head.suffix
    return { head, access: accessIn(items.find((found) => textOf(found, 'sk') === accessSort)) }
  }

  /** For background work. */
  async loadHeads(keys: readonly SecretKey[]): Promise<readonly (SecretHead | undefined)[]> {
    const items = await this.#table.getMany(keys.map(headKey), { consistent: true })
    return items.map((item) => item && decoded(item, headOf))
  }

  async readValue(ref: ValueRef): Promise<Uint8Array | undefined> {
    return (await this.#table.get(valueKey(ref)))?.sealed?.B
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const { head, put, drop, replaces } = commit
    const isNew = isNewHead(commit)
    const hasNewAccess = isNew || replaces !== undefined
    const asBefore = replaces ? isAt(replaces, replaces.revision) : isNew ? ifAbsent : isAt(head, head.revision - 1)
    // The condition keeps a request that DynamoDB sees late from undoing a read.
    const access = hasNewAccess ? [this.#table.put(accessItem(head), ifAbsent)] : []
    await Promise.all([...put.map((value) => this.#table.put(this.#valueItem(head, value))), ...access])
    if (!(await this.#table.put(headItem(head), asBefore))) {
      if (hasNewAccess) await bestEffort([this.#tidyUp(head, replaces)])
      return 'conflict'
    }
    const dropped = drop.map((id) => this.#table.remove(valueKey({ key: head.key, suffix: head.suffix, id })))
    await bestEffort(replaces ? [...dropped, this.#forget(replaces)] : dropped)
    return 'committed'
  }

  async remove(head: SecretHead): Promise<CommitResult> {
    // Looked up while the name is still reserved: none of these is a successor's.
    const where = beginning(head.key, accessPrefix(head.key.region))
    const reads = await this.#table.query({ where, attributes: [] })
    // Named by the suffix, and so never a successor's.
    const rotations = head.rotation ? await rotationItems(this.#table, head, []) : []
    if (!(await this.#table.remove(headKey(head.key), isAt(head, head.revision)))) {
      await bestEffort([this.#tidyUp(head)])
      return 'conflict'
    }
    await bestEffort([...reads, ...rotations].map((item) => this.#table.remove(keyOfItem(item))))
    return 'committed'
  }

  async recordAccess(secret: StoredSecret, versionId: string, day: number): Promise<void> {
    const read = { versionId, day }
    if (secret.access.day > day || (await noteRead(this.#table, secret, read))) return
    const now = await this.load(secret.head.key)
    if (now?.head.suffix === secret.head.suffix) await makeRead(this.#table, secret, read)
  }

  list(query: ListQuery): Promise<ListPage> {
    return listSecrets(this.#table, query)
  }

  async duePurges(now: number, limit: number): Promise<readonly SecretKey[]> {
    const where = {
      text: '#due = :due AND #dueAt <= :now',
      names: ['due', 'dueAt'],
      values: { ':due': { S: duePurgesOf(this.#region) }, ':now': { S: sortableTime(now) } },
    }
    const items = await this.#table.query({ index: indexes.due, where, limit })
    return items.map((item) => decoded(item, secretKeyOf))
  }

  dueRotations(now: number, limit: number, after?: DueRotation): Promise<readonly DueRotation[]> {
    return queryDue(this.#table, { due: dueRotationsOf(this.#region), now, limit, after })
  }

  rotation(ref: RotationRef): Promise<RotationRecord | undefined> {
    return readRotation(this.#table, ref)
  }

  rotations(secret: Pick<RotationRef, 'key' | 'suffix'>): Promise<readonly RotationRecord[]> {
    return readRotations(this.#table, secret)
  }

  saveRotation(secret: Pick<RotationRef, 'key' | 'suffix'>, record: RotationRecord): Promise<void> {
    return writeRotation(this.#table, secret, record)
  }

  async valuesOf({ key, suffix }: SecretHead): Promise<readonly string[]> {
    const where = beginning(key, valuePrefix(key.region, suffix))
    const items = await this.#table.query({ where, attributes: [] })
    return items.map((item) => decoded(item, valueRefOf).id)
  }

  scanValues(after: string | undefined, limit: number): Promise<readonly ScannedValue[]> {
    return scanValues(this.#table, { region: this.#region, after, limit })
  }

  dropValues(refs: readonly ValueRef[]): Promise<void> {
    return this.#table.removeMany(refs.map(valueKey))
  }

  /** Everything of an incarnation but its head. By the names that the head has: its copy may have come back under the suffix meanwhile. */
  async #forget(head: SecretHead): Promise<void> {
    const { key, suffix, versions } = head
    const values = versions.flatMap(({ value }) =>
      value.kind === 'item' ? [valueKey({ key, suffix, id: value.id })] : [],
    )
    const rotations = head.rotation ? await rotationItems(this.#table, head, []) : []
    await this.#table.removeMany([accessKey(head), ...values, ...rotations.map(keyOfItem)])
  }

  #valueItem({ key, suffix }: SecretHead, { id, sealed }: NewValue): Item {
    return { ...valueKey({ key, suffix, id }), sealed: { B: sealed }, writtenAt: { N: String(this.#clock.now()) } }
  }

  /**
   * After a conflict, which may be with our own write whose answer was lost: only a head that is not ours shows that nobody needs the access item, and only ours that the one that it replaces is gone. Value items are left to
   * the sweep.
   */
  async #tidyUp(head: SecretHead, replaces?: SecretHead): Promise<void> {
    const stored = await this.load(head.key)
    if (stored?.head.suffix !== head.suffix) await this.#table.remove(accessKey(head))
    else if (replaces) await this.#forget(replaces)
  }
}

/** The items of a name whose sort keys begin so. */
const beginning = (key: SecretKey, prefix: string): Expression => ({
  text: '#pk = :pk AND begins_with(#sk, :prefix)',
  names: ['pk', 'sk'],
  values: { ':pk': { S: partitionOf(key) }, ':prefix': { S: prefix } },
})

/** The head in the table has this revision, and is of the same incarnation. */
const isAt = ({ suffix }: SecretHead, revision: number): Expression => ({
  text: '#revision = :revision AND #suffix = :suffix',
  names: ['revision', 'suffix'],
  values: { ':revision': { N: String(revision) }, ':suffix': { S: suffix } },
})

/** What is done is done already: a failure here changes nothing that anybody sees. */
const bestEffort = (work: readonly Promise<unknown>[]): Promise<unknown> => Promise.allSettled(work)
