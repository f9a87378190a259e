/**
 * Rotation as a head holds it (behaviour section 8): configuration, the window to come, and what is running. What a rotation did, step by step, is in its record beside the head.
 * @module
 */
import type { RotationStep } from '../ports/functions.ts'

/** As the owner gave them. */
export interface RotationRules {
  readonly automaticallyAfterDays?: number
  /** Such as `3h`. */
  readonly duration?: string
  readonly scheduleExpression?: string
}

/** Epoch milliseconds; `end` is the first moment after it, so NextRotationDate is a second earlier. */
export interface RotationWindow {
  readonly start: number
  readonly end: number
}

/** A member of ExternalSecretRotationMetadata: settings of managed rotation. */
export interface RotationSetting {
  readonly key: string
  readonly value: string
}

/** `test`: of RotateImmediately=false, one call of testSecret on a copy of the current value. */
export type RotationKind = 'rotation' | 'test'

export interface RunningRotation {
  readonly kind: RotationKind
  /** Which start this is. */
  readonly run: number
  /** Id of the version that is being made. */
  readonly token: string
  readonly startedAt: number
  /** Of this run, from 1. */
  readonly attempt: number
  /** Id of the execution of the workflow that has taken it up; absent: nobody has yet. */
  readonly executor?: string
  /** Epoch milliseconds: when somebody should see whether it is still being carried out. */
  readonly checkAt: number
  /** An attempt has failed, and the next begins then. */
  readonly retryAt?: number
  /** No attempt begins after it: the end of the window of a scheduled rotation. */
  readonly until?: number
  /** Where to begin instead of at createSecret: an administrator resumed it. */
  readonly from?: RotationStep
}

/** A start to come. An execution for another `run` than this one's, or the running one's, is stale: it was replaced. */
export interface PlannedRotation {
  readonly run: number
  /** Epoch milliseconds. */
  readonly at: number
  /** Not begun any more from then on; absent: whenever. */
  readonly until?: number
}

export interface Rotation {
  readonly isEnabled: boolean
  /** Absent for secrets whose owning service rotates them. */
  readonly functionArn?: string
  readonly settings?: readonly RotationSetting[]
  /** ExternalSecretRotationRoleArn */
  readonly roleArn?: string
  readonly rules?: RotationRules
  /** AutomaticallyAfterDays as calculated from an expression after a success (SM-ROTATE-21). */
  readonly calculatedDays?: number
  readonly lastRotatedAt?: number
  /** From when days are counted: the last success, manual value or configuration, whichever was last. */
  readonly base: number
  /** Absent: none is planned. It is over when a rotation has failed. */
  readonly window?: RotationWindow
  readonly due?: PlannedRotation
  readonly running?: RunningRotation
  /** Id of the version of a rotation that was begun and has not succeeded: the next one goes on with it. */
  readonly pending?: string
  /** Grows with every start that is planned or made. */
  readonly runs: number
}
