/**
 * The condition operators of the IAM reference, with their prefixes and suffixes.
 * @module
 */
import {
  arnLike,
  binaryEquals,
  bool,
  date,
  ipAddress,
  numeric,
  stringEquals,
  stringEqualsIgnoreCase,
  stringLike,
  type Compiler,
} from './comparisons.ts'

export interface Operator {
  /** Without prefix and suffix. */
  readonly name: string
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined
  readonly ifExists: boolean
  readonly isNegated: boolean
  /** Asks whether the key is absent. */
  readonly isNull: boolean
  readonly compile: Compiler
}

interface Row {
  readonly compile: Compiler
  readonly isNegated?: true
}

const isEqual = (order: number): boolean => order === 0
const isLess = (order: number): boolean => order < 0
const isAtMost = (order: number): boolean => order <= 0
const isMore = (order: number): boolean => order > 0
const isAtLeast = (order: number): boolean => order >= 0

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['StringEquals', { compile: stringEquals }],
  ['StringNotEquals', { compile: stringEquals, isNegated: true }],
  ['StringEqualsIgnoreCase', { compile: stringEqualsIgnoreCase }],
  ['StringNotEqualsIgnoreCase', { compile: stringEqualsIgnoreCase, isNegated: true }],
  ['StringLike', { compile: stringLike }],
  ['StringNotLike', { compile: stringLike, isNegated: true }],
  ['NumericEquals', { compile: numeric(isEqual) }],
  ['NumericNotEquals', { compile: numeric(isEqual), isNegated: true }],
  ['NumericLessThan', { compile: numeric(isLess) }],
  ['NumericLessThanEquals', { compile: numeric(isAtMost) }],
  ['NumericGreaterThan', { compile: numeric(isMore) }],
  ['NumericGreaterThanEquals', { compile: numeric(isAtLeast) }],
  ['DateEquals', { compile: date(isEqual) }],
  ['DateNotEquals', { compile: date(isEqual), isNegated: true }],
  ['DateLessThan', { compile: date(isLess) }],
  ['DateLessThanEquals', { compile: date(isAtMost) }],
  ['DateGreaterThan', { compile: date(isMore) }],
  ['DateGreaterThanEquals', { compile: date(isAtLeast) }],
  ['Bool', { compile: bool }],
  ['BinaryEquals', { compile: binaryEquals }],
  ['IpAddress', { compile: ipAddress }],
  ['NotIpAddress', { compile: ipAddress, isNegated: true }],
  // Those of ARNs are alike (IAM user guide).
  ['ArnEquals', { compile: arnLike }],
  ['ArnLike', { compile: arnLike }],
  ['ArnNotEquals', { compile: arnLike, isNegated: true }],
  ['ArnNotLike', { compile: arnLike, isNegated: true }],
])

const WRITTEN = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/

/** Undefined: there is no such operator. */
export function operatorNamed(written: string): Operator | undefined {
  if (written === 'Null')
    return { name: 'Null', quantifier: undefined, ifExists: false, isNegated: false, isNull: true, compile: bool }
  const [, quantifier, name = '', suffix] = WRITTEN.exec(written) ?? []
  const row = rows.get(name)
  if (row === undefined) return undefined
  return {
    name,
    quantifier: quantifier === 'ForAllValues' || quantifier === 'ForAnyValue' ? quantifier : undefined,
    ifExists: suffix !== undefined,
    isNegated: row.isNegated ?? false,
    isNull: false,
    compile: row.compile,
  }
}
