/**
 * Policies with one thing changed. Each change either can only narrow what the policies allow, or makes nonsense of them: none of them may let anybody in who was kept out before.
 * Changes that widen by their meaning (a Deny taken out, the boundary taken away) are none of these.
 * @module
 */
type Json = Record<string, unknown>

export interface PolicyMutation {
  readonly name: string
  /** `nonsense`: what comes of it is no policy, and denies everything. */
  readonly kind: 'narrower' | 'nonsense'
  /** @param pick one of so many @returns undefined where there is nothing to change */
  readonly change: (text: string, pick: (count: number) => number) => string | undefined
}

const onStatement =
  (
    effect: 'Allow' | 'Deny' | 'any',
    change: (statement: Json, pick: (count: number) => number) => Json | undefined,
  ): PolicyMutation['change'] =>
  (text, pick) => {
    const document = JSON.parse(text) as { Statement: Json[] }
    const candidates = document.Statement.flatMap(({ Effect }, index) =>
      effect === 'any' || Effect === effect ? [index] : [],
    )
    if (candidates.length === 0) return undefined
    const at = candidates[pick(candidates.length)]!
    const changed = change(document.Statement[at]!, pick)
    if (changed === undefined) return undefined
    return JSON.stringify({ ...document, Statement: document.Statement.with(at, changed) })
  }

/** A character that no action, ARN, tag or name of the requests has: what needs it matches none of them. */
const NOWHERE = '#'

/** A literal character of one value replaced. */
function spoiltTexts(value: unknown, pick: (count: number) => number): unknown {
  if (typeof value === 'string') {
    const places = [...value].flatMap((character, at) => (/[a-z0-9]/i.test(character) ? [at] : []))
    if (places.length === 0) return undefined
    const at = places[pick(places.length)]!
    return value.slice(0, at) + NOWHERE + value.slice(at + 1)
  }
  if (!Array.isArray(value)) return undefined
  const at = pick(value.length)
  const spoilt = spoiltTexts(value[at], pick)
  return spoilt === undefined ? undefined : (value as unknown[]).with(at, spoilt)
}

const spoil =
  (...elements: readonly string[]) =>
  (statement: Json, pick: (count: number) => number): Json | undefined => {
    const present = elements.filter((name) => name in statement)
    const name = present[pick(Math.max(1, present.length))]
    const spoilt = name === undefined ? undefined : spoiltTexts(statement[name], pick)
    return name === undefined || spoilt === undefined ? undefined : { ...statement, [name]: spoilt }
  }

interface Condition {
  readonly operator: string
  readonly key: string
  readonly value: unknown
}

const onCondition =
  (change: (condition: Condition, pick: (count: number) => number) => Condition | undefined) =>
  (statement: Json, pick: (count: number) => number): Json | undefined => {
    const { Condition: conditions } = statement as { Condition?: Record<string, Json> }
    const [[operator, keys] = []] = Object.entries(conditions ?? {})
    const [[key, value] = []] = Object.entries(keys ?? {})
    if (operator === undefined || key === undefined) return undefined
    const changed = change({ operator, key, value }, pick)
    return changed && { ...statement, Condition: { [changed.operator]: { [changed.key]: changed.value } } }
  }

const isNegated = (operator: string): boolean => operator.includes('Not')
const isNull = (operator: string): boolean => operator === 'Null' || operator === 'Bool'

const spoiltCondition = (isWanted: (operator: string) => boolean) =>
  onCondition((condition, pick) => {
    if (!isWanted(condition.operator) || isNull(condition.operator)) return undefined
    const value = spoiltTexts(condition.value, pick)
    return value === undefined ? undefined : { ...condition, value }
  })

const renamed =
  (from: string, to: string) =>
  (statement: Json): Json | undefined => {
    if (!(from in statement)) return undefined
    const { [from]: value, ...rest } = statement
    return { ...rest, [to]: value }
  }

const narrower = (name: string, change: PolicyMutation['change']): PolicyMutation => ({
  name,
  kind: 'narrower',
  change,
})
const nonsense = (name: string, change: PolicyMutation['change']): PolicyMutation => ({
  name,
  kind: 'nonsense',
  change,
})

const withoutAllow: PolicyMutation['change'] = (text, pick) => {
  const document = JSON.parse(text) as { Statement: Json[] }
  const allows = document.Statement.flatMap(({ Effect }, index) => (Effect === 'Allow' ? [index] : []))
  if (allows.length === 0) return undefined
  const gone = allows[pick(allows.length)]
  // One without statements is no policy.
  return JSON.stringify({ ...document, Statement: document.Statement.filter((_, index) => index !== gone) })
}

