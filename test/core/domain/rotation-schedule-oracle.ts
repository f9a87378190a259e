/**
 * What the schedules of rotations mean, said a second time and slowly: every hour or day is asked by itself whether it begins a window, by the fields of Date.
 * Expressions are made together with their meaning, so that nothing here reads an expression.
 * @module
 */
import fc from 'fast-check'

export interface Window {
  readonly start: number
  readonly end: number
}

/** Part of an expression: how it is written, and which moments it lets through. */
interface Clause {
  readonly text: string
  lets(moment: Date): boolean
}

export interface CronCase {
  readonly text: string
  readonly durationHours: number | undefined
  readonly hours: Clause
  /** Days of the month or of the week, and months. */
  readonly days: Clause
  readonly months: Clause
}

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export const midnight = (time: number): number => new Date(time).setUTCHours(0, 0, 0, 0)
export const onTheHour = (time: number): number => new Date(time).setUTCMinutes(0, 0, 0)

/** Walks hour by hour. */
export function nextCronWindow(cron: CronCase, base: number, now: number): Window {
  for (let hour = onTheHour(Math.max(base, now - DAY)); ; hour += HOUR) {
    if (hour <= base || !begins(cron, new Date(hour))) continue
    const window = { start: hour, end: endOf(cron, hour) }
    if (window.end > now) return window
  }
}

/** Walks day by day. */
export function nextDaysWindow(days: number, durationHours: number | undefined, base: number, now: number): Window {
  const start = new Date(base)
  start.setUTCHours(0, 0, 0, 0)
  start.setUTCDate(start.getUTCDate() + days)
  for (;;) {
    const end = new Date(start)
    if (durationHours === undefined) end.setUTCHours(23, 59, 59, 1000)
    else end.setUTCHours(durationHours)
    if (+end > now) return { start: +start, end: +end }
    start.setUTCDate(start.getUTCDate() + 1)
  }
}

/** Walks from window to window. */
export function nextHoursWindow(hours: number, durationHours: number | undefined, base: number, now: number): Window {
  const start = new Date(base)
  start.setUTCMinutes(0, 0, 0)
  for (;;) {
    start.setUTCHours(start.getUTCHours() + hours)
    const end = new Date(start)
    for (let hour = 0; hour < (durationHours ?? 1); hour++) {
      end.setUTCHours(end.getUTCHours() + 1)
      if (end.getUTCHours() === 0) break
    }
    if (+end > now) return { start: +start, end: +end }
  }
}

/** Why it cannot be used, as the rules of AWS's guide have it; undefined: it can. Looks at every day of 28 years, which hold every kind of year. */
export function flawOf(cron: CronCase): 'never' | 'too often' | 'too long' | undefined {
  const starts = startsOfYears(cron)
  if (starts.length === 0) return 'never'
  const gaps = starts.slice(1).map((start, index) => start - starts[index]!)
  if (gaps.some((gap) => gap < 4 * HOUR)) return 'too often'
  if (cron.durationHours === undefined) return undefined
  const length = cron.durationHours * HOUR
  const reachesOver = starts.some((start) => start + length > midnight(start) + DAY) || gaps.some((gap) => gap < length)
  return reachesOver ? 'too long' : undefined
}

function startsOfYears(cron: CronCase): number[] {
  const hours = hoursOf(cron)
  return EVERY_DAY.filter((day) => cron.months.lets(day) && cron.days.lets(day)).flatMap((day) =>
    hours.map((hour) => +day + hour * HOUR),
  )
}

const EVERY_DAY = Array.from({ length: 28 * 365.25 }, (_, index) => new Date(Date.UTC(2001, 0, 1) + index * DAY))

const begins = (cron: CronCase, moment: Date): boolean =>
  cron.months.lets(moment) && cron.days.lets(moment) && cron.hours.lets(moment)

function endOf(cron: CronCase, start: number): number {
  if (cron.durationHours !== undefined) return start + cron.durationHours * HOUR
  return hoursOf(cron).length > 1 ? start + HOUR : midnight(start) + DAY
}

