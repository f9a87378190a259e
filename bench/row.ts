/**
 * A line of the result: what was asked for, what came out, and whether that is enough.
 * @module
 */

export interface Row {
  readonly operation: string
  /** What was measured, such as "rate by the bare server's, 16 connections". */
  readonly figure: string
  readonly value: string
  readonly target: string
  /** Undefined: it could not be measured here. */
  readonly isMet: boolean | undefined
}

export const atLeast = (operation: string, figure: string, value: number, target: number, unit: Unit): Row => ({
  operation,
  figure,
  value: show(value, unit),
  target: `>= ${show(target, unit)}`,
  isMet: value >= target,
})

export const below = (operation: string, figure: string, value: number, target: number, unit: Unit): Row => ({
  operation,
  figure,
  value: show(value, unit),
  target: `< ${show(target, unit)}`,
  isMet: value < target,
})

export const notMeasured = (operation: string, figure: string, why: string): Row => ({
  operation,
  figure,
  value: why,
  target: '',
  isMet: undefined,
})

export type Unit = 'x' | '%' | 'ms' | 'us' | 's' | 'KB' | 'MB'

function show(value: number, unit: Unit): string {
  switch (unit) {
    case 'x':
      return `${value.toFixed(value < 10 ? 2 : 1)}x`
    case '%':
      return `${(100 * value).toFixed(1)} %`
    case 'ms':
      return `${Math.round(value)} ms`
    case 'us':
      return `${Math.round(1000 * value)} us`
    case 's':
      return `${(value / 1000).toFixed(1)} s`
    case 'KB':
      return `${(value / 1024).toFixed(0)} KB`
    case 'MB':
      return `${Math.round(value / 1e6)} MB`
  }
}
