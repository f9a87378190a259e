/**
 * An attempt has failed: the whole rotation is attempted again after a while, or given up until its next window. Every failure is told, with the step and what to look at.
 * @module
 */
import { changeSecret } from '../commit-change.ts'
import { attemptFailed, heldBy, isRotating, type RotatingHead } from '../domain/rotation-state.ts'
import type { RunningRotation } from '../domain/rotation.ts'
import { BROKE_OFF } from './diagnosis.ts'
import { attemptEnded, editRecord, openAttempt, recordEnded } from './recorder.ts'
import { momentOf, secretKeyOf, STALE, type RotationMeans } from './rotation-means.ts'
import type { AttemptRecord, RotationError } from './rotation-record.ts'
import { tellRotation } from './rotation-event.ts'
import { unendedRecord } from './unended-record.ts'
import type { TaskInput, TaskOutcome } from './workflow.ts'

interface Failed {
  readonly head: RotatingHead
  readonly running: RunningRotation
  readonly retryAt?: number | undefined
}

export async function fail(means: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const { services, patienceMs } = means
  const failed = await changeSecret<Failed | undefined>(services, secretKeyOf(input), (present) => {
    const held = heldBy(present, input)
    if (!held) return { result: undefined }
    const { head, running } = held
    if (running.retryAt !== undefined) return { result: { head, running, retryAt: running.retryAt } satisfies Failed }
    const next = attemptFailed(head, running, { ...momentOf(services), patienceMs })
    return { result: { head, running, retryAt: next.retryAt } satisfies Failed, change: next.head }
  })
  if (failed === undefined) return makeGood(means, input)
  await note(means, failed)
  if (failed.retryAt === undefined) return { outcome: 'gave-up' }
  const waitSeconds = Math.max(0, Math.ceil((failed.retryAt - services.clock.now()) / 1000))
  return { outcome: 'retry', waitSeconds }
}

async function note({ services }: RotationMeans, { head, running, retryAt }: Failed): Promise<void> {
  const { kind, token } = running
  const now = services.clock.now()
  const before = await openAttempt(services, head, running, { now })
  const last = before.attempts.at(-1)
  const failure = failureOf(last)
  const lambda = head.rotation.functionArn ?? 'the function'
  const { step, error } = failure
  // Told first: a process that is ended between the two tells it again, instead of never.
  await tellRotation(services, head, {
    name: kind === 'test' ? 'TestRotationFailed' : 'RotationFailed',
    versionId: token,
    errorMessage: step === undefined ? error.diagnosis : `Error when executing lambda ${lambda} during ${step} step`,
    diagnosis: error.diagnosis,
    attempt: running.attempt,
    ...(step !== undefined && { step }),
    ...(retryAt !== undefined && { retryAt }),
  })
  await editRecord(services, head, token, (record) => {
    const ended = attemptEnded(record, {
      endedAt: now,
      ...(failure.isUnknown && { error: failure.error }),
      ...(retryAt !== undefined && { retryAt }),
    })
    return retryAt === undefined ? recordEnded(ended, 'failed', now) : ended
  })
}

interface Failure {
  readonly step?: NonNullable<TaskInput['step']>
  readonly error: RotationError
  /** Nothing in the record says what it was. */
  readonly isUnknown: boolean
}

function failureOf(attempt: AttemptRecord | undefined): Failure {
  if (attempt?.error) return { error: attempt.error, isUnknown: false }
  const step = attempt?.steps.at(-1)
  if (step?.error) return { step: step.step, error: step.error, isUnknown: false }
  const error = { diagnosis: BROKE_OFF }
  return step && step.outcome === undefined ? { step: step.step, error, isUnknown: true } : { error, isUnknown: true }
}

/** The rotation was given up before and the task broke off then: only the record and the event are left to do. */
async function makeGood(means: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const found = await unendedRecord(means, input)
  if (!found || !isRotating(found.head)) return STALE
  const { head, record } = found
  const last = record.attempts.at(-1)
  if (!last) return STALE
  const { kind, token, startedAt } = record
  const running: RunningRotation = { kind, token, startedAt, run: last.run, attempt: last.attempt, checkAt: 0 }
  await note(means, { head, running })
  return { outcome: 'gave-up' }
}
