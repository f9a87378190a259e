/**
 * The schedules of rotations: their grammar, and when the next window is (behaviour 8.6, 8.7). Pure. All times are UTC.
 * @module
 */
import { closerThan, firstDayFrom } from './cron-calendar.ts'
import { parseCronExpression, type CronExpression } from './cron-expression.ts'
import type { Refuse } from './cron-field.ts'
import { DAY, utcDay } from './dates.ts'
import {
  durationMisshapen,
  durationTooLong,
  durationWithoutSchedule,
  rotationDaysOutOfRange,
  rotationFrequencyTwice,
  unusableSchedule,
} from './errors.ts'
import type { RotationRules, RotationWindow } from './rotation.ts'

/** `durationHours` is as given: absent, windows have their default length. */
export type Schedule =
  | { readonly kind: 'days'; readonly days: number; readonly durationHours?: number }
  | { readonly kind: 'hours'; readonly hours: number; readonly durationHours?: number }
  | { readonly kind: 'cron'; readonly cron: CronExpression; readonly durationHours?: number }

/**
 * Rules as a caller gives them. Those without a schedule mean none; a Duration alone is refused (UNK), since whoever gives a window expects rotations in it.
 * @throws {ServiceError} InvalidParameterException, with what is wrong
 */
export function parseRotationRules(rules: RotationRules): Schedule | undefined {
  const { automaticallyAfterDays: days, scheduleExpression: expression, duration } = rules
  if (days !== undefined && expression !== undefined) throw rotationFrequencyTwice()
  const durationHours = duration === undefined ? undefined : parseDuration(duration)
  const window = durationHours === undefined ? {} : { durationHours }
  if (days !== undefined) return { kind: 'days', days: checkedDays(days), ...window }
  if (expression !== undefined) return fitting({ ...parseExpression(expression), ...window }, rules)
  if (duration !== undefined) throw durationWithoutSchedule(duration)
  return undefined
}

/**
 * The first window that ends after `now` and is due after `base`: a whole one, which may be open already. A schedule in days that is overdue has a window
 * on every day; one in hours keeps its steps.
 * @param base moment of the last success, manual value or configuration, epoch milliseconds
 */
export function nextWindow(
  schedule: Schedule,
  { base, now }: { readonly base: number; readonly now: number },
): RotationWindow {
  switch (schedule.kind) {
    case 'days':
      return nextInDays(schedule, { base, now })
    case 'hours':
      return nextInHours(schedule, { base, now })
    case 'cron':
      return nextOfCron(schedule, { base, now })
  }
}

/**
 * A moment of the window at which to start: spread over the first three quarters of what is left of it, so that there is time for retries, and after its
 * first minute, when everybody else's timers fire. When little is left, `now`. Whole milliseconds, never before `now`.
 * @param fraction from 0 to below 1
 */
export function momentIn(
  { start, end }: RotationWindow,
  { now, fraction }: { readonly now: number; readonly fraction: number },
): number {
  const opens = Math.max(start, Math.ceil(now))
  const left = end - opens
  if (left < NEARLY_OVER) return opens
  const earliest = Math.max(opens, start + MINUTE)
  const latest = opens + left * SPREAD
  return Math.floor(earliest + fraction * (latest - earliest))
}

