/**
 * Which services an embedded Coffer is made of, and how they are wired to the one database, master key and clock.
 * @module
 */
import type { Database } from '../lambda/adapters/embedded/database.ts'
import { KeyringKeyService } from '../lambda/adapters/embedded/keyring-key-service.ts'
import { Keyring } from '../lambda/adapters/embedded/keyring/keyring.ts'
import type { MasterKey } from '../lambda/adapters/embedded/keyring/master-key.ts'
import { keyringSchema } from '../lambda/adapters/embedded/keyring/schema.ts'
import { ReplicationFeed } from '../lambda/adapters/embedded/store/replication-feed.ts'
import { replicationStoreSchema, rotationStoreSchema, storeSchema } from '../lambda/adapters/embedded/store/schema.ts'
import { SqliteReplicationStore } from '../lambda/adapters/embedded/store/sqlite-replication-store.ts'
import { SqliteSecretStore } from '../lambda/adapters/embedded/store/sqlite-secret-store.ts'
import { DAY } from '../lambda/core/domain/dates.ts'
import type { SecretHead } from '../lambda/core/domain/secret.ts'
import type { Clock } from '../lambda/core/ports/clock.ts'
import type { Entropy } from '../lambda/core/ports/entropy.ts'
import type { ExplainMeans } from '../lambda/core/explain-access.ts'
import type { ReplicationAdministration } from '../lambda/core/replication/administer.ts'
import type { AdministrationMeans } from '../lambda/core/rotation/administered-secret.ts'
import { operations } from '../lambda/core/operations/index.ts'
import { purge, sweepKeys, sweepPurges, sweepValues, type SweepResult } from '../lambda/core/sweeper.ts'
import { createSecretsManagerService } from '../lambda/protocol/service.ts'
import type { WireService } from '../lambda/protocol/wire.ts'
import type { ServeConfig } from './config.ts'
import type { Identities } from './identities/identities.ts'
import { identitySchema, identityStoreSchema } from './identities/schema.ts'
import { kmsService } from './kms/kms-service.ts'
import { functionsOf } from './functions/functions.ts'
import { functionSchema } from './functions/schema.ts'
import type { Log } from './log/log.ts'
import { openWorkSchema } from './replication/open-work.ts'
import { replicationsOf, type Replications } from './replication/replications.ts'
import { eventLog, eventsToAll } from './rotation/event-log.ts'
import { EventWebhook } from './rotation/event-webhook.ts'
import { executionSchema } from './rotation/execution-store.ts'
import { rotationsOf, type Rotations } from './rotation/rotations.ts'
import type { SignedEndpoint } from './server/endpoint.ts'
import type { Metrics } from './server/metrics.ts'
import { ReplicationMetrics } from './server/replication-metrics.ts'
import { rotationMetrics } from './server/rotation-metrics.ts'

/** What services are built on. */
export interface Foundation {
  readonly config: ServeConfig
  readonly database: Database
  readonly masterKey: MasterKey
  /** The domain's time: virtual with `--clock`. */
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly identities: Identities
  /** What counts rotations and replication; absent in stand-ins. */
  readonly metrics?: Metrics
  /** The account of the server's admin. */
  readonly adminAccount?: string | undefined
  /** Signs the events that go to the webhook. */
  readonly eventWebhookKey?: string | undefined
  /** Where functions reach this Coffer; known when it listens. */
  readonly url: () => string
}

export interface Services {
  readonly secretsmanager: WireService
  readonly kms: WireService
  /** What explanations of access are made from; absent in stand-ins. */
  readonly explain?: ExplainMeans
  /** Does the background work that is due by the domain's clock; called every minute and after every move of the clock. Its counts go to the log. */
  readonly sweep: () => Promise<Readonly<Record<string, number>>>
  /** What shows, resumes and aborts rotations; absent in stand-ins. */
  readonly administration?: AdministrationMeans
  /** What shows replication and hands secrets over; absent in stand-ins. */
  readonly replicationAdministration?: ReplicationAdministration
  /** The Lambda API; absent in stand-ins. */
  readonly lambda?: SignedEndpoint
  /** Rotations, carried out in this process; absent in stand-ins. */
  readonly rotations?: Pick<Rotations, 'start' | 'drain' | 'moveClock'>
  /** Replication between the Regions, carried out in this process; absent in stand-ins. */
  readonly replications?: Replications
  /** Lets what is running come to an end, and writes what is still in memory; the database is closed after it. */
  readonly close: () => Promise<void>
}

