/**
 * On which days a cron expression fires, and how close to each other.
 * @module
 */
import type { CronDays, CronExpression } from './cron-expression.ts'
import { DAY } from './dates.ts'

/** 00:00 UTC of the first day on which it fires, of those that are not over at `time`. */
export function firstDayFrom({ months, days }: CronExpression, time: number): number {
  const start = new Date(time)
  let year = start.getUTCFullYear()
  let month = start.getUTCMonth()
  let day = start.getUTCDate()
  for (let passed = 0; passed < MOST_MONTHS_BETWEEN; passed++) {
    if (months.has(month + 1)) {
      const found = firstDayIn({ year, month, day }, days)
      if (found !== undefined) return found
    }
    day = 1
    month = (month + 1) % 12
    if (month === 0) year++
  }
  throw new RangeError('A cron expression without days, or a time that is none.')
}

export interface HoursBetween {
  /** Of the day. */
  readonly from: number
  /** Of the same day or of the next. */
  readonly to: number
  readonly hours: number
}

/** Two starts that follow each other in fewer hours than these. @param fewest at most 24 */
export function closerThan(fewest: number, expression: CronExpression): HoursBetween | undefined {
  const inDay = expression.hours.map((to, index) => between(expression.hours[index - 1] ?? -Infinity, to))
  const overnight = between(expression.hours.at(-1) ?? 0, expression.hours[0] ?? 0)
  const isClose = ({ hours }: HoursBetween) => hours < fewest
  return inDay.find(isClose) ?? [overnight].find((gap) => isClose(gap) && firesOnDaysInARow(expression))
}

const between = (from: number, to: number): HoursBetween => ({
  from,
  to,
  hours: to > from ? to - from : to - from + 24,
})

/** The fifth weekday of February comes once in 28 years, and once in 40 over a year like 2100. */
const MOST_MONTHS_BETWEEN = 41 * 12

/** In 28 years every date meets every weekday, leap days included. */
const CALENDAR = { start: Date.UTC(2000, 0, 1), end: Date.UTC(2028, 0, 2) }

function firesOnDaysInARow(expression: CronExpression): boolean {
  let day = firstDayFrom(expression, CALENDAR.start)
  while (day < CALENDAR.end) {
    const next = firstDayFrom(expression, day + DAY)
    if (next - day === DAY) return true
    day = next
  }
  return false
}

interface CalendarDay {
  readonly year: number
  /** From 0, as Date has it. */
  readonly month: number
  readonly day: number
}

function firstDayIn({ year, month, day: from }: CalendarDay, items: readonly CronDays[]): number | undefined {
  const start = Date.UTC(year, month, 1)
  const length = Math.round((Date.UTC(year, month + 1, 1) - start) / DAY)
  const shape: MonthShape = { length, firstWeekday: new Date(start).getUTCDay() + 1 }
  const days = items.map((item) => firstOf(item, from, shape)).filter((day) => day >= from && day <= length)
  return days.length === 0 ? undefined : start + (Math.min(...days) - 1) * DAY
}

interface MonthShape {
  /** In days. */
  readonly length: number
  readonly firstWeekday: number
}

/** The first day of the month, from `from` on, that the item means; if there is none, one before `from` or past the end of the month. */
function firstOf(item: CronDays, from: number, month: MonthShape): number {
  switch (item.kind) {
    case 'days':
      return nextIn(item.days, from, 31) ?? Infinity
    case 'last-day':
      return month.length
    case 'weekdays': {
      const weekday = weekdayOf(from, month)
      const next = nextIn(item.weekdays, weekday, 7) ?? 7 + (nextIn(item.weekdays, 1, 7) ?? Infinity)
      return from + next - weekday
    }
    case 'nth-weekday':
      return firstWith(item.weekday, 1, month) + (item.nth - 1) * 7
    case 'last-weekday':
      return firstWith(item.weekday, month.length - 6, month)
  }
}

function nextIn(values: ReadonlySet<number>, from: number, last: number): number | undefined {
  for (let value = from; value <= last; value++) if (values.has(value)) return value
  return undefined
}

const weekdayOf = (day: number, { firstWeekday }: MonthShape): number => ((firstWeekday + day - 2) % 7) + 1

/** The first day from `day` on that has the weekday. */
const firstWith = (weekday: number, day: number, month: MonthShape): number =>
  day + ((weekday - weekdayOf(day, month) + 7) % 7)
