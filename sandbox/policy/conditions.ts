/**
 * Conditions of policy statements. Operators and keys that are not known here are errors: a policy that cannot be judged must not look as if it had been.
 * @module
 */
import { BlockList, isIP } from 'node:net'
import { objectOf, oneOrMany, SandboxProblem } from '../json.ts'
import { matchesArn, matchesPattern } from './wildcards.ts'

/** What is known of a request, by condition key in lower case; a list for keys of many values. */
export type ConditionContext = ReadonlyMap<string, string | readonly string[]>

export function contextOf(entries: Readonly<Record<string, string | readonly string[] | undefined>>): ConditionContext {
  const context = new Map<string, string | readonly string[]>()
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) context.set(key.toLowerCase(), value)
  return context
}

export interface Condition {
  readonly operator: string
  readonly quantifier: 'all' | 'any' | undefined
  readonly ifExists: boolean
  readonly key: string
  readonly values: readonly string[]
}

type Test = (given: string, wanted: string) => boolean

const equals: Test = (given, wanted) => given === wanted
const equalsIgnoringCase: Test = (given, wanted) => given.toLowerCase() === wanted.toLowerCase()
const like: Test = (given, wanted) => matchesPattern(wanted, given)
const arn: Test = (given, wanted) => matchesArn(wanted, given)
const numeric =
  (test: (given: number, wanted: number) => boolean): Test =>
  (given, wanted) =>
    test(Number(given), Number(wanted))

/** `negated`: holds when no wanted value passes, and when the key is absent. */
const OPERATORS: Readonly<Record<string, { readonly test: Test; readonly negated?: true }>> = {
  StringEquals: { test: equals },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { test: equalsIgnoringCase, negated: true },
  StringLike: { test: like },
  StringNotLike: { test: like, negated: true },
  ArnEquals: { test: arn },
  ArnLike: { test: arn },
  ArnNotEquals: { test: arn, negated: true },
  ArnNotLike: { test: arn, negated: true },
  Bool: { test: equalsIgnoringCase },
  NumericEquals: { test: numeric((a, b) => a === b) },
  NumericNotEquals: { test: numeric((a, b) => a === b), negated: true },
  NumericLessThan: { test: numeric((a, b) => a < b) },
  NumericLessThanEquals: { test: numeric((a, b) => a <= b) },
  NumericGreaterThan: { test: numeric((a, b) => a > b) },
  NumericGreaterThanEquals: { test: numeric((a, b) => a >= b) },
  IpAddress: { test: inRange },
  NotIpAddress: { test: inRange, negated: true },
  Null: { test: equals },
}

/**
 * Keys that the sandbox fills in where they apply, or that are rightly absent from its requests (no VPC endpoint, no MFA, no service in between).
 * A key that is not here could be absent only because nobody thought of it.
 */
const KNOWN_KEYS = [
  /^aws:(principalarn|principalaccount|principaltype|principalisawsservice|userid|username|requestedregion|securetransport)$/,
  /^aws:(sourcearn|sourceaccount|sourceip|sourcevpc|sourcevpce|vpcsourceip|viaawsservice|calledvia|calledviafirst|calledvialast)$/,
  /^aws:(multifactorauthpresent|multifactorauthage|principalorgid|tagkeys|principalservicename)$/,
  /^aws:(resourcetag|requesttag|principaltag)\/.+$/,
  /^dynamodb:(leadingkeys)$/,
  /^kms:encryptioncontext:.+$/,
  /^kms:(encryptioncontextkeys|calleraccount|viaservice|multiregion|multiregionkeytype|keyspec|keyusage|keyorigin)$/,
  /^kms:(schedulekeydeletionpendingwindowindays|bypasspolicylockoutsafetycheck|grantisforawsresource)$/,
  /^iam:awsservicename$/,
]

/** @throws {SandboxProblem} for an operator or a key that is not known here */
export function parseConditions(block: unknown, place: string): readonly Condition[] {
  if (block === undefined) return []
  return Object.entries(objectOf(block, place)).flatMap(([written, keys]) => {
    const [, quantifier, name = '', ifExists] =
      /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(written) ?? []
    if (!Object.hasOwn(OPERATORS, name))
      throw new SandboxProblem(`${place}: the sandbox does not know the condition operator ${written}`)
    return Object.entries(objectOf(keys, place)).map(([key, values]): Condition => {
      if (!KNOWN_KEYS.some((known) => known.test(key.toLowerCase())))
        throw new SandboxProblem(`${place}: the sandbox does not know the condition key ${key}`)
      return {
        operator: name,
        quantifier: quantifier === 'ForAllValues' ? 'all' : quantifier === 'ForAnyValue' ? 'any' : undefined,
        ifExists: ifExists !== undefined,
        key: key.toLowerCase(),
        values: oneOrMany(values).map(String),
      }
    })
  })
}

/** All of them must hold. */
export const conditionsHold = (conditions: readonly Condition[], context: ConditionContext): boolean =>
  conditions.every((condition) => holds(condition, context))

function holds({ operator, quantifier, ifExists, key, values }: Condition, context: ConditionContext): boolean {
  const found = context.get(key)
  const given = found === undefined ? [] : typeof found === 'string' ? [found] : found
  if (operator === 'Null') return values.some((wanted) => (wanted === 'true') === (given.length === 0))
  const { test, negated = false } = OPERATORS[operator] ?? { test: () => false }
  const passes = (one: string): boolean =>
    values.some((wanted) => {
      const filled = withVariables(wanted, context)
      return filled !== undefined && test(one, filled)
    }) !== negated
  // IAM user guide: "ForAllValues" is true of a request without the key, "ForAnyValue" is false of it.
  if (quantifier === 'all') return given.every(passes)
  if (quantifier === 'any') return given.some(passes)
  if (given.length === 0) return ifExists || negated
  return given.some(passes)
}

/** `${aws:PrincipalAccount}` and the like; `${*}`, `${?}` and `${$}` stand for the character. Undefined when the request has no such value. */
function withVariables(text: string, context: ConditionContext): string | undefined {
  if (!text.includes('${')) return text
  const unknown: string[] = []
  const filled = text.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name
    const value = context.get(name.toLowerCase())
    if (typeof value !== 'string') unknown.push(name)
    return typeof value === 'string' ? value : ''
  })
  return unknown.length === 0 ? filled : undefined
}

function inRange(address: string, range: string): boolean {
  const [network = '', bits] = range.split('/')
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  return isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
