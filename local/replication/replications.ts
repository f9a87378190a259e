/**
 * Replication, embedded, put together: the feed of the store, the network between Regions, and what reconciles.
 * @module
 */
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { ReplicationFeed } from '../../lambda/adapters/embedded/store/replication-feed.ts'
import { reconcileSecret } from '../../lambda/core/replication/reconcile-secret.ts'
import type { ReplicationMeans } from '../../lambda/core/replication/replication-means.ts'
import type { Log } from '../log/log.ts'
import type { ReplicationMetrics } from '../server/replication-metrics.ts'
import { ReplicationNetwork } from './network.ts'
import { OpenWork } from './open-work.ts'
import { Replicator } from './replicator.ts'

export interface ReplicationsOptions {
  readonly database: Database
  readonly feed: ReplicationFeed
  readonly means: Omit<ReplicationMeans, 'noteFault'>
  /** Milliseconds from a change to its arrival in another Region. */
  readonly lagMs: number
  readonly metrics?: ReplicationMetrics | undefined
  readonly log: Log
}

export interface Replications {
  readonly network: ReplicationNetwork
  /** Messages that are on their way, by the Region that they are for. */
  readonly pending: () => ReadonlyMap<string, number>
  readonly replicator: Pick<Replicator, 'start' | 'drain' | 'sweep' | 'nextArrival' | 'stop'>
}

export function replicationsOf({ database, feed, means, lagMs, metrics, log }: ReplicationsOptions): Replications {
  const noteFault = (fault: unknown): void => log.fault(fault, { during: 'replication' })
  const network = new ReplicationNetwork({ lagMs, regions: means.regions })
  const replicator = new Replicator({
    feed,
    openWork: new OpenWork(database),
    links: means.replication,
    reconcile: (key) => reconcileSecret({ ...means, noteFault }, key),
    network,
    clock: means.clock,
    onReconciled: (region, reconciled) => metrics?.count(region, reconciled),
    onFault: noteFault,
  })
  const pending = (): ReadonlyMap<string, number> => feed.pendingByObserver()
  metrics?.watch(pending)
  return { network, pending, replicator }
}
