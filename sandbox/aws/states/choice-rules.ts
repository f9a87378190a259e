/**
 * The rules of Choice states ("Choice workflow state", Step Functions developer guide).
 * @module
 */
import { isObject, listOf, objectOf, SandboxProblem, textOf, type JsonObject } from '../../json.ts'
import { lookUp, parsePath, PathProblem, type Scope } from './json-path.ts'

export type Condition = (scope: Scope) => boolean

type Comparison = (value: unknown, expected: unknown) => boolean

const numbers =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (value, expected) =>
    typeof value === 'number' && typeof expected === 'number' && compare(value, expected)

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  StringEquals: (value, expected) => typeof value === 'string' && value === expected,
  StringMatches: (value, expected) => typeof value === 'string' && globOf(String(expected)).test(value),
  BooleanEquals: (value, expected) => typeof value === 'boolean' && value === expected,
  NumericEquals: numbers((a, b) => a === b),
  NumericLessThan: numbers((a, b) => a < b),
  NumericLessThanEquals: numbers((a, b) => a <= b),
  NumericGreaterThan: numbers((a, b) => a > b),
  NumericGreaterThanEquals: numbers((a, b) => a >= b),
  IsPresent: (value, expected) => (value !== undefined) === expected,
  IsNull: (value, expected) => (value === null) === expected,
  IsString: (value, expected) => (typeof value === 'string') === expected,
  IsNumeric: (value, expected) => (typeof value === 'number') === expected,
  IsBoolean: (value, expected) => (typeof value === 'boolean') === expected,
}

/** @param rule of which `Next` and `Comment` were taken away @throws {SandboxProblem} */
export function readCondition(rule: JsonObject, place: string): Condition {
  const { Variable: variable, ...rest } = rule
  const [name = '', ...others] = Object.keys(rest)
  if (others.length > 0 || name === '') throw new SandboxProblem(`${place}: a rule has one comparison`)
  if (variable === undefined) return readCompound(name, rest[name], place)
  const compare = Object.hasOwn(COMPARISONS, name) ? COMPARISONS[name] : undefined
  if (compare === undefined) throw new SandboxProblem(`${place}: the sandbox does not know the comparison ${name}`)
  const path = textOf(variable, `${place}.Variable`)
  parsePath(path, `${place}.Variable`)
  const expected = rest[name]
  return (scope) => {
    const value = lookUp(path, scope)
    if (value === undefined && name !== 'IsPresent')
      throw new PathProblem(`Invalid path '${path}': the choice state's condition path references an invalid value`)
    return compare(value, expected)
  }
}

function readCompound(name: string, given: unknown, place: string): Condition {
  const read = (each: unknown): Condition => readCondition(objectOf(each, `${place}.${name}`), `${place}.${name}`)
  switch (name) {
    case 'Not': {
      const negated = read(given)
      return (scope) => !negated(scope)
    }
    case 'And': {
      const all = listOf(given, place).map(read)
      return (scope) => all.every((each) => each(scope))
    }
    case 'Or': {
      const any = listOf(given, place).map(read)
      return (scope) => any.some((each) => each(scope))
    }
    default:
      throw new SandboxProblem(
        `${place}: the sandbox does not know the rule ${name}${isObject(given) ? '' : ' without a Variable'}`,
      )
  }
}

/** `*` is any text, and a backslash takes that meaning away. */
function globOf(pattern: string): RegExp {
  const parts = pattern.match(/\\.|\*|[^\\*]+/g) ?? []
  const source = parts.map((part) =>
    part === '*' ? '.*' : part.replace(/^\\/, '').replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'),
  )
  return new RegExp(`^${source.join('')}$`, 's')
}
