/**
 * The ReplicationStore of a deployment on AWS. The table is a global one: what other Regions have written is there beside the Region's own items, as soon as it has arrived.
 * @module
 */
import type { Link } from '../../../core/domain/replication.ts'
import type { SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import type { DueLink, ReplicaView, ReplicationGroup, ReplicationStore } from '../../../core/ports/replication-store.ts'
import type { CommitResult } from '../../../core/ports/secret-store.ts'
import { queryDue } from './due-items.ts'
import { decoded } from './failures.ts'
import { dueLinksOf, headOf } from './head-item.ts'
import { accessKey, headKey, linkKey, numberOf, type Item } from './item-keys.ts'
import { linkItem, linkOf } from './link-item.ts'
import { ifAbsent, Table, type Expression, type TableOptions } from './table.ts'

export interface DynamoDbReplicationStoreOptions extends TableOptions {
  /** Whose links it looks after. */
  readonly region: string
  /** All that the deployment is in. */
  readonly regions: readonly string[]
}

export class DynamoDbReplicationStore implements ReplicationStore {
  readonly #table: Table
  readonly #region: string
  readonly #regions: readonly string[]

  constructor({ region, regions, ...options }: DynamoDbReplicationStoreOptions) {
    this.#table = new Table(options)
    this.#region = region
    this.#regions = regions
  }

  /** One request: keys, not a Query of the name, which would bring the values, too. */
  async group(key: SecretKey): Promise<ReplicationGroup> {
    const regions = [...new Set([key.region, ...this.#regions])]
    const keys = regions.map((region) => ({ ...key, region }))
    const items = await this.#table.getMany([...keys.map(headKey), ...keys.map(linkKey)], { consistent: true })
    return {
      key,
      heads: byRegion(regions, items.slice(0, regions.length), headOf),
      links: byRegion(regions, items.slice(regions.length), linkOf),
    }
  }

  /** One request. Consistent, so that a Region is never shown older than before. */
  async replicaViews(
    { key, suffix }: Pick<SecretHead, 'key' | 'suffix'>,
    regions: readonly string[],
  ): Promise<readonly ReplicaView[]> {
    const places = regions.map((region) => ({ key: { ...key, region }, suffix }))
    const keys = [...places.map((place) => linkKey(place.key)), ...places.map(accessKey)]
    const items = await this.#table.getMany(keys, { consistent: true, attributes: ['record', 'day'] })
    return regions.map((_, index) => {
      const link = items[index]
      const access = items[regions.length + index]
      return { link: link && decoded(link, linkOf), accessedDay: access ? decoded(access, dayOf) : 0 }
    })
  }

  async link(key: SecretKey): Promise<Link | undefined> {
    const item = await this.#table.get(linkKey(key))
    return item && decoded(item, linkOf)
  }

  async saveLink(key: SecretKey, link: Link): Promise<CommitResult> {
    const { revision } = link
    return resultOf(await this.#table.put(linkItem(key, link), revision === 1 ? ifAbsent : isAt(revision - 1)))
  }

  async removeLink(key: SecretKey, { revision }: Link): Promise<CommitResult> {
    return resultOf(await this.#table.remove(linkKey(key), isAt(revision)))
  }

  dueLinks(now: number, limit: number, after?: DueLink): Promise<readonly DueLink[]> {
    return queryDue(this.#table, { due: dueLinksOf(this.#region), now, limit, after })
  }
}

function byRegion<T>(
  regions: readonly string[],
  items: readonly (Item | undefined)[],
  decode: (item: Item) => T,
): ReadonlyMap<string, T> {
  return new Map(
    regions.flatMap((region, index) => {
      const item = items[index]
      return item ? [[region, decoded(item, decode)] as const] : []
    }),
  )
}

const dayOf = (item: Item): number => numberOf(item, 'day')

const isAt = (revision: number): Expression => ({
  text: '#revision = :revision',
  names: ['revision'],
  values: { ':revision': { N: String(revision) } },
})

const resultOf = (isDone: boolean): CommitResult => (isDone ? 'committed' : 'conflict')