const hoursOf = (cron: CronCase): number[] =>
  Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => cron.hours.lets(new Date(hour * HOUR)))

interface Field {
  readonly first: number
  readonly last: number
  read(moment: Date): number
  /** How a value is written, in one of its ways. */
  readonly spellings: (value: number) => readonly string[]
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const cased = (name: string) => [name, name.toLowerCase(), name.charAt(0) + name.slice(1).toLowerCase()]

const hourField: Field = {
  first: 0,
  last: 23,
  read: (moment) => moment.getUTCHours(),
  spellings: (value) => [String(value), String(value).padStart(2, '0')],
}
const dateField: Field = { ...hourField, first: 1, last: 31, read: (moment) => moment.getUTCDate() }
const monthField: Field = {
  first: 1,
  last: 12,
  read: (moment) => moment.getUTCMonth() + 1,
  spellings: (value) => [String(value), ...cased(MONTHS[value - 1]!)],
}
const weekdayField: Field = {
  first: 1,
  last: 7,
  read: (moment) => moment.getUTCDay() + 1,
  spellings: (value) => [String(value), ...cased(WEEKDAYS[value - 1]!)],
}

const valueOf = ({ first, last, spellings }: Field) =>
  fc
    .integer({ min: first, max: last })
    .chain((value) => fc.record({ value: fc.constant(value), text: fc.constantFrom(...spellings(value)) }))

const everything: fc.Arbitrary<Clause> = fc.constant({ text: '*', lets: () => true })

const single = (field: Field): fc.Arbitrary<Clause> =>
  valueOf(field).map(({ value, text }) => ({ text, lets: (moment) => field.read(moment) === value }))

const range = (field: Field): fc.Arbitrary<Clause> =>
  fc
    .tuple(valueOf(field), valueOf(field))
    .filter(([from, to]) => from.value <= to.value)
    .map(([from, to]) => ({
      text: `${from.text}-${to.text}`,
      lets: (moment) => field.read(moment) >= from.value && field.read(moment) <= to.value,
    }))

const rangeOverTheEnd = (field: Field): fc.Arbitrary<Clause> =>
  fc
    .tuple(valueOf(field), valueOf(field))
    .filter(([from, to]) => from.value > to.value)
    .map(([from, to]) => ({
      text: `${from.text}-${to.text}`,
      lets: (moment) => field.read(moment) >= from.value || field.read(moment) <= to.value,
    }))

const increment = (field: Field): fc.Arbitrary<Clause> =>
  fc
    .tuple(
      fc.oneof(valueOf(field), fc.constantFrom({ value: field.first, text: '' }, { value: field.first, text: '*' })),
      fc.integer({ min: 1, max: field.last }),
    )
    .map(([from, step]) => ({
      text: `${from.text}/${step}`,
      lets(moment) {
        for (let value = from.value; value <= field.last; value += step) if (value === field.read(moment)) return true
        return false
      },
    }))

const lastOfMonth: fc.Arbitrary<Clause> = fc
  .constantFrom('L', 'l')
  .map((text) => ({ text, lets: (moment) => new Date(+moment + DAY).getUTCDate() === 1 }))

const lastWeekday: fc.Arbitrary<Clause> = valueOf(weekdayField).map(({ value, text }) => ({
  text: `${text}L`,
  lets: (moment) =>
    moment.getUTCDay() + 1 === value && new Date(+moment + 7 * DAY).getUTCMonth() !== moment.getUTCMonth(),
}))

const nthWeekday: fc.Arbitrary<Clause> = fc
  .tuple(valueOf(weekdayField), fc.integer({ min: 1, max: 5 }))
  .map(([{ value, text }, nth]) => ({
    text: `${text}#${nth}`,
    lets(moment) {
      if (moment.getUTCDay() + 1 !== value) return false
      let count = 0
      for (
        const day = new Date(moment);
        day.getUTCMonth() === moment.getUTCMonth();
        day.setUTCDate(day.getUTCDate() - 7)
      )
        count++
      return count === nth
    },
  }))

const saturday: fc.Arbitrary<Clause> = fc.constant<Clause>({ text: 'L', lets: (moment) => moment.getUTCDay() === 6 })

const listOf = (item: fc.Arbitrary<Clause>): fc.Arbitrary<Clause> =>
  fc.oneof(
    { weight: 3, arbitrary: item },
    {
      weight: 1,
      arbitrary: fc.array(item, { minLength: 2, maxLength: 4 }).map((items): Clause => ({
        text: items.map(({ text }) => text).join(','),
        lets: (moment) => items.some((one) => one.lets(moment)),
      })),
    },
  )

const plain = (field: Field) => fc.oneof(everything, single(field), range(field), increment(field))

const hours = listOf(
  fc.oneof(
    { weight: 3, arbitrary: single(hourField) },
    {
      weight: 1,
      arbitrary: fc.tuple(valueOf(hourField), fc.integer({ min: 4, max: 23 })).map(([from, step]): Clause => ({
        text: `${from.text}/${step}`,
        lets: (moment) => moment.getUTCHours() >= from.value && (moment.getUTCHours() - from.value) % step === 0,
      })),
    },
    { weight: 1, arbitrary: increment(hourField) },
  ),
)
const daysOfMonth = listOf(fc.oneof(plain(dateField), lastOfMonth, single(dateField), fc.constantFrom(...lateDays())))
const daysOfWeek = listOf(
  fc.oneof(plain(weekdayField), rangeOverTheEnd(weekdayField), lastWeekday, nthWeekday, saturday),
)
const months = fc.oneof(
  { weight: 2, arbitrary: everything },
  { weight: 2, arbitrary: listOf(fc.oneof(plain(monthField), rangeOverTheEnd(monthField))) },
  { weight: 1, arbitrary: fc.constant<Clause>({ text: 'FEB', lets: (moment) => moment.getUTCMonth() === 1 }) },
)

function lateDays(): Clause[] {
  return [28, 29, 30, 31].map((day) => ({ text: String(day), lets: (moment) => moment.getUTCDate() === day }))
}

export const anyCron: fc.Arbitrary<CronCase> = fc
  .record({
    hours,
    months,
    days: fc.oneof(
      daysOfMonth.map((clause) => ({ ...clause, fields: [clause.text, '?'] as const })),
      daysOfWeek.map((clause) => ({ ...clause, fields: ['?', clause.text] as const })),
    ),
    durationHours: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined, freq: 2 }),
  })
  .map(({ days, ...others }) => ({
    ...others,
    days,
    text: `cron(0 ${others.hours.text} ${days.fields[0]} ${others.months.text} ${days.fields[1]} *)`,
  }))

