/**
 * What one Region sees of a name in all Regions: a global table on AWS, copies with a delay embedded. A Region's own items are strongly consistent; those of others are as they have arrived, each by itself, in any
 * order, and never older than they were seen before.
 *
 * The contract, tested on every adapter by test/contracts/replication-store-contract.ts.
 * @module
 */
import type { Link } from '../domain/replication.ts'
import type { SecretHead, SecretKey } from '../domain/secret.ts'
import type { CommitResult } from './secret-store.ts'

export interface ReplicationGroup {
  /** The Region whose view this is, with account and name. */
  readonly key: SecretKey
  /** By Region, the own one among them; only heads that have to do with replication are sure to be there, beside the own one. */
  readonly heads: ReadonlyMap<string, SecretHead>
  /** By Region, the own one among them. */
  readonly links: ReadonlyMap<string, Link>
}

/** What a primary shows of a Region's copy. */
export interface ReplicaView {
  readonly link: Link | undefined
  /** Day on which the copy was last read, epoch milliseconds of 00:00 UTC; 0: never, or not known here. */
  readonly accessedDay: number
}

export interface DueLink {
  readonly key: SecretKey
  /** Epoch milliseconds. */
  readonly at: number
}

export interface ReplicationStore {
  /** @param key `region`: whose view */
  group(key: SecretKey): Promise<ReplicationGroup>
  /** What the Region of `secret` sees of its copies, in the order of `regions`. `suffix`: of the incarnation whose reads count. */
  replicaViews(secret: Pick<SecretHead, 'key' | 'suffix'>, regions: readonly string[]): Promise<readonly ReplicaView[]>
  /** The own link of `key.region`, strongly consistent. */
  link(key: SecretKey): Promise<Link | undefined>
  /** One conditional write: `link.revision` is one more than what is stored, 1 where there is none. */
  saveLink(key: SecretKey, link: Link): Promise<CommitResult>
  /** Removes the own link of exactly this revision. */
  removeLink(key: SecretKey, link: Link): Promise<CommitResult>
  /** Links of the Regions that this store looks after whose `checkAt` is at or before `now`, earliest first. `after`: goes on behind that one. */
  dueLinks(now: number, limit: number, after?: DueLink): Promise<readonly DueLink[]>
}
