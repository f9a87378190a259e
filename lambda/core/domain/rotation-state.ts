/**
 * What happens to a secret as its rotation is configured, begins, ends and fails: pure transforms of its head (behaviour section 8). None of them counts the revision or commits.
 * @module
 */
import { DAY, utcDay } from './dates.ts'
import { daysBetweenWindows, momentIn, nextWindow, parseRotationRules } from './rotation-schedule.ts'
import type { Rotation, RotationKind, RotationRules, RotationSetting, RunningRotation } from './rotation.ts'
import type { SecretHead } from './secret.ts'
import {
  addPendingVersion,
  CURRENT,
  holderOf,
  incompleteVersion,
  versionById,
  withoutPending,
} from './staging-labels.ts'
import { cleanUpVersions } from './version-clean-up.ts'

/** A secret whose rotation was configured at some time. */
export interface RotatingHead extends SecretHead {
  readonly rotation: Rotation
}

export const isRotating = (head: SecretHead): head is RotatingHead => head.rotation !== undefined

/** When it happens, and a random number from 0 to below 1 that says where in the next window the next rotation shall start. */
export interface Moment {
  readonly now: number
  readonly fraction: number
}

/**
 * UNK: how often and when AWS repeats a rotation that failed. Milliseconds from the failure of an attempt to the start of the next one; after the last of them the rotation waits for its next
 * window. Also a window of an hour has room for three attempts.
 */
const RETRY_DELAYS = [1, 4, 16, 60].map((minutes) => minutes * 60_000)
/** A rotation without a schedule that has failed is attempted again a day later. */
const NEXT_ROUND = DAY
/** With a schedule, in the first window from then on; one in days waits for the next day, lest a failing secret locks its user out of the database. */
const ROUND_PAUSE = 4 * 60 * 60_000
/** Schedulers and we read different clocks. */
const EARLY = 60_000

export interface Configuration {
  readonly functionArn?: string | undefined
  readonly settings?: readonly RotationSetting[] | undefined
  readonly roleArn?: string | undefined
  readonly rules?: RotationRules | undefined
}

/** SM-ROTATE-01: what is given replaces what is stored, the rules as a whole; what is not given stays. Rotation is on from here. */
export function configured(head: SecretHead, given: Configuration, moment: Moment): RotatingHead {
  const { rotation: before } = head
  const isFresh = before?.isEnabled !== true || given.rules !== undefined
  const { calculatedDays: _calculated, ...kept } = before ?? { runs: 0 }
  const rotation: Rotation = {
    ...(given.rules === undefined ? before : kept),
    runs: before?.runs ?? 0,
    isEnabled: true,
    base: isFresh ? moment.now : before.base,
    ...(given.functionArn !== undefined && { functionArn: given.functionArn }),
    ...(given.settings !== undefined && { settings: given.settings }),
    ...(given.roleArn !== undefined && { roleArn: given.roleArn }),
    ...(given.rules !== undefined && { rules: given.rules }),
  }
  return { ...head, rotation: planned(rotation, moment) }
}

/** RotateSecret: a start that somebody asked for. It takes the place of the one that was planned (a test does not). */
export function requested(
  head: RotatingHead,
  { kind, token, now, from }: { kind: RotationKind; token: string; now: number; from?: RunningRotation['from'] },
): RotatingHead {
  const { due, ...rest } = head.rotation
  const run = rest.runs + 1
  const running: RunningRotation = {
    kind,
    run,
    token,
    startedAt: now,
    attempt: 1,
    checkAt: now,
    ...(from !== undefined && { from }),
  }
  const rotation: Rotation = {
    ...rest,
    runs: run,
    running,
    ...(kind === 'test' && due && { due }),
    ...(kind === 'rotation' && { pending: token }),
  }
  // The version of a test holds a copy of the current value: that is made by who carries it out.
  return kind === 'test' ? { ...head, rotation } : withEmptyVersion({ ...head, rotation }, token, now)
}

/** SM-ROTATE-11: the empty version with AWSPENDING. One that is there already, with a value or without, is gone on with. */
function withEmptyVersion(head: RotatingHead, token: string, now: number): RotatingHead {
  if (versionById(head.versions, token)) return head
  const versions = addPendingVersion(head.versions, { id: token, createdAt: now, value: { kind: 'none' } })
  return { ...head, versions: cleanUpVersions(versions, now), changedAt: now }
}

export interface TakenUp {
  readonly run: number
  readonly executor: string
  readonly takeOver: boolean
  /** The id of the version that is made, where none was begun before. */
  readonly freshToken: string
  readonly patienceMs: number
}

/** `late`: its window is over. `blocked`: AWSPENDING is on a version that no rotation made. In both cases the next one is planned. */
export type Begun =
  | { readonly kind: 'begun'; readonly head: RotatingHead }
  | { readonly kind: 'late'; readonly head: RotatingHead }
  | { readonly kind: 'blocked'; readonly by: string; readonly head: RotatingHead }
  | { readonly kind: 'stale' }

