/**
 * The ReplicationStore of an embedded Coffer, for all its Regions: a Region's own head and link are read from where they are written, those of the others from what has been delivered to it.
 * @module
 */
import type { Link } from '../../../core/domain/replication.ts'
import type { SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import type { DueLink, ReplicaView, ReplicationGroup, ReplicationStore } from '../../../core/ports/replication-store.ts'
import type { CommitResult } from '../../../core/ports/secret-store.ts'
import { decodeHead } from '../../head-record.ts'
import type { Database } from '../database.ts'
import { reading, unavailable } from './failures.ts'
import { OwnLinks } from './own-links.ts'
import type { ReplicationFeed } from './replication-feed.ts'
import { SeenItems } from './seen-items.ts'

const IS_HEAD = 'account = ? AND region = ? AND name = ?'

export class SqliteReplicationStore implements ReplicationStore {
  readonly #database: Database
  readonly #feed: ReplicationFeed
  readonly #links: OwnLinks
  readonly #seen: SeenItems
  readonly #head
  readonly #accessedDay

  constructor({ database, feed }: { database: Database; feed: ReplicationFeed }) {
    this.#database = database
    this.#feed = feed
    this.#links = new OwnLinks(database)
    this.#seen = new SeenItems(database)
    this.#head = database.prepare(`SELECT record, inline FROM head WHERE ${IS_HEAD}`)
    this.#accessedDay = database.prepare(`SELECT accessed_day FROM head WHERE ${IS_HEAD} AND suffix = ?`)
  }

  async group(key: SecretKey): Promise<ReplicationGroup> {
    return reading(() => {
      const head = this.#ownHead(key)
      const link = this.#links.one(key)
      const { heads, links } = this.#seen.of(key)
      return {
        key,
        heads: head ? new Map([...heads, [key.region, head]]) : heads,
        links: link ? new Map([...links, [key.region, link]]) : links,
      }
    })
  }

  /** Days of reads are not delivered: they are read where they are, in the same file. */
  async replicaViews(
    { key, suffix }: Pick<SecretHead, 'key' | 'suffix'>,
    regions: readonly string[],
  ): Promise<readonly ReplicaView[]> {
    const { account, name } = key
    return reading(() =>
      regions.map((region) => ({
        link: this.#seen.link({ account, region, name }, key.region),
        accessedDay: Number(this.#accessedDay.get(account, region, name, suffix)?.accessed_day ?? 0),
      })),
    )
  }

  async link(key: SecretKey): Promise<Link | undefined> {
    return reading(() => this.#links.one(key))
  }

  async saveLink(key: SecretKey, link: Link): Promise<CommitResult> {
    return this.#write(key, link, () => this.#links.save(key, link))
  }

  async removeLink(key: SecretKey, link: Link): Promise<CommitResult> {
    return this.#write(key, undefined, () => this.#links.remove(key, link))
  }

  async dueLinks(now: number, limit: number, after?: DueLink): Promise<readonly DueLink[]> {
    return reading(() => this.#links.due(now, limit, after))
  }

  #ownHead(key: SecretKey): SecretHead | undefined {
    const row = this.#head.get(key.account, key.region, key.name)
    return row && decodeHead(key, row.record as string, row.inline as Uint8Array | null)
  }

  #write(key: SecretKey, after: Link | undefined, change: () => boolean): Promise<CommitResult> {
    const work = (): CommitResult => {
      const before = this.#links.one(key)
      if (!change()) return 'conflict'
      this.#feed.linkChanged(key, { before, after, head: this.#ownHead(key) })
      return 'committed'
    }
    return this.#database
      .write(work, () => this.#feed.announce())
      .catch((cause: unknown) => {
        throw unavailable(cause)
      })
  }
}