/** Expressions that can be used. */
export const goodCron = anyCron.filter((cron) => flawOf(cron) === undefined)

/** Moments that are rather often at the edge of an hour, a day, a month, or of a leap day. */
export const anyMoment: fc.Arbitrary<number> = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 0, max: Date.UTC(2101, 0, 1) }),
      fc.integer({ min: Date.UTC(9990, 0, 1), max: Date.UTC(9999, 11, 31) }),
      fc
        .tuple(fc.integer({ min: 1970, max: 2110 }), fc.integer({ min: 0, max: 11 }))
        .map(([year, month]) => Date.UTC(year, month, 1)),
      fc.integer({ min: 1992, max: 2108 }).map((year) => Date.UTC(year, 1, 29)),
    ),
    fc.constantFrom((time: number) => time, onTheHour, midnight),
    fc.constantFrom(0, 0, 1, -1),
  )
  .map(([time, round, off]) => Math.max(0, round(time) + off))

/** A base and a now: mostly a little later, at times long after, at times before. */
export const anyMoments: fc.Arbitrary<{ readonly base: number; readonly now: number }> = fc
  .tuple(
    anyMoment,
    fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 40 * DAY }),
      fc.integer({ min: -400 * DAY, max: 1500 * DAY }),
      fc.integer({ min: -3, max: 60 }).map((hoursLater) => hoursLater * HOUR),
    ),
  )
  .map(([base, later]) => ({ base, now: Math.max(0, base + later) }))
