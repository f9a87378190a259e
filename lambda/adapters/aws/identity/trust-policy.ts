/**
 * Whether sessions of a role may carry tags of their own, by the role's trust policy. Only an answer that is certain is a no: a pattern that might mean sts:TagSession does.
 * @module
 */

/** @param text undefined: it could not be read */
export function mayTagSessions(text: string | undefined): boolean {
  const statements = text === undefined ? undefined : statementsIn(text)
  return statements === undefined || statements.some(mayAllowTags)
}

const TAG_SESSION = 'sts:tagsession'

function statementsIn(text: string): readonly unknown[] | undefined {
  try {
    const policy: unknown = JSON.parse(text)
    if (!isObject(policy)) return undefined
    return listOf(policy.Statement)
  } catch {
    return undefined
  }
}

function mayAllowTags(statement: unknown): boolean {
  if (!isObject(statement)) return true
  const { Effect: effect, Action: action } = statement
  if (effect === 'Deny') return false
  // NotAction leaves most actions in.
  if (action === undefined || 'NotAction' in statement) return true
  return listOf(action).some((each) => typeof each !== 'string' || mayMean(each))
}

/** What stands before the first wildcard decides. */
function mayMean(pattern: string): boolean {
  const [literal = ''] = pattern.toLowerCase().split(/[*?$]/, 1)
  return literal.length < pattern.length ? TAG_SESSION.startsWith(literal) : literal === TAG_SESSION
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