export type Compose = (foundation: Foundation) => Services

/** One script per schema version, in this order for ever. */
export const migrations: readonly string[] = [
  [keyringSchema, identitySchema, storeSchema].join(';\n'),
  identityStoreSchema,
  [rotationStoreSchema, executionSchema, functionSchema].join(';\n'),
  [replicationStoreSchema, openWorkSchema].join(';\n'),
]

export const composeServices: Compose = (foundation) => {
  const { config, database, masterKey, clock, entropy, log, identities } = foundation
  const keyring = new Keyring({ database, masterKey, clock, entropy })
  const keys = new KeyringKeyService({ keyring, entropy, mode: config.keyMode })
  const feed = new ReplicationFeed({ database, clock })
  const store = new SqliteSecretStore({ database, clock, feed })
  const replication = new SqliteReplicationStore({ database, feed })
  const means = { store, replication, keys, clock }
  const purgeSoon = async (head: SecretHead): Promise<void> => {
    // What fails here is left to the sweeper: the deletion itself is durable already.
    await purge(means, head).catch((error: unknown) => log.fault(error, { during: 'purge' }))
  }
  const functions = functionsOf(foundation)
  const { eventWebhook: url, regions } = config
  const webhook = url === undefined ? undefined : new EventWebhook({ url, key: foundation.eventWebhookKey, log })
  const replicationMetrics = new ReplicationMetrics()
  foundation.metrics?.include(() => replicationMetrics.text())
  const events = eventsToAll([
    eventLog(log),
    replicationMetrics,
    ...(foundation.metrics ? [rotationMetrics(foundation.metrics)] : []),
    ...(webhook ? [webhook] : []),
  ])
  const { authorizer } = identities
  const replications = replicationsOf({
    database,
    feed,
    means: { ...means, entropy, authorizer, events, regions },
    lagMs: config.replicationLagMs,
    metrics: replicationMetrics,
    log,
  })
  const { replicator } = replications
  const rotations = rotationsOf({
    database,
    services: { ...means, regions, entropy, authorizer, purgeSoon, events },
    beside: replicator,
    functions: functions.service,
    endFunctions: functions.close,
    config: config.rotation,
    adminAccount: foundation.adminAccount,
    log,
  })
  const { services } = rotations
  const values = oncePerDay(clock, () => sweepValues(means))
  const serviceKeys = oncePerDay(clock, () => sweepKeys(means))
  return {
    secretsmanager: createSecretsManagerService(services, operations),
    explain: services,
    administration: services,
    replicationAdministration: services,
    lambda: functions.endpoint,
    rotations,
    replications,
    kms: kmsService({ keyring, entropy, clock, authorizer }),
    // Each step on its own: what stops one, such as a damaged record, must not stop the others.
    sweep: async () => {
      const faults: unknown[] = []
      const step = async (work: () => Promise<SweepResult>): Promise<number> => {
        const result = await work().catch((fault: unknown) => ({ done: 0, faults: [fault] }))
        faults.push(...result.faults)
        return result.done
      }
      const counts = {
        purged: await step(() => sweepPurges(means)),
        values: await step(values),
        retired: await step(serviceKeys),
        destroyed: await step(async () => ({ done: (await keyring.sweep()).destroyed, faults: [] })),
        links: await step(async () => ({ done: await replicator.sweep(), faults: [] })),
      }
      for (const fault of faults) log.fault(fault, { during: 'sweep' })
      return counts
    },
    close: async () => {
      await rotations.stop()
      await replicator.stop()
      await webhook?.close()
      await store.close()
    },
  }
}

/** Runs work when a day of the domain's clock has passed since it last succeeded; at first at once. */
function oncePerDay(clock: Clock, work: () => Promise<SweepResult>): () => Promise<SweepResult> {
  let last = -Infinity
  return async () => {
    const now = clock.now()
    if (now - last < DAY) return { done: 0, faults: [] }
    const result = await work()
    last = now
    return result
  }
}
