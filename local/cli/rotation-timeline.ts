/**
 * A rotation as text for people: how it is set up, what comes next, and what each rotation did, step by step. Pure.
 * @module
 */
import type { ShownAttempt, ShownRecord, ShownRotation, ShownStep } from './rotation-answers.ts'

/** Rotations that are listed, the newest first. */
const LISTED = 5

/** @param given the secret as it was asked for, for commands to paste */
export function timeline(shown: ShownRotation, { given, all = false }: { given: string; all?: boolean }): string {
  const { rotations } = shown
  const listed = all ? rotations : rotations.slice(0, LISTED)
  const more = rotations.length - listed.length
  const lines = [
    `${shown.name}  ${shown.secret}`,
    `  Rotation  ${setUp(shown)}`,
    ...(shown.lastRotated === undefined ? [] : [`  Last      ${moment(shown.lastRotated)}`]),
    `  Next      ${comingUp(shown)}`,
    ...situation(shown, given).map((line, index) => `  ${index === 0 ? 'Now ' : '    '}      ${line}`),
    ...listed.flatMap((record) => ['', ...recordLines(record)]),
    ...(more > 0 ? ['', `${more} older: --all lists them.`] : []),
  ]
  return textOf(lines)
}

export function setUp({ isEnabled, isManaged, functionArn, rules }: ShownRotation): string {
  const by = isManaged ? 'managed rotation' : (functionArn ?? 'no function')
  return `${isEnabled ? 'on' : 'off'}, ${scheduleText(rules)}, by ${by}`
}

export function scheduleText(rules: ShownRotation['rules']): string {
  const { automaticallyAfterDays: days, scheduleExpression: expression, duration } = rules ?? {}
  const every = days === undefined ? expression : days === 1 ? 'every day' : `every ${days} days`
  if (every === undefined) return 'without a schedule'
  return duration === undefined ? every : `${every} in windows of ${duration}`
}

function comingUp({ isEnabled, nextWindow, plannedStart, now, running, deletion }: ShownRotation): string {
  if (deletion !== undefined) return 'nothing: the secret is to be deleted'
  if (!isEnabled) return 'nothing: rotation is off'
  const planned = plannedStart === undefined ? '' : `planned for ${moment(plannedStart)}`
  if (nextWindow === undefined) return planned === '' ? (running ? 'after this one' : 'nothing is planned') : planned
  const window = `${moment(nextWindow.start)} to ${moment(nextWindow.end)}`
  if (Date.parse(nextWindow.end) < Date.parse(now)) return join(`missed the window ${window}`, planned)
  return join(`in the window ${window}`, planned)
}

/** What is going on, and what can be done about it. */
function situation({ running, incomplete, isEnabled, deletion }: ShownRotation, given: string): readonly string[] {
  if (deletion !== undefined)
    return [`it is to be deleted from ${moment(deletion)} on; until then RestoreSecret brings it back`]
  const what = running?.kind === 'test' ? 'a test' : 'a rotation'
  if (running?.state === 'running') return [`${what} is running, attempt ${running.attempt}`]
  if (running?.state === 'requested') return [`${what} is about to begin`]
  if (incomplete === undefined) return ['nothing is running']
  const resume = `coffer rotation resume ${given}`
  const abort = `to give it up: coffer rotation abort ${given}`
  if (running?.retryAt !== undefined)
    return [
      `incomplete; attempt ${running.attempt + 1} is at ${moment(running.retryAt)}`,
      `not to wait: ${resume}`,
      abort,
    ]
  return ['incomplete, and RotateSecret is refused meanwhile', ...(isEnabled ? [`to go on: ${resume}`] : []), abort]
}

function recordLines(record: ShownRecord): readonly string[] {
  const { kind, versionId, startedAt, durationMs, attempts, result } = record
  const what = kind === 'test' ? 'Test with version' : 'Rotation to version'
  const took = durationMs === undefined ? '' : `, took ${span(durationMs)}`
  return [
    `${what} ${versionId}: ${resultOf(record)}`,
    `  ${moment(startedAt)}${took}`,
    ...attempts.flatMap((attempt, index) =>
      attemptLines(attempt, index < attempts.length - 1 ? 'followed' : result === undefined ? 'open' : 'last'),
    ),
  ]
}

export const resultOf = ({ result, attempts }: ShownRecord): string =>
  result ?? (attempts.at(-1)?.retryAt === undefined ? 'not ended' : 'failed so far')

/** @param state `last`: none comes after it, whatever it was promised */
function attemptLines(attempt: ShownAttempt, state: 'followed' | 'open' | 'last'): readonly string[] {
  const { steps, startedAt, endedAt, retryAt } = attempt
  const isGoingOn = state === 'open' && endedAt === undefined
  return [
    `  Attempt ${attempt.attempt}, ${moment(startedAt)}`,
    ...steps.flatMap((step, index) => stepLines(step, isGoingOn && index === steps.length - 1)),
    ...attemptErrorLines(attempt),
    ...(retryAt === undefined || state === 'last' ? [] : [`    next attempt ${moment(retryAt)}`]),
  ]
}

/** Of what failed it when no step did. */
export function attemptErrorLines({ error }: ShownAttempt): readonly string[] {
  if (error === undefined) return []
  const name = nameOf(error)
  return name === undefined ? [`    failed: ${error.diagnosis}`] : [`    failed: ${name}`, `      ${error.diagnosis}`]
}

/** @param isGoingOn a step without an outcome is being done now; else Coffer was ended meanwhile, and did it again */
export function stepLines(
  { step, outcome, durationMs, requestId, error, moves = [] }: ShownStep,
  isGoingOn = false,
): readonly string[] {
  const took = durationMs === undefined ? '' : span(durationMs)
  const moved = moves.map(({ label, from, to }) =>
    to === undefined ? `${label} off ${from ?? ''}` : `${label} to ${to}`,
  )
  const state = outcome ?? (isGoingOn ? 'begun' : 'interrupted')
  const columns = [step.padEnd(12), state.padEnd(6), took.padStart(8), moved.join(', ')]
  const name = error && nameOf(error)
  return [
    `    ${columns.join('  ').trimEnd()}`,
    ...(error === undefined
      ? []
      : [
          ...(name === undefined ? [] : [`      ${name}`]),
          ...(requestId === undefined ? [] : [`      request ${requestId}`]),
          `      ${error.diagnosis}`,
        ]),
  ]
}

/** Undefined: the diagnosis is all that there is to say. */
function nameOf({ type, message }: NonNullable<ShownStep['error']>): string | undefined {
  if (type !== undefined && NOT_INVOKED.has(type)) return `the function was not invoked: ${type}`
  return [type, message].filter((part) => part !== undefined).join(': ') || undefined
}

/** Reasons of Coffer's own: nothing that a function has said. */
const NOT_INVOKED: ReadonlySet<string> = new Set(['missing', 'not-allowed', 'throttled', 'unreachable'])

const join = (first: string, second: string): string => (second === '' ? first : `${first}, ${second}`)

/** `2026-03-01 10:20:30 UTC` */
export const moment = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`

function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`
}

/** Labels may be any text: what would move a terminal's cursor does not get there. */
export const textOf = (lines: readonly string[]): string =>
  lines.map((line) => `${line.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '?')}\n`).join('')
