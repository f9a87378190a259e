/**
 * One statement of a policy document, read and compiled.
 * @module
 */
import { compileConditions, type ConditionReport } from './condition.ts'
import { printable, type DocumentElement } from './document-element.ts'
import { lineAndColumn } from './json.ts'
import { PolicyProblem, type ActionElement, type Effect, type Statement } from './policy.ts'
import { parseAwsPrincipal, type NamedPrincipal, type PrincipalElement } from './principal-element.ts'
import { resourceElement, type ResourceElement } from './resource-element.ts'
import { parseText, textMatcher, type TextMatcher } from './text-pattern.ts'

/** @throws {@link PolicyProblem} */
export function compileStatement(element: DocumentElement, number: number): Statement {
  const { kind } = element.reading
  element.allow(STATEMENT_ELEMENTS)
  const effect = readEffect(element.require('Effect'))
  const sid = element.get('Sid')?.asText()
  const principal = readPrincipal(element)
  const resource = readResource(element)
  if (kind === 'identity' && principal !== undefined) element.refuse('a policy of an identity names no principal')
  if (kind !== 'identity' && principal === undefined) element.refuse('Principal is missing')
  if (kind === 'trust' && resource !== undefined) element.refuse('a trust policy has no Resource')
  if (kind !== 'trust' && resource === undefined) element.refuse('Resource is missing')
  const condition = element.get('Condition')
  return {
    number,
    ...(sid === undefined ? {} : { sid }),
    effect,
    ...(principal === undefined ? {} : { principal }),
    action: readAction(element),
    ...(resource === undefined ? {} : { resource }),
    conditions: condition ? compileConditions(condition.json, element.reading, conditionReport(condition)) : [],
  }
}

const STATEMENT_ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

function readEffect(element: DocumentElement): Effect {
  const effect = element.asText()
  return effect === 'Allow' || effect === 'Deny' ? effect : element.refuse('must be Allow or Deny')
}

function readAction(statement: DocumentElement): ActionElement {
  const one = statement.oneOf('Action', 'NotAction') ?? statement.refuse('Action is missing')
  const isNot = one.name === 'NotAction'
  const patterns = one.element.asTexts()
  const exact = new Set<string>()
  const matchers: TextMatcher[] = []
  for (const pattern of patterns) {
    if (!ACTION.test(pattern)) one.element.refuse('must be a service and an action, such as kms:Decrypt, or *')
    const lower = pattern.toLowerCase()
    const tokens =
      parseText(lower, { wildcards: true, variables: false }) ?? one.element.refuse('has too many wildcards')
    if (tokens.every((token) => typeof token === 'string')) exact.add(lower)
    else matchers.push(textMatcher(tokens, false))
  }
  return {
    isNot,
    patterns,
    matches: (action) =>
      (exact.has(action) || matchers.some((matcher) => matcher.matches(action, NO_CONTEXT) === true)) !== isNot,
  }
}

const ACTION = /^(?:\*|[\w.*?-]+:[\w.*?-]+)$/
const NO_CONTEXT = { valueOf: () => undefined }

function readResource(statement: DocumentElement): ResourceElement | undefined {
  const one = statement.oneOf('Resource', 'NotResource')
  if (one === undefined) return undefined
  const { variables } = statement.reading
  const read = resourceElement(one.element.asTexts(), { isNot: one.name === 'NotResource', variables })
  return read ?? one.element.refuse('must be ARNs or *')
}

function readPrincipal(statement: DocumentElement): PrincipalElement | undefined {
  const one = statement.oneOf('Principal', 'NotPrincipal')
  if (one === undefined) return undefined
  const { element, name } = one
  const isNot = name === 'NotPrincipal'
  const { json } = element
  if (json.type === 'string' && json.value === '*') return { isNot, named: [{ type: 'everyone' }] }
  if (json.type !== 'object') return element.refuse('must be an object or *', 'principal')
  if (json.members.size === 0) element.refuse('names nobody', 'principal')
  element.allow([...PRINCIPAL_TYPES.keys()], 'principal')
  const named = [...json.members.keys()].flatMap((type) => {
    const list = element.require(type)
    const parse = PRINCIPAL_TYPES.get(type)
    return list.asTexts('principal').map((text) => parse?.(text) ?? list.refuse('cannot be a principal', 'principal'))
  })
  return { isNot, named }
}

type ParsePrincipal = (text: string) => NamedPrincipal | undefined
const named =
  (type: 'service' | 'federated' | 'canonical-user'): ParsePrincipal =>
  (name) =>
    name === '' ? undefined : { type, name }

const PRINCIPAL_TYPES: ReadonlyMap<string, ParsePrincipal> = new Map([
  ['AWS', parseAwsPrincipal],
  ['Service', named('service')],
  ['Federated', named('federated')],
  ['CanonicalUser', named('canonical-user')],
])

/** The first few tell enough. */
const MAX_UNKNOWNS = 100

function conditionReport(condition: DocumentElement): ConditionReport {
  const at = (path: readonly string[], offset: number) =>
    ({
      ...lineAndColumn(condition.reading.text, offset),
      path: [condition.path, ...path.map(printable)].join('.'),
    }) as const
  return {
    refuse(message, path, offset): never {
      throw new PolicyProblem(message, at(path, offset))
    },
    unknown(message, path, offset) {
      const { unknowns } = condition.reading
      if (unknowns.length < MAX_UNKNOWNS) unknowns.push(new PolicyProblem(message, at(path, offset)))
    },
  }
}
