/**
 * The ports of one Region over the simulated table, for one actor. Every method takes effect at one moment.
 * @module
 */
import type { Link } from '../../../lambda/core/domain/replication.ts'
import type { SecretHead, SecretKey } from '../../../lambda/core/domain/secret.ts'
import type {
  DueLink,
  ReplicaView,
  ReplicationGroup,
  ReplicationStore,
} from '../../../lambda/core/ports/replication-store.ts'
import {
  isNewHead,
  type Commit,
  type CommitResult,
  type ListPage,
  type ScannedValue,
  type SecretStore,
  type StoredSecret,
  type ValueRef,
} from '../../../lambda/core/ports/secret-store.ts'
import type { Actor } from './actor.ts'
import { valueKey, type SimulatedTable } from './simulated-table.ts'
import type { VirtualTime } from './virtual-time.ts'

const ACCOUNT = '123456789012'
const UNREAD = { day: 0, versions: new Map<string, number>() }

export class SimulatedStore implements SecretStore, ReplicationStore {
  readonly #table: SimulatedTable
  readonly #time: VirtualTime
  readonly #actor: Actor

  constructor({ table, time, actor }: { table: SimulatedTable; time: VirtualTime; actor: Actor }) {
    this.#table = table
    this.#time = time
    this.#actor = actor
  }

