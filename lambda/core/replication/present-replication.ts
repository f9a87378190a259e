/**
 * What is shown of a secret's replication, as one Region sees it.
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { isReplica, type Answer } from '../domain/replication.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { ReplicationGroup } from '../ports/replication-store.ts'
import { answerToRequest, standing } from './status.ts'
import { divergence } from './succession.ts'

/** `standalone`: no replica, and without replicas. */
export type ReplicationRole = 'primary' | 'replica' | 'standalone'

/** All times are ISO 8601, UTC. */
export interface ShownReplication {
  /** ARN in the Region of the call. */
  readonly secret: string
  readonly name: string
  readonly region: string
  readonly now: string
  readonly role: ReplicationRole
  /** Of a replica. */
  readonly primaryRegion?: string
  /** It takes no writes until this Region has taken over. */
  readonly handingOverTo?: string
  /** It was a replica, or took over, and is the primary since. */
  readonly promoted?: { readonly from: string; readonly at: string }
  /** Its key still belongs together with that of the former primary. */
  readonly isRekeyed?: false
  /** What is to be done with the secret itself, here or in the Region that it is handed over to, and has failed. */
  readonly trouble?: { readonly region: string; readonly message: string; readonly retryAt: string }
  /** What is shown by a primary. */
  readonly replicas: readonly ShownReplica[]
  /** Regions that were removed and have not confirmed it. */
  readonly leaving: readonly string[]
  /** Secrets of the same ARN suffix in other Regions, as they have been heard of here. */
  readonly others: readonly ShownOther[]
  /** Of a replica, and of a promoted one: what this Region has told its primary. */
  readonly told?: {
    readonly region: string
    readonly status: Answer['status']
    readonly message?: string
    readonly retryAt?: string
  }
}

export interface ShownReplica {
  readonly region: string
  readonly status: 'InProgress' | 'InSync' | 'Failed'
  readonly message?: string
  /** The customer's key; absent: the service's own. */
  readonly kmsKeyId?: string
  readonly requestedAt: string
  /** In a row. */
  readonly failures: number
  readonly retryAt?: string
}

export interface ShownOther {
  readonly region: string
  readonly role: ReplicationRole
  readonly primaryRegion?: string
  readonly handingOverTo?: string
  readonly changedAt: string
  /** Where neither is a replica: what was changed since they went apart. */
  readonly diverged?: { readonly here: boolean; readonly there: boolean }
}

export function presentReplication(
  head: SecretHead,
  { heads, links }: ReplicationGroup,
  now: number,
): ShownReplication {
  const { replication = {}, key } = head
  const { promotion, yielding, source } = replication
  const others = [...heads.values()].filter((each) => each.key.region !== key.region && each.suffix === head.suffix)
  const toldTo = source?.region ?? promotion?.from
  const told = toldTo === undefined ? undefined : links.get(key.region)?.answers[toldTo]
  return {
    secret: arnOf(head),
    name: key.name,
    region: key.region,
    now: iso(now),
    role: roleOf(head),
    ...(source && { primaryRegion: source.region }),
    ...(yielding && { handingOverTo: yielding.to }),
    ...(promotion && { promoted: { from: promotion.from, at: iso(promotion.at) } }),
    ...(!isReplica(head) && replication.borrowsKey && { isRekeyed: false }),
    ...troubleOf(yielding?.to ?? key.region, links),
    replicas: (replication.replicas ?? []).map((request) => {
      const answer = answerToRequest(head, request, links.get(request.region))
      const { status, message } = answer
        ? standing(head, answer)
        : { status: 'InProgress' as const, message: undefined }
      const kmsKeyId = answer?.stamp ? answer.kmsKeyId : request.kmsKeyId
      return {
        region: request.region,
        status,
        ...(message !== undefined && { message }),
        ...(kmsKeyId !== undefined && { kmsKeyId }),
        requestedAt: iso(request.at),
        failures: answer?.failures ?? 0,
        ...(answer?.retryAt !== undefined && { retryAt: iso(answer.retryAt) }),
      }
    }),
    leaving: (replication.leaving ?? []).map(({ region }) => region),
    others: others.map((other) => presentOther(head, other)),
    ...(told &&
      toldTo !== undefined && {
        told: {
          region: toldTo,
          status: told.status,
          ...(told.message !== undefined && { message: told.message }),
          ...(told.retryAt !== undefined && { retryAt: iso(told.retryAt) }),
        },
      }),
  }
}

function troubleOf(region: string, links: ReplicationGroup['links']): Pick<ShownReplication, 'trouble'> {
  const trouble = links.get(region)?.trouble
  return trouble ? { trouble: { region, message: trouble.message, retryAt: iso(trouble.retryAt) } } : {}
}

function presentOther(head: SecretHead, other: SecretHead): ShownOther {
  const { source, yielding } = other.replication ?? {}
  const { hereChanged, thereChanged } =
    isReplica(head) || isReplica(other) ? { hereChanged: false, thereChanged: false } : divergence(head, other)
  return {
    region: other.key.region,
    role: roleOf(other),
    ...(source && { primaryRegion: source.region }),
    ...(yielding && { handingOverTo: yielding.to }),
    changedAt: iso(other.changedAt),
    ...(!isReplica(head) && !isReplica(other) && { diverged: { here: hereChanged, there: thereChanged } }),
  }
}

function roleOf(head: SecretHead): ReplicationRole {
  if (isReplica(head)) return 'replica'
  return (head.replication?.replicas?.length ?? 0) > 0 ? 'primary' : 'standalone'
}

const iso = (at: number): string => new Date(at).toISOString()