/** An execution takes up a start: one that was asked for, or the planned one, which is consumed by it (design 7). */
export function takenUp(head: SecretHead, taken: TakenUp, moment: Moment): Begun {
  if (head.state !== 'active' || !isRotating(head)) return { kind: 'stale' }
  const { running, due, isEnabled } = head.rotation
  if (running) return running.run === taken.run ? claimed(head, running, taken, moment) : { kind: 'stale' }
  if (!isEnabled || due?.run !== taken.run || due.at > moment.now + EARLY) return { kind: 'stale' }
  if (due.until !== undefined && due.until <= moment.now)
    return { kind: 'late', head: { ...head, rotation: overdue(head.rotation, moment, moment.now) } }
  const incomplete = incompleteVersion(head.versions)?.id
  // Somebody put it there: what they put on is not made current, and not taken away from them.
  if (incomplete !== undefined && incomplete !== head.rotation.pending)
    return { kind: 'blocked', by: incomplete, head: postponed(head, moment) }
  const token = incomplete ?? taken.freshToken
  const { due: _consumed, ...rest } = head.rotation
  const rotation: Rotation = {
    ...rest,
    pending: token,
    running: {
      kind: 'rotation',
      run: taken.run,
      token,
      startedAt: moment.now,
      attempt: 1,
      executor: taken.executor,
      checkAt: moment.now + taken.patienceMs,
      ...(due.until !== undefined && { until: due.until }),
    },
  }
  return { kind: 'begun', head: withEmptyVersion({ ...head, rotation }, token, moment.now) }
}

/** A planned start that cannot be made is put off. */
export const postponed = (head: RotatingHead, moment: Moment): RotatingHead => ({
  ...head,
  rotation: overdue(head.rotation, moment),
})

function claimed(
  head: RotatingHead,
  running: RunningRotation,
  { executor, takeOver, patienceMs }: TakenUp,
  { now }: Moment,
): Begun {
  if (running.executor === executor) return { kind: 'begun', head }
  if (running.executor !== undefined && !takeOver) return { kind: 'stale' }
  return { kind: 'begun', head: withRunning(head, { ...running, executor, checkAt: now + patienceMs }) }
}

/** What an execution works at. */
export interface Held {
  readonly head: RotatingHead
  readonly running: RunningRotation
}

/** Whether it still is the business of this execution; undefined also for a secret that was made again under the name. */
export function heldBy(
  head: SecretHead | undefined,
  { suffix, run, executor }: { readonly suffix: string; readonly run: number; readonly executor: string },
): Held | undefined {
  if (head?.suffix !== suffix || head.state !== 'active' || !isRotating(head)) return undefined
  const { running } = head.rotation
  return running?.run === run && running.executor === executor ? { head, running } : undefined
}

/** SM-ROTATE-14 */
export const isPromoted = (head: SecretHead, token: string): boolean => holderOf(head.versions, CURRENT)?.id === token

/** SM-ROTATE-15 */
export function succeeded(head: RotatingHead, moment: Moment): RotatingHead {
  const { running: _done, pending: _made, ...rest } = head.rotation
  const rotation = planned({ ...rest, lastRotatedAt: moment.now, base: moment.now }, moment)
  const days = calculatedDays(rotation, moment.now)
  return {
    ...head,
    changedAt: moment.now,
    rotation: { ...rotation, ...(days !== undefined && { calculatedDays: days }) },
  }
}

function calculatedDays({ rules, isEnabled }: Rotation, now: number): number | undefined {
  if (!isEnabled || rules?.scheduleExpression === undefined) return undefined
  const schedule = parseRotationRules(rules)
  return schedule && daysBetweenWindows(schedule, now)
}

/** SM-ROTATE-19: the copy that a test was made with goes again, and nothing has changed. A version that has been given another label meanwhile is somebody's, and stays. */
export function testEnded(head: RotatingHead): RotatingHead {
  const { running, ...rotation } = head.rotation
  if (running?.kind !== 'test') return head
  const versions = withoutPending(head.versions, running.token)
  return { ...head, rotation, versions: versions.filter(({ id, stages }) => id !== running.token || stages.length > 0) }
}

/** SM-ROTATE-16, SM-ROTATE-17: the whole rotation is attempted again, or waits for its next window. */
export function attemptFailed(
  head: RotatingHead,
  running: RunningRotation,
  moment: Moment & { readonly patienceMs: number },
): { readonly head: RotatingHead; readonly retryAt?: number } {
  if (running.kind === 'test') return { head: testEnded(head) }
  const delay = RETRY_DELAYS[running.attempt - 1]
  const retryAt = delay === undefined ? undefined : moment.now + delay
  const { rotation } = head
  if (retryAt !== undefined && rotation.isEnabled && (running.until === undefined || retryAt < running.until))
    return { head: withRunning(head, { ...running, retryAt, checkAt: retryAt + moment.patienceMs }), retryAt }
  const { running: _failed, ...rest } = rotation
  return { head: { ...head, rotation: overdue(rest, moment) } }
}

/** The attempt that a failed one was promised. The head is the same where it has begun already. */
export function attemptedAgain(
  head: RotatingHead,
  running: RunningRotation,
  { now, patienceMs }: { readonly now: number; readonly patienceMs: number },
): RotatingHead {
  if (running.retryAt === undefined) return head
  const { retryAt: _come, from: _before, ...rest } = running
  return withRunning(head, { ...rest, attempt: running.attempt + 1, checkAt: now + patienceMs })
}

