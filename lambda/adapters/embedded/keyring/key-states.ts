/**
 * The life of a key, as pure transitions from record to record. A transition that KMS refuses throws KMS's own error.
 *
 * Enabled <-> Disabled; either -> PendingDeletion (or PendingReplicaDeletion, for a multi-Region primary that still has replicas) -> gone, or
 * back to Disabled. Only an Enabled key is used.
 * @module
 */
import type { KeyRecord, KeyState, RotationPlan } from './key-record.ts'
import { isReplica } from './key-record.ts'
import { invalidState, keyDisabled, refused, unsupported } from './kms-failure.ts'

const DAY = 86_400_000
/** KMS API reference, ScheduleKeyDeletion: 7 to 30 days, 30 when absent. */
export const WINDOW_DAYS = { min: 7, max: 30, default: 30 } as const
/** KMS API reference, EnableKeyRotation. */
export const DEFAULT_ROTATION_DAYS = 365

interface InState {
  readonly arn: string
  readonly state: KeyState
}

/** @throws {KmsFailure} unless the key may encrypt and decrypt */
export function requireUsable(key: InState): void {
  if (key.state === 'Enabled') return
  requireLasting(key)
  throw keyDisabled(key.arn)
}

/** @throws {KmsFailure} when the key is on its way out */
export function requireLasting({ arn, state }: InState): void {
  if (state === 'PendingDeletion') throw invalidState(arn, 'pending deletion')
  if (state === 'PendingReplicaDeletion') throw invalidState(arn, 'pending replica deletion')
}

export function enabled(key: KeyRecord): KeyRecord {
  requireLasting(key)
  return { ...key, state: 'Enabled' }
}

export function disabled(key: KeyRecord): KeyRecord {
  requireLasting(key)
  return { ...key, state: 'Disabled' }
}

export interface DeletionRequest {
  readonly windowDays: number | undefined
  readonly now: number
  readonly hasReplicas: boolean
}

/** A primary with replicas waits for the last of them; its own waiting period starts only then. */
export function deletionScheduled(key: KeyRecord, { windowDays, now, hasReplicas }: DeletionRequest): KeyRecord {
  requireLasting(key)
  const days = windowDays ?? WINDOW_DAYS.default
  if (days < WINDOW_DAYS.min) throw windowRefused(days, `greater than or equal to ${WINDOW_DAYS.min}`)
  if (days > WINDOW_DAYS.max) throw windowRefused(days, `less than or equal to ${WINDOW_DAYS.max}`)
  const waiting: KeyRecord = { ...key, state: 'PendingReplicaDeletion', windowDays: days }
  return hasReplicas ? waiting : replicasGone(waiting, now)
}

/** Starts the waiting period of a key that nothing else holds back. */
export function replicasGone(key: KeyRecord, now: number): KeyRecord {
  const days = key.windowDays ?? WINDOW_DAYS.default
  return { ...key, state: 'PendingDeletion', deletionAt: now + days * DAY }
}

/** KMS leaves the key Disabled: enabling it is a decision of its own. */
export function deletionCancelled(key: KeyRecord): KeyRecord {
  if (key.state !== 'PendingDeletion' && key.state !== 'PendingReplicaDeletion')
    throw invalidState(key.arn, 'not pending deletion')
  return { ...key, state: 'Disabled', deletionAt: undefined, windowDays: undefined }
}

/** Whatever state it is in: usable again. */
export const revived = (key: KeyRecord): KeyRecord =>
  enabled(key.state === 'Enabled' || key.state === 'Disabled' ? key : deletionCancelled(key))

/** Enabling again with another period counts from the same day. */
export function rotationEnabled(key: KeyRecord, periodDays: number | undefined, now: number): KeyRecord {
  requireRotatable(key)
  const days = periodDays ?? key.rotation?.periodDays ?? DEFAULT_ROTATION_DAYS
  const from = key.rotation ? key.rotation.nextAt - key.rotation.periodDays * DAY : now
  return { ...key, rotation: { periodDays: days, nextAt: from + days * DAY } }
}

export function rotationDisabled(key: KeyRecord): KeyRecord {
  requireRotatable(key)
  return { ...key, rotation: undefined }
}

/** The plan after a rotation at `now`. */
export const nextRotation = ({ periodDays }: RotationPlan, now: number): RotationPlan => ({
  periodDays,
  nextAt: now + periodDays * DAY,
})

function requireRotatable(key: KeyRecord): void {
  requireUsable(key)
  if (isReplica(key))
    throw unsupported(`${key.arn} is a multi-Region replica key: rotation is a property of its primary key.`)
}

const windowRefused = (days: number, constraint: string): Error =>
  refused(
    `1 validation error detected: Value '${days}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value ${constraint}`,
  )
