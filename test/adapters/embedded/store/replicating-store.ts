/**
 * The embedded stores of several Regions in one database, with the feed between them.
 * @module
 */
import { Database } from '../../../../lambda/adapters/embedded/database.ts'
import { ReplicationFeed } from '../../../../lambda/adapters/embedded/store/replication-feed.ts'
import {
  replicationStoreSchema,
  rotationStoreSchema,
  storeSchema,
} from '../../../../lambda/adapters/embedded/store/schema.ts'
import { SqliteReplicationStore } from '../../../../lambda/adapters/embedded/store/sqlite-replication-store.ts'
import { SqliteSecretStore } from '../../../../lambda/adapters/embedded/store/sqlite-secret-store.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

export function openReplicatingStore(path: string) {
  const clock = new ManualClock()
  const database = new Database({ path, migrations: [storeSchema, rotationStoreSchema, replicationStoreSchema] })
  const feed = new ReplicationFeed({ database, clock })
  return {
    clock,
    database,
    feed,
    store: new SqliteSecretStore({ database, clock, feed }),
    replication: new SqliteReplicationStore({ database, feed }),
    settle: () => feed.deliver(feed.pending(1_000)),
  }
}
