/**
 * A policy document, parsed and compiled: ready to be asked again and again. Only compile-policy.ts makes one.
 * @module
 */
import type { ConditionTest } from './condition.ts'
import type { PrincipalElement } from './principal-element.ts'
import type { ResourceElement } from './resource-element.ts'

/** Where a policy hangs decides what its statements must have: `resource`, `key` and `trust` name principals, `identity` (also boundaries and session policies) must not. */
export type PolicyKind = 'identity' | 'resource' | 'key' | 'trust'

/** What a problem is about, for callers that answer differently to each: the Version element, who is named, or anything else. */
export type ProblemArea = 'syntax' | 'version' | 'principal'

/** Where in a text. The path counts statements from 1 and names elements, as in `Statement[2].Condition.StringLke`. */
export interface Place {
  readonly path?: string
  readonly line?: number
  readonly column?: number
}

/** Says what is wrong with a policy's text and where, as far as that is known. Its message never holds text of the policy, but for names of elements. */
export class PolicyProblem extends Error {
  override readonly name = 'PolicyProblem'
  readonly place: Place
  readonly area: ProblemArea

  constructor(message: string, place: Place = {}, area: ProblemArea = 'syntax') {
    super(describe(message, place))
    this.place = place
    this.area = area
  }

  /** Whether it is the Version that is not supported. */
  get isVersion(): boolean {
    return this.area === 'version'
  }
}

function describe(message: string, { path, line, column }: Place): string {
  const element = path === undefined || path === '' ? '' : `${path}: `
  return element + message + (line === undefined ? '' : ` (line ${line}, column ${column ?? 1})`)
}

export type Effect = 'Allow' | 'Deny'

export interface ActionElement {
  /** NotAction. */
  readonly isNot: boolean
  /** As written. */
  readonly patterns: readonly string[]
  /** @param action in lower case */
  matches(action: string): boolean
}

export interface Statement {
  /** From 1. */
  readonly number: number
  readonly sid?: string
  readonly effect: Effect
  /** Absent in identity policies. */
  readonly principal?: PrincipalElement
  readonly action: ActionElement
  /** Absent in trust policies: the role itself. */
  readonly resource?: ResourceElement
  /** All must hold. */
  readonly conditions: readonly ConditionTest[]
}

export interface Policy {
  readonly kind: PolicyKind
  readonly statements: readonly Statement[]
  /** Conditions that nobody here can tell the outcome of, such as one with an unknown operator: no Allow counts on them, every Deny does. */
  readonly unknowns: readonly PolicyProblem[]
  /** The policy could not be read: why. It has no statements then, and denies everything. */
  readonly unreadable?: string
  /** Those that are about an action. */
  statementsFor(action: string): StatementsByEffect
}

/** In the order of the policy. */
export interface StatementsByEffect {
  readonly allows: readonly Statement[]
  readonly denies: readonly Statement[]
}
