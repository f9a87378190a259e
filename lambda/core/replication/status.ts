/**
 * ReplicationStatus, as a primary shows it: derived from what the other Regions tell in their links, never stored (design section 8). SM-REPLICA-03: a copy is in sync when it was made from this very head.
 * @module
 */
import { answerTo, compareStamps, stampOf, type Answer, type Link, type ReplicaRequest } from '../domain/replication.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { Writable } from '../domain/writable.ts'
import type { ReplicationStatusType } from '../model/secrets-manager.types.generated.ts'
import type { ReplicaView } from '../ports/replication-store.ts'
import type { Services } from '../services.ts'

/** Shown for a copy under the service's own key, which has no other name that means anything to a caller. */
const SERVICE_ALIAS = 'alias/aws/secretsmanager'
const SUCCEEDED = 'Replication succeeded'

/** In order of Region; empty for a secret without replicas. */
export async function replicationStatus(
  { replication }: Pick<Services, 'replication'>,
  head: SecretHead,
): Promise<readonly ReplicationStatusType[]> {
  const requests = head.replication?.replicas ?? []
  if (requests.length === 0) return []
  const views = await replication.replicaViews(
    head,
    requests.map(({ region }) => region),
  )
  return requests.map((request, index) => statusOf(head, request, views[index]))
}

/** Of a request that was made a moment ago: nobody can have answered it. */
export const statusOfRequests = (head: SecretHead): readonly ReplicationStatusType[] =>
  (head.replication?.replicas ?? []).map((request) => statusOf(head, request, undefined))

function statusOf(head: SecretHead, request: ReplicaRequest, view: ReplicaView | undefined): ReplicationStatusType {
  const told = answerToRequest(head, request, view?.link)
  const { status, message } = told ? standing(head, told) : { status: 'InProgress' as const, message: undefined }
  const shown: Writable<ReplicationStatusType> = {
    Region: request.region,
    KmsKeyId: (told?.stamp ? told.kmsKeyId : request.kmsKeyId) ?? SERVICE_ALIAS,
    Status: status,
  }
  if (message !== undefined) shown.StatusMessage = message
  if (view && view.accessedDay > 0) shown.LastAccessedDate = view.accessedDay
  return shown
}

/** What the Region says about this request; undefined when it has not heard of it yet. */
export const answerToRequest = (
  { key, suffix }: SecretHead,
  { at }: ReplicaRequest,
  link: Link | undefined,
): Answer | undefined => answerTo(link, { from: key.region, suffix, at })

export interface Standing {
  readonly status: 'InProgress' | 'InSync' | 'Failed'
  readonly message: string | undefined
}

export function standing(head: SecretHead, told: Answer): Standing {
  if (told.status === 'Failed') return { status: 'Failed', message: told.message }
  const isCurrent =
    told.status === 'InSync' && told.stamp !== undefined && compareStamps(told.stamp, stampOf(head)) === 0
  return isCurrent ? { status: 'InSync', message: SUCCEEDED } : { status: 'InProgress', message: told.message }
}