const ELEMENTS = ['Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'NotPrincipal', 'Condition']

export const policyMutations: readonly PolicyMutation[] = [
  narrower('an Allow taken out', withoutAllow),
  narrower(
    'an Allow made a Deny',
    onStatement('Allow', (statement) => ({ ...statement, Effect: 'Deny' })),
  ),
  narrower('a character of what is allowed', onStatement('Allow', spoil('Action', 'Resource'))),
  narrower(
    'a character of who is allowed',
    onStatement('Allow', (statement, pick) => {
      const { Principal: named } = statement as { Principal?: { AWS?: unknown } }
      const spoilt = typeof named === 'object' ? spoiltTexts(named.AWS, pick) : undefined
      return spoilt === undefined ? undefined : { ...statement, Principal: { AWS: spoilt } }
    }),
  ),
  narrower('a character of what a Deny leaves out', onStatement('Deny', spoil('NotAction', 'NotResource'))),
  narrower(
    'a character of a value that an Allow asks for',
    onStatement(
      'Allow',
      spoiltCondition((name) => !isNegated(name)),
    ),
  ),
  narrower('a character of a value that a Deny spares', onStatement('Deny', spoiltCondition(isNegated))),
  narrower(
    'a condition more on an Allow',
    onStatement('Allow', (statement) =>
      'Condition' in statement
        ? undefined
        : { ...statement, Condition: { StringEquals: { 'aws:username': 'nobody-at-all' } } },
    ),
  ),
  narrower('a Deny more', (text) => {
    const document = JSON.parse(text) as { Statement: Json[] }
    const isIdentity = !document.Statement.some((one) => 'Principal' in one || 'NotPrincipal' in one)
    const more = { Effect: 'Deny', Action: '*', Resource: '*', ...(!isIdentity && { Principal: '*' }) }
    return JSON.stringify({ ...document, Statement: [...document.Statement, more] })
  }),
  narrower(
    'an operator that is none',
    onStatement(
      'any',
      onCondition((condition, pick) => {
        const { operator } = condition
        const others = [
          `${operator}s`,
          operator.slice(1),
          `${operator}IfExist`,
          `ForSomeValues:${operator}`,
          `x${operator}`,
        ]
        return { ...condition, operator: others[pick(others.length)]! }
      }),
    ),
  ),
  narrower(
    'a key that is none',
    onStatement(
      'any',
      onCondition((condition, pick) => {
        const { operator, key } = condition
        if (isNull(operator)) return undefined
        const others = [`aws:NeverHeardOf`, `secretsmanager:NeverHeardOf`, `nobody:${key.replace(':', '')}`]
        return { ...condition, key: others[pick(others.length)]! }
      }),
    ),
  ),
  nonsense('cut off', (text, pick) => text.slice(0, pick(text.length))),
  nonsense('a stray character', (text, pick) => {
    const places = [...text].flatMap((character, at) =>
      '{}[],:'.includes(character) && !isInText(text, at) ? [at] : [],
    )
    const at = places[pick(places.length)]!
    return `${text.slice(0, at)}${NOWHERE}${text.slice(at)}`
  }),
  nonsense(
    'an Effect that is none',
    onStatement('any', (statement, pick) => ({
      ...statement,
      Effect: ['allow', 'deny', 'Permit', 'Allow ', '', true, null, ['Allow']][pick(8)],
    })),
  ),
  nonsense(
    'an element misspelled',
    onStatement('any', (statement, pick) => {
      const present = ELEMENTS.filter((name) => name in statement)
      const name = present[pick(present.length)]!
      const others = [`${name}s`, name.slice(1), name.toLowerCase(), ` ${name}`]
      return renamed(name, others[pick(others.length)]!)(statement)
    }),
  ),
  nonsense(
    'an element left out',
    onStatement('any', (statement, pick) => {
      const present = ELEMENTS.slice(0, 7).filter((name) => name in statement)
      const { [present[pick(present.length)]!]: _left, ...rest } = statement
      return rest
    }),
  ),
  nonsense('an element twice', (text, pick) => {
    const names = ['Statement', 'Version', ...ELEMENTS].filter((name) => text.includes(`"${name}":`))
    const name = names[pick(names.length)]!
    const other = { Effect: '"Allow"', Version: '"2012-10-17"', Statement: '[]' }[name] ?? '"*"'
    return text.replace(`"${name}":`, `"${name}":${other},"${name}":`)
  }),
  nonsense('a Version that is none', (text) => text.replace('2012-10-17', '2012-10-18')),
  nonsense('no statement', (text) => JSON.stringify({ ...(JSON.parse(text) as Json), Statement: [] })),
  nonsense(
    'another kind of value',
    (text, pick) => ['null', '[]', '""', 'true', `[${text}]`, JSON.stringify(text)][pick(6)],
  ),
]

function isInText(text: string, at: number): boolean {
  return (text.slice(0, at).match(/"/g) ?? []).length % 2 === 1
}
