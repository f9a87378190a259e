/**
 * One-time schedules of EventBridge Scheduler, as CreateSchedule and UpdateSchedule take them. What is not known is an error that names it: a schedule that is played wrongly proves nothing.
 * @module
 */
import { objectOf, optionalObject, optionalText, SandboxProblem, textOf, type JsonObject } from '../../json.ts'

export interface Schedule {
  readonly arn: string
  readonly name: string
  readonly group: string
  readonly region: string
  readonly account: string
  /** As it was given. */
  readonly expression: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly isEnabled: boolean
  /** It is deleted when its target was invoked, or was given up. */
  readonly isDeletedAfter: boolean
  readonly target: ScheduleTarget
  readonly createdAt: number
  readonly changedAt: number
  /** The rest of the request, for GetSchedule. */
  readonly given: JsonObject
}

export interface ScheduleTarget {
  readonly arn: string
  readonly roleArn: string
  readonly input: string | undefined
  /** ARN of a queue. */
  readonly deadLetters: string | undefined
  readonly mostRetries: number
  readonly mostAgeMs: number
}

export interface SchedulePlace {
  readonly arn: string
  readonly name: string
  readonly group: string
  readonly region: string
  readonly account: string
}

/** What Scheduler answers as ValidationException. */
export class InvalidSchedule extends Error {
  override readonly name = 'InvalidSchedule'
}

/** Scheduler's own defaults (RetryPolicy, API reference). */
const DEFAULT_RETRIES = 185
const DEFAULT_AGE_SECONDS = 86_400

/** @throws {InvalidSchedule} for what Scheduler refuses @throws {SandboxProblem} for what the sandbox does not know */
export function readSchedule(
  given: JsonObject,
  place: SchedulePlace,
  times: { readonly createdAt: number; readonly now: number },
): Schedule {
  onlyFields(given, FIELDS, 'a schedule')
  const expression = required(given.ScheduleExpression, 'scheduleExpression')
  const zone = optionalText(given.ScheduleExpressionTimezone, 'ScheduleExpressionTimezone') ?? 'UTC'
  if (zone !== 'UTC') throw new SandboxProblem(`a schedule in the time zone ${zone}: the sandbox knows UTC`)
  const window = objectOf(given.FlexibleTimeWindow ?? {}, 'FlexibleTimeWindow')
  if (window.Mode === undefined) throw new InvalidSchedule('FlexibleTimeWindow.Mode is missing')
  if (window.Mode !== 'OFF') throw new SandboxProblem('a flexible window: the sandbox knows the mode OFF')
  return {
    ...place,
    expression,
    at: momentOf(expression),
    isEnabled: given.State !== 'DISABLED',
    isDeletedAfter: given.ActionAfterCompletion === 'DELETE',
    target: readTarget(objectOf(given.Target ?? {}, 'Target')),
    createdAt: times.createdAt,
    changedAt: times.now,
    given,
  }
}

const FIELDS = [
  'ActionAfterCompletion',
  'ClientToken',
  'Description',
  'FlexibleTimeWindow',
  'GroupName',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'State',
  'Target',
]

/** `at(2026-03-31T01:02:03)`, to the second. */
function momentOf(expression: string): number {
  const [, text] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression) ?? []
  if (text === undefined && /^(rate|cron)\(/.test(expression))
    throw new SandboxProblem(`the schedule ${expression}: the sandbox knows at(yyyy-mm-ddThh:mm:ss)`)
  const at = text === undefined ? NaN : Date.parse(`${text}Z`)
  // A day that there is not, such as the 30th of February, is no day.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== text)
    throw new InvalidSchedule(`Invalid Schedule Expression ${expression}.`)
  return at
}

function readTarget(target: JsonObject): ScheduleTarget {
  onlyFields(target, ['Arn', 'DeadLetterConfig', 'Input', 'RetryPolicy', 'RoleArn'], 'the target of a schedule')
  const retry = optionalObject(target.RetryPolicy, 'RetryPolicy')
  return {
    arn: required(target.Arn, 'target.arn'),
    roleArn: required(target.RoleArn, 'target.roleArn'),
    input: optionalText(target.Input, 'Target.Input'),
    deadLetters: optionalText(optionalObject(target.DeadLetterConfig, 'DeadLetterConfig').Arn, 'DeadLetterConfig.Arn'),
    mostRetries: within(retry.MaximumRetryAttempts ?? DEFAULT_RETRIES, 0, DEFAULT_RETRIES, 'MaximumRetryAttempts'),
    mostAgeMs:
      1000 *
      within(
        retry.MaximumEventAgeInSeconds ?? DEFAULT_AGE_SECONDS,
        60,
        DEFAULT_AGE_SECONDS,
        'MaximumEventAgeInSeconds',
      ),
  }
}

function required(value: unknown, what: string): string {
  if (value === undefined || value === '')
    throw new InvalidSchedule(
      `1 validation error detected: Value at '${what}' failed to satisfy constraint: Member must not be null`,
    )
  return textOf(value, what)
}

function within(value: unknown, least: number, most: number, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new InvalidSchedule(`${what} must be from ${least} to ${most}`)
}

function onlyFields(given: JsonObject, known: readonly string[], what: string): void {
  for (const field of Object.keys(given))
    if (!known.includes(field)) throw new SandboxProblem(`${what}: the sandbox does not know its ${field}`)
}
