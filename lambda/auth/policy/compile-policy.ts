/**
 * Policy documents, read and compiled (IAM user guide, "Grammar of the IAM JSON policy language"). Strict: what is not understood is refused, so that no policy seems to say less or more
 * than it does. The one exception are conditions, whose operators AWS adds to: those are unknown.
 * @module
 */
import { compileConditions, type ConditionReport } from './condition.ts'
import { lineAndColumn, parseJson, type Json } from './json.ts'
import {
  PolicyProblem,
  type ActionElement,
  type Effect,
  type Policy,
  type PolicyKind,
  type ProblemArea,
  type Statement,
  type StatementsByEffect,
} from './policy.ts'
import { parseAwsPrincipal, type NamedPrincipal, type PrincipalElement } from './principal-element.ts'
import { resourceElement, type ResourceElement } from './resource-element.ts'
import { parseText, textMatcher, type TextMatcher } from './text-pattern.ts'

/** More than any policy of AWS may have; those of secrets are shorter. */
const MAX_LENGTH = 131_072

/** @throws {@link PolicyProblem} */
export function compilePolicy(text: string, kind: PolicyKind): Policy {
  if (text.length > MAX_LENGTH) throw new PolicyProblem(`a policy has at most ${MAX_LENGTH} characters`)
  const unknowns: PolicyProblem[] = []
  const reading: Reading = { text, kind, variables: false, unknowns }
  const root = new Element(reading, parseJson(text), '')
  root.allow(['Version', 'Id', 'Statement'])
  root.get('Id')?.asText()
  const read: Reading = { ...reading, variables: readVersion(root) }
  const list = root.require('Statement')
  const items = list.json.type === 'array' ? list.json.items : [list.json]
  if (items.length === 0) list.refuse('a policy has at least one statement')
  const statements = items.map((json, index) =>
    readStatement(new Element(read, json, `Statement[${index + 1}]`), index + 1),
  )
  if (kind === 'identity') requireUniqueSids(statements)
  return policyOf(kind, statements, unknowns)
}

/** How many actions a policy remembers its statements for: more than a service has. */
const MAX_ACTIONS = 256

function policyOf(kind: PolicyKind, statements: readonly Statement[], unknowns: readonly PolicyProblem[]): Policy {
  // Actions come from tables, so the same few are asked for again and again.
  const known = new Map<string, StatementsByEffect>()
  return {
    kind,
    statements,
    unknowns,
    statementsFor(action) {
      const found = known.get(action)
      if (found !== undefined) return found
      const lower = action.toLowerCase()
      const matching = statements.filter((statement) => statement.action.matches(lower))
      const about = {
        allows: matching.filter(({ effect }) => effect === 'Allow'),
        denies: matching.filter(({ effect }) => effect === 'Deny'),
      }
      if (known.size >= MAX_ACTIONS) known.clear()
      known.set(action, about)
      return about
    },
  }
}

interface Reading {
  readonly text: string
  readonly kind: PolicyKind
  readonly variables: boolean
  readonly unknowns: PolicyProblem[]
}

/** Whether policy variables are variables. A policy without a Version is of the first. */
function readVersion(root: Element): boolean {
  const version = root.get('Version')
  if (version === undefined) return false
  const { json } = version
  if (json.type === 'string' && json.value === '2012-10-17') return true
  if (json.type === 'string' && json.value === '2008-10-17') return false
  return version.refuse('must be 2012-10-17 or 2008-10-17', 'version')
}

