/**
 * Regions as requests of replication name them, and what becomes of a head by them (behaviour 9.2).
 * @module
 */
import { customerKeyId } from './customer-key-id.ts'
import { invalidReplicaRegion } from './errors.ts'
import { nextRequest, type LeavingRegion, type ReplicaRequest } from './replication.ts'
import type { SecretHead } from './secret.ts'

export interface WantedReplica {
  readonly region: string
  /** The customer's key as they named it; absent: the service's own. */
  readonly kmsKeyId?: string
  /** The service's own key was asked for in so many words. */
  readonly serviceKey?: true
}

interface Given {
  readonly Region?: string
  readonly KmsKeyId?: string
}

/**
 * SM-REPLICA-08: other Regions of the deployment, each once.
 * @param place the primary's
 * @param regions those that this deployment is in
 * @throws {ServiceError} InvalidParameterException
 */
export function parseReplicaRegions(
  given: readonly Given[],
  place: { readonly account: string; readonly region: string },
  regions: readonly string[],
): readonly WantedReplica[] {
  const seen = new Set<string>()
  return given.map(({ Region: region, KmsKeyId }) => {
    if (region === undefined) throw invalidReplicaRegion('Every replica needs a Region.')
    if (region === place.region) throw invalidReplicaRegion()
    if (!regions.includes(region)) throw invalidReplicaRegion(`Coffer is not in ${region}.`)
    if (seen.has(region)) throw invalidReplicaRegion(`${region} is given more than once.`)
    seen.add(region)
    const kmsKeyId = customerKeyId(KmsKeyId, { account: place.account, region })
    if (kmsKeyId !== undefined) return { region, kmsKeyId }
    return { region, ...(KmsKeyId !== undefined && { serviceKey: true }) }
  })
}

/** SM-REPLICA-01, SM-REPLICA-15: a Region that is a replica already is asked again, which tries again what has failed. */
export function withReplicas(
  head: SecretHead,
  { wanted, force, now }: { readonly wanted: readonly WantedReplica[]; readonly force: boolean; readonly now: number },
): SecretHead {
  if (wanted.length === 0) return head
  const { replicas = [], leaving = [], ...rest } = head.replication ?? {}
  const first = nextRequest(head, now)
  const requests = wanted.map((each, index): ReplicaRequest => {
    // What it takes the place of stays true, whoever asks again: the Region may not have heard of it yet.
    const former = replicas.find(({ region }) => region === each.region)
    const { takenOverFrom } = former ?? leaving.find(({ region }) => region === each.region) ?? {}
    return {
      ...each,
      at: first + index,
      force,
      ...(takenOverFrom && { takenOverFrom }),
      ...(former?.absorbed && { absorbed: former.absorbed }),
    }
  })
  const isAsked = ({ region }: { readonly region: string }): boolean => requests.some((each) => each.region === region)
  const stillLeaving = leaving.filter((each) => !isAsked(each))
  return {
    ...head,
    replication: {
      ...rest,
      replicas: byRegion([...replicas.filter((each) => !isAsked(each)), ...requests]),
      ...(stillLeaving.length > 0 && { leaving: stillLeaving }),
      lastRequest: first + requests.length - 1,
    },
  }
}

/** SM-REPLICA-09: Regions that are no replicas are passed over. The very same head when none is. */
export function withoutReplicas(head: SecretHead, regions: readonly string[], now: number): SecretHead {
  const { replicas = [], leaving = [], ...rest } = head.replication ?? {}
  const removed = replicas.filter(({ region }) => regions.includes(region))
  if (removed.length === 0) return head
  const first = nextRequest(head, now)
  const orders = removed.map(({ region, takenOverFrom }, index): LeavingRegion => ({
    region,
    at: first + index,
    ...(takenOverFrom !== undefined && { takenOverFrom }),
  }))
  return {
    ...head,
    replication: {
      ...rest,
      replicas: replicas.filter((each) => !removed.includes(each)),
      leaving: [...leaving, ...orders],
      lastRequest: first + orders.length - 1,
    },
  }
}

export const byRegion = <T extends { readonly region: string }>(all: readonly T[]): readonly T[] =>
  [...all].sort((a, b) => (a.region < b.region ? -1 : 1))
