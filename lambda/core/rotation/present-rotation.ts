/**
 * What is shown of a secret's rotation and its records. An allow-list, member by member: of what a record holds, the hash of a RotationToken is nobody's business.
 * @module
 */
import { managedFunctionArn } from '../managed-function.ts'
import { arnOf } from '../domain/names.ts'
import type { RotatingHead } from '../domain/rotation-state.ts'
import type { RotationKind, RotationRules } from '../domain/rotation.ts'
import { incompleteVersion } from '../domain/staging-labels.ts'
import type { RotationStep } from '../ports/functions.ts'
import type {
  AttemptRecord,
  LabelMove,
  RotationError,
  RotationRecord,
  RotationResult,
  StepRecord,
} from './rotation-record.ts'

/** All times are ISO 8601, UTC, with milliseconds; durations are milliseconds. */
export interface ShownRotation {
  /** ARN. */
  readonly secret: string
  readonly name: string
  /** Time by which schedules are kept: of the virtual clock, where there is one. */
  readonly now: string
  readonly isEnabled: boolean
  readonly functionArn?: string
  /** The function is managed rotation. */
  readonly isManaged: boolean
  /** As they were given. */
  readonly rules?: RotationRules
  /** `end` is its last second, NextRotationDate. One that is over tells that rotation fails. */
  readonly nextWindow?: { readonly start: string; readonly end: string }
  readonly plannedStart?: string
  readonly lastRotated?: string
  readonly running?: {
    readonly kind: RotationKind
    readonly versionId: string
    readonly startedAt: string
    readonly attempt: number
    /** `waiting`: for `retryAt`. `requested`: nobody has taken it up yet. */
    readonly state: 'requested' | 'running' | 'waiting'
    readonly retryAt?: string
    readonly from?: RotationStep
  }
  /** Id of the version that has AWSPENDING and is not the current one: RotateSecret is refused while it is there. */
  readonly incomplete?: string
  /** The secret is to be deleted, from this time on, and does not rotate meanwhile. */
  readonly deletion?: string
  /** Newest first. */
  readonly rotations: readonly ShownRecord[]
}

export interface ShownRecord {
  readonly kind: RotationKind
  readonly versionId: string
  readonly functionArn: string
  readonly startedAt: string
  readonly endedAt?: string
  readonly durationMs?: number
  /** Absent while it goes on. */
  readonly result?: RotationResult
  readonly attempts: readonly ShownAttempt[]
}

export interface ShownAttempt {
  readonly run: number
  readonly attempt: number
  readonly startedAt: string
  readonly endedAt?: string
  readonly durationMs?: number
  readonly steps: readonly ShownStep[]
  readonly error?: RotationError
  readonly retryAt?: string
}

export interface ShownStep {
  readonly step: RotationStep
  readonly startedAt: string
  readonly endedAt?: string
  readonly durationMs?: number
  readonly outcome?: 'ok' | 'failed'
  readonly requestId?: string
  readonly error?: RotationError
  readonly moves?: readonly LabelMove[]
}

interface Circumstances {
  readonly records: readonly RotationRecord[]
  readonly now: number
  /** Of managed rotation's function. */
  readonly managedName: string
}

export function presentRotation(head: RotatingHead, { records, now, managedName }: Circumstances): ShownRotation {
  const { isEnabled, functionArn, rules, window, due, lastRotatedAt } = head.rotation
  const incomplete = incompleteVersion(head.versions)?.id
  return {
    secret: arnOf(head),
    name: head.key.name,
    now: iso(now),
    isEnabled,
    ...(functionArn !== undefined && { functionArn }),
    isManaged: functionArn === managedFunctionArn(head.key, managedName),
    ...(rules && { rules }),
    ...(window && { nextWindow: { start: iso(window.start), end: iso(window.end - 1000) } }),
    ...(due && { plannedStart: iso(due.at) }),
    ...(lastRotatedAt !== undefined && { lastRotated: iso(lastRotatedAt) }),
    ...runningIn(head),
    ...(incomplete !== undefined && { incomplete }),
    ...(head.deletion && { deletion: iso(head.deletion.purgeAt) }),
    rotations: records.map(presentRecord),
  }
}

function runningIn({ rotation: { running } }: RotatingHead): Pick<ShownRotation, 'running'> {
  if (!running) return {}
  const { kind, token, startedAt, attempt, executor, retryAt, from } = running
  const state = retryAt !== undefined ? 'waiting' : executor === undefined ? 'requested' : 'running'
  return {
    running: {
      kind,
      versionId: token,
      startedAt: iso(startedAt),
      attempt,
      state,
      ...(retryAt !== undefined && { retryAt: iso(retryAt) }),
      ...(from !== undefined && { from }),
    },
  }
}

const presentRecord = ({ kind, token, functionArn, attempts, result, ...times }: RotationRecord): ShownRecord => ({
  kind,
  versionId: token,
  functionArn,
  ...presentTimes(times),
  ...(result !== undefined && { result }),
  attempts: attempts.map(presentAttempt),
})

const presentAttempt = ({ run, attempt, steps, error, retryAt, ...times }: AttemptRecord): ShownAttempt => ({
  run,
  attempt,
  ...presentTimes(times),
  steps: steps.map(presentStep),
  ...(error && { error: presentError(error) }),
  ...(retryAt !== undefined && { retryAt: iso(retryAt) }),
})

const presentStep = ({ step, outcome, requestId, error, moves, ...times }: StepRecord): ShownStep => ({
  step,
  ...presentTimes(times),
  ...(outcome !== undefined && { outcome }),
  ...(requestId !== undefined && { requestId }),
  ...(error && { error: presentError(error) }),
  ...(moves && { moves }),
})

const presentError = ({ type, message, diagnosis }: RotationError): RotationError => ({
  ...(type !== undefined && { type }),
  ...(message !== undefined && { message }),
  diagnosis,
})

interface Times {
  readonly startedAt: number
  readonly endedAt?: number
}

const presentTimes = ({ startedAt, endedAt }: Times) => ({
  startedAt: iso(startedAt),
  ...(endedAt !== undefined && { endedAt: iso(endedAt), durationMs: Math.max(0, endedAt - startedAt) }),
})

const iso = (at: number): string => new Date(at).toISOString()
