/**
 * Elements of a policy document as they are read: each knows where it is, for the problem it may have.
 * @module
 */
import { lineAndColumn, type Json } from './json.ts'
import { PolicyProblem, type PolicyKind, type ProblemArea } from './policy.ts'

/** What the elements of one document share. */
export interface Reading {
  readonly text: string
  readonly kind: PolicyKind
  /** Whether `${...}` is a policy variable. */
  readonly variables: boolean
  /** See Policy; filled while reading. */
  readonly unknowns: PolicyProblem[]
}

/** A value of the document and where it is. */
export class DocumentElement {
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

  get(name: string): DocumentElement | undefined {
    const json = this.json.type === 'object' ? this.json.members.get(name) : undefined
    return json && this.#at(name, json)
  }

  require(name: string): DocumentElement {
    return this.get(name) ?? this.refuse(`${name} is missing`)
  }

  /** One of an element and its negation, not both. */
  oneOf(name: string, negation: string): { readonly name: string; readonly element: DocumentElement } | undefined {
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

  #at(name: string, json: Json): DocumentElement {
    return new DocumentElement(this.reading, json, [this.path, printable(name)].filter((part) => part !== '').join('.'))
  }
}

/** Names of elements are told, but not what somebody hid in one. */
export const printable = (name: string): string => (/^[\w:/.-]{1,64}$/.test(name) ? name : '?')
