/**
 * Coffer without a server: the wire service over the embedded store in memory, a clock that a test moves, and keys that a test can break.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { Database } from '../../lambda/adapters/embedded/database.ts'
import { ReplicationFeed } from '../../lambda/adapters/embedded/store/replication-feed.ts'
import {
  replicationStoreSchema,
  rotationStoreSchema,
  storeSchema,
} from '../../lambda/adapters/embedded/store/schema.ts'
import { SqliteReplicationStore } from '../../lambda/adapters/embedded/store/sqlite-replication-store.ts'
import { SqliteSecretStore } from '../../lambda/adapters/embedded/store/sqlite-secret-store.ts'
import { sameAccountOnly, type Authorizer } from '../../lambda/auth/authorizer.ts'
import type { Origin } from '../../lambda/auth/origin.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import type { SecretHead } from '../../lambda/core/domain/secret.ts'
import { operations } from '../../lambda/core/operations/index.ts'
import type { ServiceEvent } from '../../lambda/core/ports/events.ts'
import type { SecretStore } from '../../lambda/core/ports/secret-store.ts'
import type { Services } from '../../lambda/core/services.ts'
import { purge } from '../../lambda/core/sweeper.ts'
import { createSecretsManagerService } from '../../lambda/protocol/service.ts'
import type { WireRequest, WireResponse } from '../../lambda/protocol/wire.ts'
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import { ManualClock } from './manual-clock.ts'
import { StubFunctions } from './stub-functions.ts'
import { MemoryKeyService } from './memory-key-service.ts'

export const ACCOUNT = '123456789012'
export const REGION = 'us-east-1'
/** Where secrets may have replicas. */
export const REGIONS = [REGION, 'eu-west-1', 'ap-south-1']

export const principalOf = (account: string): Principal => ({
  account,
  arn: `arn:aws:iam::${account}:user/admin`,
  userId: 'AIDATESTTESTTESTTEST',
  accessKeyId: 'AKIATESTTESTTESTTEST',
})

export const ORIGIN: Origin = { receivedAt: Date.parse('2026-01-01T00:00:00Z'), sourceIp: '192.0.2.1', isSecure: true }

export interface Caller {
  readonly account?: string
  readonly region?: string
  /** By default the admin of the account. */
  readonly principal?: Principal
  readonly origin?: Origin
}

export interface CofferOptions {
  readonly authorizer?: Authorizer
  readonly keys?: MemoryKeyService
  /** Wraps the store, to count or disturb its calls. */
  readonly wrapStore?: (store: SecretStore) => SecretStore
  /** Leaves forced deletions to the sweeper, as on AWS. */
  readonly purgesLater?: boolean
}

export type Json = Record<string, unknown>

/** An error answer of the service. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string

  constructor({ status, body }: WireResponse) {
    const { __type, Message } = JSON.parse(body) as { __type: string; Message: string }
    super(Message)
    this.status = status
    this.code = __type
  }
}

export function makeCoffer(options: CofferOptions = {}) {
  const clock = new ManualClock()
  const database = new Database({
    path: ':memory:',
    migrations: [storeSchema, rotationStoreSchema, replicationStoreSchema],
  })
  const feed = new ReplicationFeed({ database, clock })
  const sqlite = new SqliteSecretStore({ database, clock, feed })
  const replication = new SqliteReplicationStore({ database, feed })
  const store = options.wrapStore?.(sqlite) ?? sqlite
  const keys = options.keys ?? new MemoryKeyService()
  const functions = new StubFunctions()
  const events: ServiceEvent[] = []
  const services: Services = {
    store,
    replication,
    regions: REGIONS,
    keys,
    clock,
    entropy: systemEntropy,
    authorizer: options.authorizer ?? sameAccountOnly,
    purgeSoon: async (head: SecretHead) => {
      if (!options.purgesLater) await purge({ store, replication, keys, clock }, head)
    },
    functions,
    events: {
      tell: async (event) => {
        events.push(event)
      },
    },
    rotateSoon: async () => undefined,
  }
  const service = createSecretsManagerService(services, operations)

  async function raw(request: Partial<WireRequest>, caller: Caller = {}): Promise<WireResponse> {
    return service({
      method: 'POST',
      target: undefined,
      contentType: 'application/x-amz-json-1.1',
      body: Buffer.from('{}'),
      principal: caller.principal ?? principalOf(caller.account ?? ACCOUNT),
      origin: caller.origin ?? ORIGIN,
      region: caller.region ?? REGION,
      requestId: randomUUID(),
      ...request,
    })
  }

  /** Calls an operation as an SDK does: a ClientRequestToken is filled in unless the input has one. @throws {ApiError} */
  async function call(operation: string, input: Json = {}, caller: Caller = {}): Promise<Json> {
    const tokened = withToken(operation, input)
    const response = await raw(
      { target: `secretsmanager.${operation}`, body: Buffer.from(JSON.stringify(tokened)) },
      caller,
    )
    if (response.status !== 200) throw new ApiError(response)
    return response.body === '' ? {} : (JSON.parse(response.body) as Json)
  }

  return { call, raw, clock, keys, store, services, database, feed, functions, events, close: () => database.close() }
}

export type Coffer = ReturnType<typeof makeCoffer>

const tokened = new Set(['CreateSecret', 'PutSecretValue', 'UpdateSecret', 'RotateSecret'])

function withToken(operation: string, input: Json): Json {
  return tokened.has(operation) ? { ClientRequestToken: randomUUID(), ...input } : input
}

/** A version id of our choosing: 32 characters at least. */
export const token = (name: string): string => name.padEnd(32, '-')

/** The store's methods as own properties, to spread and replace some. */
export function bound(store: SecretStore): SecretStore {
  return {
    load: (key) => store.load(key),
    loadHeads: (keys) => store.loadHeads(keys),
    readValue: (ref) => store.readValue(ref),
    commit: (commit) => store.commit(commit),
    remove: (head) => store.remove(head),
    recordAccess: (secret, versionId, day) => store.recordAccess(secret, versionId, day),
    list: (query) => store.list(query),
    duePurges: (now, limit) => store.duePurges(now, limit),
    valuesOf: (head) => store.valuesOf(head),
    dueRotations: (now, limit, after) => store.dueRotations(now, limit, after),
    rotation: (ref) => store.rotation(ref),
    rotations: (secret) => store.rotations(secret),
    saveRotation: (secret, record) => store.saveRotation(secret, record),
    scanValues: (after, limit) => store.scanValues(after, limit),
    dropValues: (refs) => store.dropValues(refs),
  }
}
