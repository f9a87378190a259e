/**
 * Whether a policy grants to the public (behaviour 7.2). Sound: a narrow policy may be called broad, a broad one is never called narrow.
 *
 * An Allow that names everybody, or everybody but some, is broad unless one of its conditions restricts it to fixed values of a key that an arbitrary caller cannot choose.
 * @module
 */
import type { ConditionTest } from './condition.ts'
import { parseIpRange, isInRange, type IpRange } from './ip-address.ts'
import type { Policy, Statement } from './policy.ts'
import type { NamedPrincipal } from './principal-element.ts'

export const grantsBroadAccess = (policy: Policy): boolean => broadStatements(policy).length > 0

/** Numbers of the statements that grant it. */
export const broadStatements = ({ statements }: Policy): readonly number[] =>
  statements.filter(isBroad).map(({ number }) => number)

function isBroad({ effect, principal, conditions }: Statement): boolean {
  if (effect === 'Deny' || principal === undefined) return false
  // Nobody knows who those are that are not listed, and no condition is taken as saying so.
  if (principal.isNot) return true
  return principal.named.some(isAnybody) && !conditions.some(restricts)
}

const isAnybody = (named: NamedPrincipal): boolean =>
  named.type === 'everyone' || ('name' in named && named.name.includes('*'))

/** Of the Secrets Manager user guide and of S3's definition of "public". */
const RESTRICTING_KEYS: ReadonlySet<string> = new Set([
  'aws:sourcearn',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceaccount',
  'aws:sourceowner',
  'aws:principalorgid',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:userid',
])
const RESTRICTING_OPERATORS: ReadonlySet<string> = new Set([
  'StringEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'ArnEquals',
  'ArnLike',
])

function restricts({ key, values, meaning }: ConditionTest): boolean {
  // Without the key these hold (IfExists, ForAllValues, negated ones), or may hold for one value among many that the caller chose (ForAnyValue).
  if (meaning === undefined || meaning.ifExists || meaning.isNegated || meaning.quantifier !== undefined) return false
  if (values.length === 0) return false
  const name = key.toLowerCase()
  if (name === 'aws:sourceip') return meaning.name === 'IpAddress' && areNarrow(values)
  return RESTRICTING_KEYS.has(name) && RESTRICTING_OPERATORS.has(meaning.name) && values.every(isFixed)
}

/** Neither wildcard nor policy variable, in whatever Version. */
const isFixed = (value: string): boolean => value !== '' && !/[*?]|\$\{/.test(value)

/** Nobody outside has an address of these (RFC 1918, RFC 4193). */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'].flatMap(
  (text) => parseIpRange(text) ?? [],
)
/** S3: "values broader than /8 for IPv4 and /32 for IPv6 (excluding RFC 1918 private ranges)" are public. Here all ranges together may be no broader: many narrow ones make a broad one. */
const BROADEST = { 4: 8, 6: 32 } as const

function areNarrow(values: readonly string[]): boolean {
  const ranges = values.map(parseIpRange)
  if (!ranges.every((range) => range !== undefined)) return false
  const outside = ranges.filter((range) => !PRIVATE_RANGES.some((isPrivate) => isInRange(range, isPrivate)))
  return ([4, 6] as const).every((family) => shareOf(outside, family) <= 2 ** -BROADEST[family])
}

const shareOf = (ranges: readonly IpRange[], family: 4 | 6): number =>
  ranges.filter((range) => range.family === family).reduce((sum, { prefix }) => sum + 2 ** -prefix, 0)
