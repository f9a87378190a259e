/**
 * Where a rotation that has failed is gone on with: at the step that failed. Pure.
 * @module
 */
import { isPromoted, type RotatingHead } from '../domain/rotation-state.ts'
import { incompleteVersion, versionById } from '../domain/staging-labels.ts'
import { ROTATION_STEPS, type RotationStep } from '../ports/functions.ts'
import { nothingToResume, rotationIsOff, stillRunning } from './administration-errors.ts'
import type { RotationRecord } from './rotation-record.ts'

/**
 * The id of the version that is gone on with. A rotation that waits for its next attempt can be resumed: the one that waits finds itself replaced when its time comes.
 * @throws {ServiceError} InvalidRequestException where nothing is incomplete, or where it is being carried out
 */
export function resumableVersion(head: RotatingHead): string {
  const { running, isEnabled } = head.rotation
  if (running && running.retryAt === undefined) throw stillRunning(running.token)
  const token = incompleteVersion(head.versions)?.id ?? promotedPending(head)
  if (token === undefined) throw nothingToResume()
  if (!isEnabled) throw rotationIsOff(token)
  return token
}

/** It failed in finishSecret, after the labels had moved. */
function promotedPending(head: RotatingHead): string | undefined {
  const { pending } = head.rotation
  return pending !== undefined && isPromoted(head, pending) ? pending : undefined
}

/** The step to begin with. A version without a value has to be made first, whatever failed. */
export function stepToResume(
  { versions }: RotatingHead,
  { token, record }: { readonly token: string; readonly record: RotationRecord | undefined },
): RotationStep {
  if (versionById(versions, token)?.value.kind === 'none') return 'createSecret'
  const last = record?.attempts.findLast(({ steps }) => steps.length > 0)?.steps.at(-1)
  if (last === undefined) return 'createSecret'
  if (last.outcome !== 'ok') return last.step
  // All that was begun succeeded: what comes after it, or finishSecret again where that has left things undone.
  return ROTATION_STEPS[ROTATION_STEPS.indexOf(last.step) + 1] ?? 'finishSecret'
}
