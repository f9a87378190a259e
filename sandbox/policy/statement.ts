/**
 * Policy documents as statements ready to be matched.
 * @module
 */
import { isObject, objectOf, oneOrMany, optionalText, parseJson, SandboxProblem, textOf } from '../json.ts'
import { parseConditions, type Condition } from './conditions.ts'

/** `named`: a match is one of them; `others`: a match is none of them (`NotAction` and the like). */
export interface Selection {
  readonly named: boolean
  readonly patterns: readonly string[]
}

export interface Principals {
  readonly named: boolean
  /** ARNs, account ids, or `*`. */
  readonly aws: readonly string[]
  readonly services: readonly string[]
}

export interface Statement {
  /** Which policy, and the statement's number in it and its Sid: for reports. */
  readonly source: string
  readonly effect: 'Allow' | 'Deny'
  /** As written; matched without regard to case. */
  readonly actions: Selection
  /** Absent in trust policies. */
  readonly resources: Selection | undefined
  /** Absent in identity policies. */
  readonly principals: Principals | undefined
  readonly conditions: readonly Condition[]
}

/** @param document JSON text or what it holds @throws {SandboxProblem} */
export function parsePolicy(document: unknown, source: string): readonly Statement[] {
  const { Statement: statements } = objectOf(typeof document === 'string' ? parseJson(document) : document, source)
  return oneOrMany(statements).map((statement, index) => parseStatement(statement, source, index))
}

const ELEMENTS = [
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
]

function parseStatement(given: unknown, policy: string, index: number): Statement {
  const statement = objectOf(given, policy)
  const sid = optionalText(statement.Sid, policy)
  const source = `${policy}, statement ${index + 1}${sid === undefined ? '' : ` (${sid})`}`
  for (const element of Object.keys(statement))
    if (!ELEMENTS.includes(element))
      throw new SandboxProblem(`${source}: the sandbox does not know the element ${element}`)
  const { Effect: effect } = statement
  if (effect !== 'Allow' && effect !== 'Deny') throw new SandboxProblem(`${source}: Effect must be Allow or Deny`)
  const actions = selectionOf(statement, 'Action', source)
  if (actions === undefined) throw new SandboxProblem(`${source}: Action is missing`)
  return {
    source,
    effect,
    actions,
    resources: selectionOf(statement, 'Resource', source),
    principals: principalsOf(statement, source),
    conditions: parseConditions(statement.Condition, source),
  }
}

function selectionOf(
  statement: Readonly<Record<string, unknown>>,
  element: 'Action' | 'Resource',
  source: string,
): Selection | undefined {
  const named = statement[element]
  const patterns = oneOrMany(named ?? statement[`Not${element}`]).map((pattern) =>
    textOf(pattern, `${source} ${element}`),
  )
  return patterns.length === 0 ? undefined : { named: named !== undefined, patterns }
}

function principalsOf(statement: Readonly<Record<string, unknown>>, source: string): Principals | undefined {
  const named = statement.Principal
  const value = named ?? statement.NotPrincipal
  if (value === undefined) return undefined
  if (value === '*') return { named: named !== undefined, aws: ['*'], services: ['*'] }
  if (!isObject(value)) throw new SandboxProblem(`${source}: Principal must be "*" or an object`)
  const { AWS: aws, Service: services, ...others } = value
  const unknown = Object.keys(others)
  if (unknown.length > 0)
    throw new SandboxProblem(`${source}: the sandbox does not know principals of type ${unknown.join(', ')}`)
  const texts = (list: unknown): string[] => oneOrMany(list).map((entry) => textOf(entry, `${source} Principal`))
  return { named: named !== undefined, aws: texts(aws), services: texts(services) }
}