function readStatement(element: Element, number: number): Statement {
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

function readEffect(element: Element): Effect {
  const effect = element.asText()
  return effect === 'Allow' || effect === 'Deny' ? effect : element.refuse('must be Allow or Deny')
}

function readAction(statement: Element): ActionElement {
  const one = statement.oneOf('Action', 'NotAction') ?? statement.refuse('Action is missing')
  const isNot = one.name === 'NotAction'
  const patterns = one.element.asTexts()
  const exact = new Set<string>()
  const matchers: TextMatcher[] = []
  for (const pattern of patterns) {
    if (!ACTION.test(pattern)) one.element.refuse('must be a service and an action, such as kms:Decrypt, or *')
    const lower = pattern.toLowerCase()
    const tokens = parseText(lower, { wildcards: true, variables: false }) ?? []
    if (tokens.every((token) => typeof token === 'string')) exact.add(lower)
    else matchers.push(textMatcher(tokens))
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

function readResource(statement: Element): ResourceElement | undefined {
  const one = statement.oneOf('Resource', 'NotResource')
  if (one === undefined) return undefined
  const { variables } = statement.reading
  const read = resourceElement(one.element.asTexts(), { isNot: one.name === 'NotResource', variables })
  return read ?? one.element.refuse('must be ARNs or *')
}

function readPrincipal(statement: Element): PrincipalElement | undefined {
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

function conditionReport(condition: Element): ConditionReport {
  const at = (path: readonly string[], offset: number) =>
    ({
      ...lineAndColumn(condition.reading.text, offset),
      path: [condition.path, ...path.map(printable)].join('.'),
    }) as const
  return {
    refuse(message, path, offset): never {
      throw new PolicyProblem(message, at(path, offset))
    },
    unknown: (message, path, offset) => condition.reading.unknowns.push(new PolicyProblem(message, at(path, offset))),
  }
}

function requireUniqueSids(statements: readonly Statement[]): void {
  const seen = new Set<string>()
  for (const { sid, number } of statements) {
    if (sid === undefined || sid === '') continue
    if (seen.has(sid))
      throw new PolicyProblem('another statement has the same Sid', { path: `Statement[${number}].Sid` })
    seen.add(sid)
  }
}

/** Names of elements are told, but not what somebody hid in one. */
const printable = (name: string): string => (/^[\w:/.-]{1,64}$/.test(name) ? name : '?')

/** A value of the document and where it is. */
class Element {
  readonly reading: Reading
  readonly json: Json
  readonly path: string

  constructor(reading: Reading, json: Json, path: string) {
    this.reading = reading
    this.json = json
    this.path = path
  }

  refuse(message: string, area: ProblemArea = 'syntax'): never {
    const place = { path: this.path, ...lineAndColumn(this.reading.text, this.json.at) }
    throw new PolicyProblem(message, place, area)
  }

  /** Refuses members of other names. */
  allow(names: readonly string[], area: ProblemArea = 'syntax'): void {
    if (this.json.type !== 'object') return this.refuse('must be an object')
    for (const [name, json] of this.json.members)
      if (!names.includes(name)) this.#at(name, json).refuse('there is no such element', area)
  }

  get(name: string): Element | undefined {
    const json = this.json.type === 'object' ? this.json.members.get(name) : undefined
    return json && this.#at(name, json)
  }

  require(name: string): Element {
    return this.get(name) ?? this.refuse(`${name} is missing`)
  }

  /** One of an element and its negation, not both. */
  oneOf(name: string, negation: string): { readonly name: string; readonly element: Element } | undefined {
    const [element, negated] = [this.get(name), this.get(negation)]
    if (element && negated) return this.refuse(`has both ${name} and ${negation}`)
    if (negated) return { name: negation, element: negated }
    return element && { name, element }
  }

  asText(): string {
    return this.json.type === 'string' ? this.json.value : this.refuse('must be a text')
  }

  /** A text or a list of them, which is not empty. */
  asTexts(area: ProblemArea = 'syntax'): readonly string[] {
    const items = this.json.type === 'array' ? this.json.items : [this.json]
    if (items.length === 0) this.refuse('is empty', area)
    return items.map((item) =>
      item.type === 'string' ? item.value : this.refuse('must be a text or a list of texts', area),
    )
  }

  #at(name: string, json: Json): Element {
    return new Element(this.reading, json, [this.path, printable(name)].filter((part) => part !== '').join('.'))
  }
}
