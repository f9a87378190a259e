/**
 * The time that a step has. Whatever it waits for, its slot is free again then, and its connections are closed.
 * @module
 */
import { RotationError } from './rotation-error.ts'

/** Enough for the logins of a step, each of which has times of its own; less than Lambda gives the function. */
export const STEP_DEADLINE_MS = 120_000

export interface Deadline {
  readonly deadlineMs?: number
  /** Ends the step before its time; its reason is what is thrown. */
  readonly signal?: AbortSignal | undefined
}

/**
 * @param work is given a signal that is aborted at the deadline, and at its own end: what it has left open must not outlive it
 * @throws {RotationError} TimedOut
 */
export async function withinDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { deadlineMs = STEP_DEADLINE_MS, signal: stop }: Deadline = {},
): Promise<T> {
  const end = new AbortController()
  const signal = stop === undefined ? end.signal : AbortSignal.any([end.signal, stop])
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true })
  })
  const timer = setTimeout(() => end.abort(timedOut(deadlineMs)), deadlineMs)
  try {
    return await Promise.race([work(signal), aborted])
  } finally {
    clearTimeout(timer)
    end.abort()
  }
}

/** For a {@link Deadline}: Coffer is being stopped. */
export const stopped = (): RotationError =>
  new RotationError('Stopped', 'Coffer was stopped during the step, which is repeated when it runs again.')

const timedOut = (deadlineMs: number): RotationError =>
  new RotationError(
    'TimedOut',
    `The step did not end within ${deadlineMs / 1000} seconds, and its connections were closed.`,
  )

const reasonOf = ({ reason }: AbortSignal): Error => (reason instanceof Error ? reason : stopped())
