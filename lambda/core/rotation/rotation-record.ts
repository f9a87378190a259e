/**
 * The flight recorder: what one rotation did, attempt by attempt and step by step. Kept beside the head under the id of the version that the rotation makes, and so continued when it is attempted
 * again another day. Holds no secret: of what functions say only what redact-error.ts lets through, of a RotationToken its hash.
 * @module
 */
import type { RotationKind } from '../domain/rotation.ts'
import type { RotationStep } from '../ports/functions.ts'

/** A label that a step moved: from a version, to a version, or both. */
export interface LabelMove {
  readonly label: string
  readonly from?: string
  readonly to?: string
}

export interface RotationError {
  /** Such as `TimeoutError`: the function's own name for it. */
  readonly type?: string
  /** Redacted. */
  readonly message?: string
  /** What went wrong in our words, and what to do. */
  readonly diagnosis: string
}

export interface StepRecord {
  readonly step: RotationStep
  readonly startedAt: number
  readonly endedAt?: number
  /** Absent: it has not come to its end. */
  readonly outcome?: 'ok' | 'failed'
  /** Of the invocation of the function. */
  readonly requestId?: string
  readonly error?: RotationError
  readonly moves?: readonly LabelMove[]
}

export interface AttemptRecord {
  readonly run: number
  /** Of the run, from 1. */
  readonly attempt: number
  /** Of the rotation, from 1: of all its rounds. */
  readonly number: number
  readonly startedAt: number
  readonly endedAt?: number
  readonly steps: readonly StepRecord[]
  /** What failed it when no step did: a step that did nothing, a secret that could not be read. */
  readonly error?: RotationError
  readonly retryAt?: number
}

/** `abandoned`: a new version was made by hand. `cancelled`: CancelRotateSecret. `aborted`: by an administrator. `stopped`: the secret was deleted. */
export type RotationResult = 'succeeded' | 'failed' | 'abandoned' | 'cancelled' | 'aborted' | 'stopped'

export interface RotationRecord {
  readonly kind: RotationKind
  /** Id of the version that it makes. */
  readonly token: string
  readonly functionArn: string
  readonly startedAt: number
  readonly endedAt?: number
  /** Absent while it goes on. */
  readonly result?: RotationResult
  /** The first and the last ones. */
  readonly attempts: readonly AttemptRecord[]
  /** SHA-256, base64, of the RotationToken that the function was last given. */
  readonly tokenHash?: string
}
