/**
 * How condition operators compare one value of a request with one of a policy (IAM user guide, "IAM JSON policy elements: Condition operators").
 * @module
 */
import type { ConditionContext } from '../condition-context.ts'
import { arnMatcher } from './arn-pattern.ts'
import { isInRange, parseIpRange, type IpRange } from './ip-address.ts'
import { parseText, textMatcher } from './text-pattern.ts'
import type { Truth } from './truth.ts'

export interface Comparison {
  /** Unknown where the request's value is not of the operator's type: nobody can tell then what AWS would say. */
  matches(value: string, context: ConditionContext): Truth
}

export interface WrittenIn {
  /** Whether the policy's Version has variables. */
  readonly variables: boolean
  /** The outcome where a variable has no value: under a negated operator it must not pass for a difference. */
  readonly unresolved: Truth
}

/** Undefined: the policy's value is not of the operator's type. */
export type Compiler = (written: string, policy: WrittenIn) => Comparison | undefined

export const stringEquals: Compiler = (written, { variables, unresolved }) => {
  const tokens = parseText(written, { wildcards: false, variables })
  return tokens && textMatcher(tokens, unresolved)
}

export const stringEqualsIgnoreCase: Compiler = (written, policy) => {
  const tokens = parseText(written, { wildcards: false, variables: policy.variables })
  if (tokens === undefined) return undefined
  if (tokens.every((token) => typeof token === 'string')) {
    const folded = tokens.join('').toLowerCase()
    return { matches: (value) => value.toLowerCase() === folded }
  }
  const lower = tokens.map((token) => (typeof token === 'string' ? token.toLowerCase() : token))
  const matcher = textMatcher(lower, policy.unresolved)
  return { matches: (value, context) => matcher.matches(value.toLowerCase(), inLowerCase(context)) }
}

/** Values of variables are compared without regard to case too. */
const inLowerCase = (context: ConditionContext): ConditionContext => ({
  valueOf(key) {
    const value = context.valueOf(key)
    return typeof value === 'string' ? value.toLowerCase() : value
  },
})

export const stringLike: Compiler = (written, { variables, unresolved }) => {
  const tokens = parseText(written, { wildcards: true, variables })
  return tokens && textMatcher(tokens, unresolved)
}

export const arnLike: Compiler = (written, { variables, unresolved }) => {
  const tokens = parseText(written, { wildcards: true, variables })
  return tokens && arnMatcher(tokens, unresolved)
}

/** @param holds of the order of the request's value to the policy's: negative, zero or positive */
export const numeric = (holds: (order: number) => boolean): Compiler => ordered(parseNumber, holds)
export const date = (holds: (order: number) => boolean): Compiler => ordered(parseDate, holds)

function ordered(parse: (text: string) => number | undefined, holds: (order: number) => boolean): Compiler {
  return (written) => {
    const limit = parse(written)
    if (limit === undefined) return undefined
    return {
      matches(text) {
        const value = parse(text)
        return value === undefined ? 'unknown' : holds(value - limit)
      },
    }
  }
}

/** Numbers that a double holds exactly enough to tell them apart. */
function parseNumber(text: string): number | undefined {
  if (!/^[+-]?\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,3})?$/i.test(text)) return undefined
  const number = Number(text)
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : undefined
}

/** The forms of ISO 8601 that W3C's note on date and time formats lists; without a zone: UTC. */
const ISO_DATE = /^(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?)?$/i
/** Seconds since 1970. A year alone is none. */
const EPOCH = /^\d{5,12}(?:\.\d{1,9})?$/

/** Milliseconds. */
function parseDate(text: string): number | undefined {
  if (EPOCH.test(text)) return Number(text) * 1000
  const found = ISO_DATE.exec(text)
  if (found === null) return undefined
  const [, year = '', month = '', day = '01', hours = '00', minutes = '00', seconds = '00', fraction = '', zone = 'Z'] =
    found
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const isOnCalendar = new Date(midnight).getUTCDate() === Number(day) && Number(month) >= 1 && Number(month) <= 12
  if (!isOnCalendar || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 60) return undefined
  const offset = offsetMinutes(zone)
  const time = (Number(hours) * 60 + Number(minutes) - offset) * 60 + Number(seconds) + Number(`0${fraction}`)
  return midnight + time * 1000
}

function offsetMinutes(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}

export const bool: Compiler = (written, { variables, unresolved }) => {
  const fixed = parseBool(written)
  const tokens = parseText(fixed === undefined ? written : String(fixed), { wildcards: false, variables })
  const isVariableAlone = tokens?.length === 1 && typeof tokens[0] === 'object'
  if (tokens === undefined || (fixed === undefined && !isVariableAlone)) return undefined
  const matcher = textMatcher(tokens, unresolved)
  return {
    matches(text, context) {
      const value = parseBool(text)
      return value === undefined ? 'unknown' : matcher.matches(String(value), inLowerCase(context))
    },
  }
}

function parseBool(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

/** Both are base64 text of the bytes. */
export const binaryEquals: Compiler = (written) => {
  const bytes = canonicalBase64(written)
  if (bytes === undefined) return undefined
  return {
    matches(value) {
      const given = canonicalBase64(value)
      return given === undefined ? 'unknown' : given === bytes
    },
  }
}

/** Without padding. */
function canonicalBase64(text: string): string | undefined {
  const digits = text.replace(/={1,2}$/, '')
  return /^[A-Za-z0-9+/]*$/.test(digits) && digits.length % 4 !== 1 ? digits : undefined
}

export const ipAddress: Compiler = (written) => {
  const range = parseIpRange(written)
  return (
    range && {
      matches(value) {
        const address = addressOf(value)
        return address === undefined ? 'unknown' : isInRange(address, range)
      },
    }
  )
}

/** The statements of a policy ask about the same address one after another. */
let last: { readonly text: string; readonly address: IpRange | undefined } = { text: '', address: undefined }

function addressOf(text: string): IpRange | undefined {
  if (text !== last.text) last = { text, address: parseIpRange(text) }
  return last.address
}
