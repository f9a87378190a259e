/**
 * Several Regions of one Coffer in memory, each with what it has seen of the others. Nothing is delivered and nothing is reconciled but when a test says so.
 * @module
 */
import type { Principal } from '../../../../lambda/auth/principal.ts'
import type { Link } from '../../../../lambda/core/domain/replication.ts'
import type { SecretHead, SecretKey } from '../../../../lambda/core/domain/secret.ts'
import type { ReplicationStore } from '../../../../lambda/core/ports/replication-store.ts'
import type { SecretStore } from '../../../../lambda/core/ports/secret-store.ts'
import {
  reconcileSecret,
  type Reconciled,
  type ReplicationStep,
} from '../../../../lambda/core/replication/reconcile-secret.ts'
import type { ReplicationMeans } from '../../../../lambda/core/replication/replication-means.ts'
import { ACCOUNT, makeCoffer, REGIONS, type CofferOptions, type Json } from '../../../support/coffer.ts'

export const HOME = 'us-east-1'
export const EU = 'eu-west-1'
export const AP = 'ap-south-1'
export const MINUTE = 60_000
/** The secret of these tests, unless they name another. */
export const NAME = 'db'

export const keyIn = (region: string, name = NAME): SecretKey => ({ account: ACCOUNT, region, name })

/** Rounds of delivery and reconciling that are more than any test needs. */
const MAX_ROUNDS = 20

export function makeRegions(options: CofferOptions = {}) {
  const coffer = makeCoffer(options)
  const { services, feed, store } = coffer
  const faults: unknown[] = []
  const means: ReplicationMeans = { ...services, noteFault: (fault) => faults.push(fault) }
  /** Regions that hear of nobody, and nobody of them. */
  const cut = new Set<string>()

  const call = (operation: string, input: Json = {}, region = HOME): Promise<Json> =>
    coffer.call(operation, input, { region })
  const callAs = (principal: Principal, operation: string, input: Json = {}, region = HOME): Promise<Json> =>
    coffer.call(operation, { SecretId: NAME, ...input }, { region, principal })

  /** What waits is seen where it is meant for. */
  async function deliver(kind?: 'head' | 'link'): Promise<number> {
    const rows = feed
      .pending(1_000)
      .filter((row) => !cut.has(row.region) && !cut.has(row.observer) && (kind === undefined || row.kind === kind))
    await feed.deliver(rows)
    return rows.length
  }

  const reconcile = (region: string, changed: Partial<ReplicationMeans> = {}, name = NAME): Promise<Reconciled> =>
    reconcileSecret({ ...means, ...changed }, keyIn(region, name))

  /** Delivers and reconciles everywhere until nothing is left. @returns what was done, by Region */
  async function settle(name = NAME): Promise<Readonly<Record<string, readonly ReplicationStep[]>>> {
    const done: Record<string, ReplicationStep[]> = {}
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let isBusy = (await deliver()) > 0
      for (const region of REGIONS) {
        const { steps } = await reconcile(region, {}, name)
        if (steps.length === 0) continue
        isBusy = true
        ;(done[region] ??= []).push(...steps)
      }
      if (!isBusy) return done
    }
    throw new Error('the Regions come to no rest')
  }

  const head = async (region: string, name = NAME): Promise<SecretHead | undefined> =>
    (await store.load(keyIn(region, name)))?.head
  const link = (region: string, name = NAME): Promise<Link | undefined> =>
    services.replication.link(keyIn(region, name))

  return {
    ...coffer,
    means,
    faults,
    cut,
    call,
    /** Of {@link NAME}, unless the input names another secret. */
    callAs,
    deliver,
    reconcile,
    settle,
    link,
    head,
    /** @throws when there is none */
    headIn: async (region: string, name = NAME): Promise<SecretHead> => {
      const found = await head(region, name)
      if (!found) throw new Error(`there is no ${name} in ${region}`)
      return found
    },
    answer: async (region: string, from = HOME) => (await link(region))?.answers[from],
    /** Creates the secret in the first Region, with a copy in each of `to`, and lets all come to rest. */
    create: async (input: Json = {}, ...to: readonly string[]): Promise<string> => {
      const replicas = to.map((region) => ({ Region: region }))
      const wish = {
        Name: NAME,
        SecretString: 'first',
        ...(to.length > 0 && { AddReplicaRegions: replicas }),
        ...input,
      }
      const { ARN } = await call('CreateSecret', wish)
      await settle()
      return String(ARN)
    },
    /** By Region: `InSync`, or the status with its message. */
    statuses: async (region = HOME): Promise<Readonly<Record<string, string>>> => {
      const { ReplicationStatus = [] } = await call('DescribeSecret', { SecretId: NAME }, region)
      return Object.fromEntries(
        (ReplicationStatus as readonly Record<string, string>[]).map(({ Region, Status, StatusMessage }) => [
          Region,
          Status === 'InSync' || StatusMessage === undefined ? Status : `${Status}: ${StatusMessage}`,
        ]),
      )
    },
    value: async (region: string, input: Json = {}): Promise<unknown> =>
      (await call('GetSecretValue', { SecretId: NAME, ...input }, region)).SecretString,
    eventNames: () => coffer.events.map(({ name }) => name),
  }
}

export type Regions = ReturnType<typeof makeRegions>

/** A store with some methods replaced; the others are those of `store`. */
export function withMethods<T extends SecretStore | ReplicationStore | ReplicationMeans['keys']>(
  store: T,
  replaced: Partial<T>,
): T {
  return new Proxy(store, {
    get(target, name) {
      const own = replaced[name as keyof T]
      if (own !== undefined) return own
      const found: unknown = Reflect.get(target, name, target)
      return typeof found === 'function' ? (found.bind(target) as unknown) : found
    },
  })
}
