/**
 * What people do about replication beside the API: look at it, ask beforehand whether it will work, and give another Region the primary's part.
 * @module
 */
import { changeSecret } from '../commit-change.ts'
import { markedForDeletion, secretNotFound } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { isReplica } from '../domain/replication.ts'
import { suspended } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { requireOwnAction, secretForAction, type OwnCall } from '../own-action.ts'
import type { ReplicationGroup } from '../ports/replication-store.ts'
import type { Services } from '../services.ts'
import {
  bothChanged,
  copyOfAnother,
  handingOverAlready,
  isCopyHere,
  isItself,
  notInSync,
  notSeenThere,
  rotatesNow,
} from './administration-errors.ts'
import { presentReplication, type ShownReplication } from './present-replication.ts'
import { requireDecryption } from './require-decryption.ts'
import { answerToRequest, standing } from './status.ts'
import { divergence } from './succession.ts'

export type ReplicationAdministration = Pick<
  Services,
  'store' | 'replication' | 'keys' | 'entropy' | 'clock' | 'authorizer' | 'regions'
>

export interface ReplicationCall extends OwnCall {
  readonly services: ReplicationAdministration
}

/** As it is seen in the Region of the call. @throws {ServiceError} */
export async function showReplication(call: ReplicationCall): Promise<ShownReplication> {
  const head = await secretForAction(call, 'coffer:ShowReplication')
  const { replication, clock } = call.services
  return presentReplication(head, await replication.group(head.key), clock.now())
}

export interface Reprimary {
  /** The Region that shall be the primary. */
  readonly to: string
  /** Where both Regions have changed: whose state stays. `this`: of the one that steps down. */
  readonly winner?: 'this' | 'other' | undefined
}

export interface SteppingDown {
  /** ARN in the Region that steps down. */
  readonly secret: string
  readonly from: string
  readonly to: string
  /** Both Regions have changed since they went apart. */
  readonly isDiverged: boolean
  readonly winner?: 'this' | 'other'
}

/**
 * Called in the Region that steps down. It takes no writes from the commit on; the other takes over when it hears of it, and this one becomes its replica. Both can be read all the time.
 * @throws {ServiceError}
 */
export async function reprimary(call: ReplicationCall, { to, winner }: Reprimary): Promise<SteppingDown> {
  const { services } = call
  const found = await secretForAction(call, REPRIMARY)
  return changeSecret(services, found.key, async (present) => {
    if (present?.suffix !== found.suffix || present.state === 'purging') throw secretNotFound()
    refuseUnfit(present, to)
    const group = await services.replication.group(present.key)
    const { other, isDiverged } = checkSuccessor(present, group, { to, winner })
    await requireMayHandOver(call, { own: present, other })
    const result = {
      secret: arnOf(present),
      from: present.key.region,
      to,
      isDiverged,
      ...(isDiverged && winner !== undefined && { winner }),
    }
    const before = present.replication?.yielding
    if (before?.to === to && (winner === undefined || before.winner === winner)) return { result }
    const yielding = { to, at: services.clock.now(), ...(winner !== undefined && { winner }) }
    const change = suspended({ ...present, replication: { ...present.replication, yielding } })
    return { result, change }
  })
}

const REPRIMARY = 'coffer:ReprimaryReplication'

/** What is at the other Region changes as well, and values may go there: its policies count, and those of the keys. @throws {ServiceError} AccessDeniedException */
async function requireMayHandOver(
  { services, context, secretId }: ReplicationCall,
  { own, other }: { readonly own: SecretHead; readonly other: SecretHead },
): Promise<void> {
  const { account, region } = other.key
  const arn = arnOf(other)
  const target = { account, arn, head: other, meansOwnAccount: !secretId.startsWith('arn:') }
  await requireOwnAction({ services, context: { ...context, region } }, { action: REPRIMARY, target, shown: arn })
  await requireDecryption(services, context, own)
  // A secret by itself brings its values along: the one that steps down becomes its copy.
  if (!isReplica(other)) await requireDecryption(services, context, other)
}

/** @throws {ServiceError} */
function refuseUnfit({ key, state, replication, rotation }: SecretHead, to: string): void {
  if (state !== 'active') throw markedForDeletion()
  if (replication?.source) throw isCopyHere(key.region, replication.source.region)
  if (to === key.region) throw isItself(to)
  if (replication?.yielding && replication.yielding.to !== to) throw handingOverAlready(replication.yielding.to)
  if (rotation?.running) throw rotatesNow()
}

interface Successor {
  readonly other: SecretHead
  /** Both have changed. */
  readonly isDiverged: boolean
}

/** @throws {ServiceError} */
function checkSuccessor(own: SecretHead, { heads, links }: ReplicationGroup, { to, winner }: Reprimary): Successor {
  const here = own.key.region
  const other = heads.get(to)
  if (other?.suffix !== own.suffix || other.state !== 'active') throw notSeenThere(here, to)
  if (isReplica(other)) {
    if (other.replication?.source?.region !== here) throw copyOfAnother(to, other.replication?.source?.region ?? '')
    const request = own.replication?.replicas?.find(({ region }) => region === to)
    if (!request) throw notSeenThere(here, to)
    const told = answerToRequest(own, request, links.get(to))
    const { status, message } = told ? standing(own, told) : { status: 'InProgress', message: undefined }
    const isHandingOver = own.replication?.yielding !== undefined
    if (status !== 'InSync' && !isHandingOver) throw notInSync(to, message ?? 'Try again in a moment.')
    return { other, isDiverged: false }
  }
  const { hereChanged, thereChanged } = divergence(own, other)
  const isDiverged = hereChanged && thereChanged
  if (isDiverged && winner === undefined) throw bothChanged(here, to)
  return { other, isDiverged }
}