  get #here(): string {
    return this.#actor.region
  }

  async load(key: SecretKey): Promise<StoredSecret | undefined> {
    const { heads, access } = this.#table.own(this.#own(key))
    const head = heads.get(key.name)
    return head && { head, access: access.get(key.name) ?? UNREAD }
  }

  async loadHeads(keys: readonly SecretKey[]): Promise<readonly (SecretHead | undefined)[]> {
    return keys.map((key) => this.#table.head(this.#own(key), key.name))
  }

  async readValue({ key, suffix, id }: ValueRef): Promise<Uint8Array | undefined> {
    const item = valueKey(key.name, suffix, id)
    if (key.region === this.#here) return this.#table.own(this.#here).values.get(item)?.sealed
    return this.#table.seen(this.#here, key.region).values.get(item)?.item?.sealed
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const { head, put, drop, replaces } = commit
    const { name } = head.key
    const region = this.#own(head.key)
    // As on AWS: values are put first, and stay when the head is not written.
    for (const { id, sealed } of put)
      this.#table.putValue(region, { name, suffix: head.suffix, id, sealed, writtenAt: this.#time.now() })
    const stored = this.#table.head(region, name)
    const isExpected = replaces
      ? stored?.suffix === replaces.suffix && stored.revision === replaces.revision
      : isNewHead(commit)
        ? stored === undefined
        : stored?.suffix === head.suffix && stored.revision === head.revision - 1
    if (!isExpected) return 'conflict'
    this.#table.writeHead(region, name, head, this.#actor)
    for (const id of drop) this.#table.dropValue(region, name, valueKey(name, head.suffix, id))
    if (replaces) {
      this.#table.own(region).access.delete(name)
      for (const id of this.#valueIds(replaces))
        this.#table.dropValue(region, name, valueKey(name, replaces.suffix, id))
    }
    return 'committed'
  }

  async remove(head: SecretHead): Promise<CommitResult> {
    const region = this.#own(head.key)
    const stored = this.#table.head(region, head.key.name)
    if (stored?.suffix !== head.suffix || stored.revision !== head.revision) return 'conflict'
    this.#table.own(region).access.delete(head.key.name)
    this.#table.writeHead(region, head.key.name, undefined, this.#actor)
    return 'committed'
  }

  async recordAccess({ head, access }: StoredSecret, versionId: string, day: number): Promise<void> {
    const { heads, access: days } = this.#table.own(this.#own(head.key))
    if (heads.get(head.key.name)?.suffix !== head.suffix) return
    days.set(head.key.name, { day, versions: new Map([...access.versions, [versionId, day]]) })
  }

  async list(): Promise<ListPage> {
    throw new Error('lists are no part of the simulation')
  }

  async duePurges(now: number, limit: number): Promise<readonly SecretKey[]> {
    return [...this.#table.own(this.#here).heads.values()]
      .filter(({ state, deletion }) => state === 'purging' || (deletion !== undefined && deletion.purgeAt <= now))
      .map(({ key }) => key)
      .slice(0, limit)
  }

  async dueRotations(): Promise<readonly []> {
    return []
  }

  async rotation(): Promise<undefined> {
    return undefined
  }

  async rotations(): Promise<readonly []> {
    return []
  }

  async saveRotation(): Promise<void> {
    return undefined
  }

  async valuesOf(head: SecretHead): Promise<readonly string[]> {
    return this.#valueIds(head)
  }

  async scanValues(after: string | undefined, limit: number): Promise<readonly ScannedValue[]> {
    return [...this.#table.own(this.#here).values]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([position]) => after === undefined || position > after)
      .slice(0, limit)
      .map(([position, { name, suffix, id, writtenAt }]) => ({
        ref: { key: this.#keyOf(name), suffix, id },
        writtenAt,
        position,
      }))
  }

  async dropValues(refs: readonly ValueRef[]): Promise<void> {
    for (const { key, suffix, id } of refs)
      this.#table.dropValue(this.#own(key), key.name, valueKey(key.name, suffix, id))
  }

  async group(key: SecretKey): Promise<ReplicationGroup> {
    const here = this.#own(key)
    const own = this.#table.own(here)
    const heads = new Map<string, SecretHead>()
    const links = new Map<string, Link>()
    for (const region of this.#table.regions) {
      const isOwn = region === here
      const seen = isOwn ? undefined : this.#table.seen(here, region)
      const head = isOwn ? own.heads.get(key.name) : seen?.heads.get(key.name)?.item
      const link = isOwn ? own.links.get(key.name) : seen?.links.get(key.name)?.item
      if (head) heads.set(region, head)
      if (link) links.set(region, link)
    }
    return { key, heads, links }
  }

  async replicaViews(
    { key }: Pick<SecretHead, 'key' | 'suffix'>,
    regions: readonly string[],
  ): Promise<readonly ReplicaView[]> {
    const here = this.#own(key)
    return regions.map((region) => ({ link: this.#table.seen(here, region).links.get(key.name)?.item, accessedDay: 0 }))
  }

  async link(key: SecretKey): Promise<Link | undefined> {
    return this.#table.own(this.#own(key)).links.get(key.name)
  }

  async saveLink(key: SecretKey, link: Link): Promise<CommitResult> {
    const region = this.#own(key)
    if (link.revision !== (this.#table.own(region).links.get(key.name)?.revision ?? 0) + 1) return 'conflict'
    this.#table.writeLink(region, key.name, link)
    return 'committed'
  }

  async removeLink(key: SecretKey, link: Link): Promise<CommitResult> {
    const region = this.#own(key)
    if (link.revision !== this.#table.own(region).links.get(key.name)?.revision) return 'conflict'
    this.#table.writeLink(region, key.name, undefined)
    return 'committed'
  }

  async dueLinks(now: number, limit: number, after?: DueLink): Promise<readonly DueLink[]> {
    return [...this.#table.own(this.#here).links]
      .flatMap(([name, { checkAt }]) =>
        checkAt !== undefined && checkAt <= now ? [{ key: this.#keyOf(name), at: checkAt }] : [],
      )
      .sort((a, b) => a.at - b.at || (a.key.name < b.key.name ? -1 : 1))
      .filter(({ key, at }) => !after || at > after.at || (at === after.at && key.name > after.key.name))
      .slice(0, limit)
  }

  #valueIds({ key, suffix }: SecretHead): string[] {
    return [...this.#table.own(this.#own(key)).values.values()]
      .filter((value) => value.name === key.name && value.suffix === suffix)
      .map(({ id }) => id)
  }

  #keyOf(name: string): SecretKey {
    return { account: ACCOUNT, region: this.#here, name }
  }

  /** A Region's function reads and writes that Region's items and no others. */
  #own({ region }: SecretKey): string {
    if (region !== this.#here) throw new Error(`${this.#actor.name} in ${this.#here} reached for an item of ${region}`)
    return region
  }
}