/** What a new version put an end to. */
export interface Abandoned {
  readonly versionId: string
  readonly kind: RotationKind
}

/**
 * SM-LABEL-06: a new version was made by hand. What is running, or has failed and would be attempted again, is abandoned, and AWSPENDING goes.
 * @param isCurrent whether it is the current one: days are counted from it then (SM-ROTATE-22)
 */
export function manuallyChanged(
  head: SecretHead,
  { versionId, isCurrent, ...moment }: Moment & { readonly versionId: string; readonly isCurrent: boolean },
): { readonly head: SecretHead; readonly abandoned?: Abandoned } {
  if (!isRotating(head)) return { head }
  const { running, pending, ...rest } = head.rotation
  const begun = running?.token ?? pending
  if (begun === versionId) return { head }
  const rotation = { ...rest, ...(isCurrent && { base: moment.now }) }
  const stopped = running?.kind === 'test' ? testEnded(head) : head
  const versions = begun === undefined ? stopped.versions : withoutPending(stopped.versions, begun)
  const isChanged = begun !== undefined || isCurrent
  return {
    head: { ...stopped, versions, rotation: isChanged ? planned(rotation, moment) : head.rotation },
    ...(begun !== undefined && { abandoned: { versionId: begun, kind: running?.kind ?? 'rotation' } }),
  }
}

/** SM-ROTATE-23: rotation is off, and what was running is not gone on with. Labels stay, and so does the configuration. */
export function cancelled(head: RotatingHead): RotatingHead {
  const stopped = withoutPlans(head)
  return { ...stopped, rotation: { ...stopped.rotation, isEnabled: false } }
}

/** An administrator gives up what was begun: AWSPENDING goes at once. */
export function aborted(head: RotatingHead, moment: Moment): RotatingHead {
  const { running: _running, pending: _begun, ...rest } = head.rotation
  const stopped = testEnded(head)
  const begun = incompleteVersion(stopped.versions)?.id
  const versions = begun === undefined ? stopped.versions : withoutPending(stopped.versions, begun)
  return { ...stopped, versions, rotation: planned(rest, moment), changedAt: moment.now }
}

/** SM-ROTATE-24: a secret that is to be deleted does not rotate. */
export const suspended = (head: SecretHead): SecretHead => (isRotating(head) ? withoutPlans(head) : head)

/** It is restored: rotation goes on where it is on. */
export function goneOn(head: SecretHead, moment: Moment): SecretHead {
  if (!isRotating(head)) return head
  const { rotation } = head
  return { ...head, rotation: rotation.pending === undefined ? planned(rotation, moment) : overdue(rotation, moment) }
}

function withoutPlans(head: RotatingHead): RotatingHead {
  const ended = testEnded(head)
  const { running: _running, due: _due, window: _window, ...rotation } = ended.rotation
  return { ...ended, rotation }
}

const withRunning = (head: RotatingHead, running: RunningRotation): RotatingHead => ({
  ...head,
  rotation: { ...head.rotation, running },
})

/** SM-ROTATE-25: the next rotation, at a moment of the window that the rules say. */
function planned(rotation: Rotation, { now, fraction }: Moment): Rotation {
  const { due: _due, window: _window, ...rest } = rotation
  const schedule = rotation.isEnabled && rotation.rules ? parseRotationRules(rotation.rules) : undefined
  if (!schedule) return rest
  const window = nextWindow(schedule, { base: rotation.base, now })
  const run = rotation.runs + 1
  return { ...rest, runs: run, window, due: { run, at: momentIn(window, { now, fraction }), until: window.end } }
}

/**
 * The next rotation of a secret whose time is over: in the next window that comes, as if days had been counted from long ago. NextRotationDate stays what it was: that it lies in the past tells that
 * rotation fails (behaviour 8.3).
 * @param notBefore of a start that came too late, and has not failed: the next window may be today's
 */
function overdue(rotation: Rotation, { now, fraction }: Moment, notBefore?: number): Rotation {
  const { due: _due, ...rest } = rotation
  const run = rotation.runs + 1
  const schedule = rotation.rules ? parseRotationRules(rotation.rules) : undefined
  if (!rotation.isEnabled) return rest
  if (!schedule) return { ...rest, runs: run, due: { run, at: now + NEXT_ROUND } }
  const missed = rotation.window?.start !== undefined && rotation.window.start <= now ? rotation.window.end : now
  const from = Math.max(notBefore ?? (schedule.kind === 'days' ? utcDay(now) + DAY : now + ROUND_PAUSE), missed)
  // Where hours are counted, many of them are no reason to wait for more than a day.
  const soon = schedule.kind === 'hours' ? { ...schedule, hours: Math.min(schedule.hours, 24) } : schedule
  const window = nextWindow(soon, { base: 0, now: from })
  const due = { run, at: momentIn(window, { now: from, fraction }), until: window.end }
  return { ...rest, runs: run, window: rotation.window ?? window, due }
}
