/**
 * The numeric part of a field of a cron expression: values, names, lists, ranges and increments (behaviour 8.6).
 * @module
 */
import type { ServiceError } from './errors.ts'

export interface CronField {
  /** As messages call it. */
  readonly label: string
  readonly first: number
  readonly last: number
  /** In place of numbers, the first of them for `first`; in capitals. Such fields go in circles, so that a range may run over their end: SAT-SUN. */
  readonly names?: readonly string[]
}

/** Makes the error for a problem: a clause without a period, for the caller knows the whole expression. */
export type Refuse = (problem: string) => ServiceError

/** The values of one item of a list, which is `*`, a value, a range, or one of these with an increment. @param item in capitals */
export function parseCronItem(item: string, field: CronField, refuse: Refuse): readonly number[] {
  const [span = '', increment, ...more] = item.split('/')
  if (more.length > 0 || (span === '' && increment === undefined)) throw refuse(unreadable(item, field))
  const [from, to] = parseSpan(span, { field, refuse, isOpen: increment !== undefined })
  const step = increment === undefined ? 1 : parseIncrement(increment, field, refuse)
  return countUp(from, to, step).map((value) => withinField(value, field))
}

/** The number that a value or a name stands for. */
export function parseCronValue(text: string, field: CronField, refuse: Refuse): number {
  const named = field.names?.indexOf(text) ?? -1
  if (named >= 0) return field.first + named
  const value = wholeNumber(text)
  if (value === undefined) throw refuse(unreadable(text, field))
  if (value < field.first || value > field.last)
    throw refuse(`${text} is out of range for ${field.label}: expected ${expectedValues(field)}`)
  return value
}

interface SpanContext {
  readonly field: CronField
  readonly refuse: Refuse
  /** Of an increment: the span then goes on to the field's last value. */
  readonly isOpen: boolean
}

function parseSpan(span: string, { field, refuse, isOpen }: SpanContext): readonly [from: number, to: number] {
  // `/8` is `0/8` for hours (AWS's own example) and so, for the others, from their first value.
  if (span === '*' || span === '') return [field.first, field.last]
  const [start = '', end, ...more] = span.split('-')
  if (more.length > 0) throw refuse(unreadable(span, field))
  const from = parseCronValue(start, field, refuse)
  if (end === undefined) return [from, isOpen ? field.last : from]
  const to = parseCronValue(end, field, refuse)
  if (from <= to) return [from, to]
  if (field.names === undefined)
    throw refuse(
      `the range ${span} of ${field.label} runs backwards: write ${start}-${field.last},${field.first}-${end}`,
    )
  return [from, to + sizeOf(field)]
}

function parseIncrement(text: string, field: CronField, refuse: Refuse): number {
  const step = wholeNumber(text)
  if (step === undefined || step < 1 || step > field.last)
    throw refuse(`the increment /${text} of ${field.label} is not a whole number from 1 to ${field.last}`)
  return step
}

const countUp = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)

const withinField = (value: number, field: CronField): number => (value > field.last ? value - sizeOf(field) : value)
const sizeOf = (field: CronField): number => field.last - field.first + 1

const wholeNumber = (text: string): number | undefined => (/^\d{1,3}$/.test(text) ? Number(text) : undefined)

const unreadable = (text: string, field: CronField): string =>
  `${text === '' ? 'an empty place' : text} is no value for ${field.label}: expected ${expectedValues(field)}`

function expectedValues(field: CronField): string {
  const numbers = `${field.first} to ${field.last}`
  const names = field.names?.join(', ')
  return names === undefined ? numbers : `${numbers}, or ${names}`
}
