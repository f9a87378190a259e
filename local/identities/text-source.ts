/**
 * A file that is YAML or JSON, as plain values. JSON is YAML as well, and reading it as what it is takes a tenth of the time; where something is wrong in it, YAML tells the place.
 * @module
 */
import { parseJson, type Json } from '../../lambda/auth/policy/json.ts'
import { PolicyProblem } from '../../lambda/auth/policy/policy.ts'
import { readYaml, type YamlSource } from './yaml-source.ts'

/** @throws {SourceProblem} */
export function readSource(text: string): YamlSource {
  if (!/^\s*\{/.test(text)) return readYaml(text)
  let value: unknown
  try {
    value = plain(parseJson(text))
  } catch (error) {
    // It may be YAML in braces; if not, it is refused there.
    if (error instanceof PolicyProblem) return readYaml(text)
    throw error
  }
  let places: YamlSource | undefined
  return { value, positionOf: (path, part) => (places ??= readYaml(text)).positionOf(path, part) }
}

/** Scalars are texts, as in YAML here. @throws {PolicyProblem} for what is not taken from YAML either */
function plain(json: Json): unknown {
  switch (json.type) {
    case 'object': {
      const value: Record<string, unknown> = {}
      for (const [name, member] of json.members) {
        if (name === '__proto__') throw new PolicyProblem('a key that is not taken')
        value[name] = plain(member)
      }
      return value
    }
    case 'array':
      return json.items.map(plain)
    case 'null':
      return 'null'
    default:
      return String(json.value)
  }
}