/** AutomaticallyAfterDays as a schedule comes to, from 1 to 1000 (SM-ROTATE-21; UNK for cron): for cron the days between the next two windows. Part of a day counts as one. */
export function daysBetweenWindows(schedule: Schedule, now: number): number {
  return Math.min(Math.max(Math.ceil(hoursBetweenWindows(schedule, now) / 24), 1), MOST_AFTER_DAYS)
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SPREAD = 0.75
const NEARLY_OVER = 5 * MINUTE

const MOST_AFTER_DAYS = 1000
const FEWEST_HOURS = 4
const MOST_HOURS = 999 * 24

function checkedDays(days: number): number {
  if (!Number.isInteger(days) || days < 1 || days > MOST_AFTER_DAYS) throw rotationDaysOutOfRange(days)
  return days
}

function parseDuration(duration: string): number {
  const hours = /^\d{1,2}h$/.test(duration) ? Number.parseInt(duration, 10) : 0
  if (hours < 1 || hours > 24) throw durationMisshapen(duration)
  return hours
}

function parseExpression(expression: string): Schedule {
  const refuse: Refuse = (problem) => unusableSchedule(expression, problem)
  if (expression.length > 256) throw refuse('it is longer than 256 characters')
  if (!/^[0-9A-Za-z()#?*\-/, ]*$/.test(expression))
    throw refuse('it may hold letters, digits, spaces and ( ) # ? * - / , only')
  const [, form, body = ''] = /^(rate|cron)\(([^()]*)\)$/.exec(expression) ?? []
  if (form === 'rate') return parseRate(body, refuse)
  if (form === 'cron') return parseCron(body, refuse)
  throw refuse('expected rate(...), such as rate(30 days), or cron(...), such as cron(0 8 1 * ? *)')
}

function parseRate(body: string, refuse: Refuse): Schedule {
  const [, digits, unit] = /^ *(\d+) +(hour|day)s? *$/.exec(body) ?? []
  if (digits === undefined)
    throw refuse('rate(...) takes a whole number and hour, hours, day or days, such as rate(12 hours) or rate(30 days)')
  const count = Number(digits)
  const hours = unit === 'day' ? count * 24 : count
  if (hours < FEWEST_HOURS || hours > MOST_HOURS) throw refuse('rotations can be from 4 hours to 999 days apart')
  return unit === 'day' ? { kind: 'days', days: count } : { kind: 'hours', hours }
}

function parseCron(body: string, refuse: Refuse): Schedule {
  const cron = parseCronExpression(body, refuse)
  const close = closerThan(FEWEST_HOURS, cron)
  if (close === undefined) return { kind: 'cron', cron }
  const { from, to, hours } = close
  throw refuse(
    `it has windows at ${onTheHour(from)} and ${onTheHour(to)} UTC, ${hours === 1 ? '1 hour' : `${hours} hours`} apart, but rotations must be at least 4 hours apart`,
  )
}

/** A window ends within its UTC day and before the next one. Those of a rate in hours open at any hour, so that the end of the day cuts them where it must. */
function fitting(schedule: Schedule, { duration = '', scheduleExpression: expression = '' }: RotationRules): Schedule {
  const { longest, problem } = longestWindow(schedule)
  if ((schedule.durationHours ?? 1) > longest)
    throw durationTooLong({ duration, expression, problem, mostHours: longest })
  return schedule
}

function longestWindow(schedule: Schedule): { readonly longest: number; readonly problem: string } {
  if (schedule.kind === 'days') return { longest: 24, problem: '' }
  if (schedule.kind === 'hours') return { longest: schedule.hours, problem: 'the window would reach into the next one' }
  const { hours } = schedule.cron
  const limits = hours.map((hour, index) => ({
    longest: (hours[index + 1] ?? 24) - hour,
    problem: `the window that opens at ${onTheHour(hour)} UTC would reach into the next ${index === hours.length - 1 ? 'UTC day' : 'one'}`,
  }))
  return limits.reduce((tightest, limit) => (limit.longest < tightest.longest ? limit : tightest))
}

const onTheHour = (hour: number): string => `${String(hour).padStart(2, '0')}:00`

interface Moments {
  readonly base: number
  readonly now: number
}

type OfKind<Kind extends Schedule['kind']> = Extract<Schedule, { readonly kind: Kind }>

function nextInDays({ days, durationHours }: OfKind<'days'>, { base, now }: Moments): RotationWindow {
  const due = windowFrom(utcDay(base) + days * DAY, durationHours)
  if (due.end > now) return due
  const today = windowFrom(utcDay(now), durationHours)
  return today.end > now ? today : windowFrom(today.start + DAY, durationHours)
}

function nextInHours({ hours, durationHours = 1 }: OfKind<'hours'>, { base, now }: Moments): RotationWindow {
  const interval = hours * HOUR
  const due = Math.floor(base / HOUR) * HOUR + interval
  const latest = due + Math.max(0, Math.floor((now - due) / interval)) * interval
  const window = windowFrom(latest, durationHours)
  return window.end > now ? window : windowFrom(latest + interval, durationHours)
}

function nextOfCron({ cron, durationHours }: OfKind<'cron'>, { base, now }: Moments): RotationWindow {
  const length = durationHours ?? (cron.hours.length > 1 ? 1 : undefined)
  // Windows end within their day, so those of earlier days are over.
  let day = firstDayFrom(cron, Math.max(base, now))
  for (;;) {
    for (const hour of cron.hours) {
      const window = windowFrom(day + hour * HOUR, length)
      if (window.start > base && window.end > now) return window
    }
    day = firstDayFrom(cron, day + DAY)
  }
}

/** @param hours absent: to the end of the UTC day */
function windowFrom(start: number, hours = 24): RotationWindow {
  return { start, end: Math.min(start + hours * HOUR, utcDay(start) + DAY) }
}

function hoursBetweenWindows(schedule: Schedule, now: number): number {
  if (schedule.kind === 'days') return schedule.days * 24
  if (schedule.kind === 'hours') return schedule.hours
  const next = nextWindow(schedule, { base: now, now })
  const following = nextWindow(schedule, { base: next.start, now: next.end })
  return (following.start - next.start) / HOUR
}
