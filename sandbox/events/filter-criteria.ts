/**
 * Filter patterns of event source mappings ("Filter rule syntax", Lambda developer guide). A rule that is not known is refused when the sandbox starts.
 * @module
 */
import { isObject, listOf, objectOf, oneOrMany, parseJson, SandboxProblem, textOf, type JsonObject } from '../json.ts'

export type Filter = (record: JsonObject) => boolean

/** True when any of the patterns matches; always, when there is none. */
export function readFilterCriteria(criteria: unknown, place: string): Filter {
  if (criteria === undefined) return () => true
  const patterns = oneOrMany(objectOf(criteria, place).Filters).map((filter) => {
    const pattern = objectOf(parseJson(textOf(objectOf(filter, place).Pattern, place)), `${place} pattern`)
    check(pattern, place)
    return pattern
  })
  return (record) => patterns.some((pattern) => matches(pattern, record))
}

type Rule = (rule: JsonObject, value: unknown) => boolean

const RULES: Readonly<Record<string, Rule>> = {
  prefix: ({ prefix }, value) => typeof value === 'string' && value.startsWith(String(prefix)),
  suffix: ({ suffix }, value) => typeof value === 'string' && value.endsWith(String(suffix)),
  'equals-ignore-case': (rule, value) =>
    typeof value === 'string' && value.toLowerCase() === String(rule['equals-ignore-case']).toLowerCase(),
  exists: ({ exists }, value) => (value !== undefined) === exists,
  'anything-but': (rule, value) => value !== undefined && !oneOrMany(rule['anything-but']).includes(value),
}

function check(pattern: JsonObject, place: string): void {
  for (const [key, value] of Object.entries(pattern)) {
    if (isObject(value)) check(value, place)
    else
      for (const rule of listOf(value, `${place}.${key}`)) {
        const [name = '', ...others] = isObject(rule) ? Object.keys(rule) : ['prefix']
        if (others.length > 0 || !Object.hasOwn(RULES, name))
          throw new SandboxProblem(`${place}: the sandbox does not know the filter rule ${name}`)
      }
  }
}

function matches(pattern: JsonObject, record: unknown): boolean {
  const fields = isObject(record) ? record : {}
  return Object.entries(pattern).every(([key, expected]) => {
    const value = fields[key]
    if (isObject(expected)) return matches(expected, value)
    return oneOrMany(expected).some((rule) => {
      if (!isObject(rule)) return rule === value
      const [name = ''] = Object.keys(rule)
      return RULES[name]?.(rule, value) ?? false
    })
  })
}
