/**
 * The cron expressions of rotation schedules: narrower than those of EventBridge, as windows open on the hour and every year (behaviour 8.6).
 * UNK: whether AWS takes lists and ranges of hours, ranges over the end of the week or year (SAT-SUN), and `L`, `<DAY>L` and `#` in lists. Each has one
 * reading only, so they are taken here.
 * @module
 */
import { parseCronItem, parseCronValue, type CronField, type Refuse } from './cron-field.ts'

export interface CronExpression {
  /** UTC, ascending. */
  readonly hours: readonly number[]
  /** From 1. */
  readonly months: ReadonlySet<number>
  /** It fires on the days that any of these means. */
  readonly days: readonly CronDays[]
}

/** Weekdays count from 1, Sunday. */
export type CronDays =
  | { readonly kind: 'days'; readonly days: ReadonlySet<number> }
  | { readonly kind: 'last-day' }
  | { readonly kind: 'weekdays'; readonly weekdays: ReadonlySet<number> }
  | { readonly kind: 'nth-weekday'; readonly weekday: number; readonly nth: number }
  | { readonly kind: 'last-weekday'; readonly weekday: number }

/**
 * @param body what stands between the brackets of `cron(...)`
 * @throws {ServiceError} made by `refuse`
 */
export function parseCronExpression(body: string, refuse: Refuse): CronExpression {
  const fields = body.toUpperCase().split(' ').filter(Boolean)
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year, ...more] = fields
  if (year === undefined || more.length > 0) throw refuse(`it has ${fields.length} fields, but ${SIX_FIELDS}`)
  if (!/^0{1,2}$/.test(minutes ?? '')) throw refuse('minutes must be 0, as rotation windows open on the hour')
  if (year !== '*') throw refuse('year must be *')
  const expression: CronExpression = {
    hours: parseValues(hours, HOURS, refuse).toSorted((one, other) => one - other),
    months: new Set(parseValues(month, MONTHS, refuse)),
    days: parseDays({ dayOfMonth, dayOfWeek }, refuse),
  }
  if (!everFires(expression)) throw refuse('no month that it names has such a day, so it would never fire')
  return expression
}

const SIX_FIELDS = 'cron(...) takes six: minutes, hours, day of month, month, day of week, year'

const HOURS: CronField = { label: 'hours', first: 0, last: 23 }
const DAYS_OF_MONTH: CronField = { label: 'day of month', first: 1, last: 31 }
const MONTHS: CronField = {
  label: 'month',
  first: 1,
  last: 12,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
}
const DAYS_OF_WEEK: CronField = {
  label: 'day of week',
  first: 1,
  last: 7,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
}
const SATURDAY = 7

function parseValues(text = '', field: CronField, refuse: Refuse): readonly number[] {
  return [...new Set(text.split(',').flatMap((item) => parseCronItem(item, field, refuse)))]
}

interface DayFields {
  readonly dayOfMonth: string | undefined
  readonly dayOfWeek: string | undefined
}

function parseDays({ dayOfMonth = '', dayOfWeek = '' }: DayFields, refuse: Refuse): readonly CronDays[] {
  if ((dayOfMonth === '?') === (dayOfWeek === '?'))
    throw refuse('exactly one of day of month and day of week must be ?, and the other one must say the days')
  return dayOfWeek === '?'
    ? dayOfMonth.split(',').map((item) => parseDayOfMonth(item, refuse))
    : dayOfWeek.split(',').map((item) => parseDayOfWeek(item, refuse))
}

function parseDayOfMonth(item: string, refuse: Refuse): CronDays {
  if (item === 'L') return { kind: 'last-day' }
  return { kind: 'days', days: new Set(parseCronItem(item, DAYS_OF_MONTH, refuse)) }
}

function parseDayOfWeek(item: string, refuse: Refuse): CronDays {
  // AWS's guide: L is the last day of the week, <DAY>L the last such day of the month.
  if (item === 'L') return { kind: 'weekdays', weekdays: new Set([SATURDAY]) }
  if (item.endsWith('L'))
    return { kind: 'last-weekday', weekday: parseCronValue(item.slice(0, -1), DAYS_OF_WEEK, refuse) }
  const [weekday = '', nth, ...more] = item.split('#')
  if (nth === undefined) return { kind: 'weekdays', weekdays: new Set(parseCronItem(item, DAYS_OF_WEEK, refuse)) }
  if (!/^[1-5]$/.test(nth) || more.length > 0)
    throw refuse(`${item} is no value for day of week: after # expected 1 to 5, as in TUE#3 for the third Tuesday`)
  return { kind: 'nth-weekday', weekday: parseCronValue(weekday, DAYS_OF_WEEK, refuse), nth: Number(nth) }
}

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** Every weekday is at times the last and the fifth even of February, so only numbered days can be lacking. */
const everFires = ({ months, days }: CronExpression): boolean =>
  days.some(
    (item) =>
      item.kind !== 'days' ||
      LONGEST_MONTHS.some((length, index) => months.has(index + 1) && hasUpTo(length, item.days)),
  )

const hasUpTo = (length: number, days: ReadonlySet<number>): boolean => [...days].some((day) => day <= length)
