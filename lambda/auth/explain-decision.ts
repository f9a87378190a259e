/**
 * A decision with everything that went into it: every statement of every policy that takes part, and how far it is about the question.
 * @module
 */
import { decide, type AccessQuestion } from './decide.ts'
import type { Decision, PolicyLayer, StatementReference } from './decision.ts'
import type { AttachedPolicy } from './identity.ts'
import type { Effect, Statement } from './policy/policy.ts'
import { appliesTo, callerOf, type Caller } from './policy/principal-element.ts'
import { statementApplies } from './policy/statement-applies.ts'
import type { Truth } from './policy/truth.ts'

export interface Explanation {
  readonly decision: Decision
  /** Layer by layer: identity, resource, boundary, session. */
  readonly statements: readonly StatementReport[]
  /** Policies that could not be read: each denies everything. */
  readonly unreadable: readonly { readonly layer: PolicyLayer; readonly source: string; readonly problem: string }[]
}

export interface StatementReport extends StatementReference {
  readonly effect: Effect
  /** Whether it is about the caller; absent in policies of identities. */
  readonly principal?: Truth
  readonly action: boolean
  /** Absent in trust policies. */
  readonly resource?: Truth
  readonly conditions: readonly ConditionOutcome[]
  /** All of these together. */
  readonly applies: Truth
}

export interface ConditionOutcome {
  readonly operator: string
  readonly key: string
  readonly outcome: Truth
}

export function explainDecision(question: AccessQuestion): Explanation {
  const layers = policiesOf(question)
  const { principal, found, resourcePolicy } = question
  const identity = found.kind === 'identity' ? found.identity : undefined
  const caller = callerOf(principal, identity, resourcePolicy?.principalIds)
  return {
    decision: decide(question),
    statements: layers.flatMap(({ layer, attached: { source, policy } }) =>
      policy.statements.map((statement) => ({
        layer,
        source,
        ...reportOn(statement, question, layer === 'resource' ? caller : undefined),
      })),
    ),
    unreadable: layers.flatMap(({ layer, attached: { source, policy } }) =>
      policy.unreadable === undefined ? [] : [{ layer, source, problem: policy.unreadable }],
    ),
  }
}

interface Layered {
  readonly layer: PolicyLayer
  readonly attached: AttachedPolicy
}

function policiesOf({ found, resourcePolicy }: AccessQuestion): readonly Layered[] {
  const identity = found.kind === 'identity' ? found.identity : undefined
  const of = (layer: PolicyLayer, policies: readonly (AttachedPolicy | undefined)[] = []): readonly Layered[] =>
    policies.flatMap((attached) => (attached === undefined ? [] : [{ layer, attached }]))
  return [
    ...of('identity', identity?.policies),
    ...of('resource', [resourcePolicy]),
    ...of('boundary', [identity?.boundary]),
    ...of('session', identity?.sessionPolicies),
  ]
}

function reportOn(
  statement: Statement,
  question: AccessQuestion,
  caller: Caller | undefined,
): Omit<StatementReport, 'layer' | 'source'> {
  const { number, sid, effect, principal, action, resource, conditions } = statement
  const { context } = question
  const isAbout = action.matches(question.action.toLowerCase())
  return {
    number,
    ...(sid === undefined ? {} : { sid }),
    effect,
    ...(principal && caller ? { principal: appliesTo(principal, caller, effect) } : {}),
    action: isAbout,
    ...(resource && { resource: resource.matches(question.resource, context) }),
    conditions: conditions.map((test) => ({
      operator: test.operator,
      key: test.key,
      outcome: test.evaluate(context, effect),
    })),
    applies: isAbout && statementApplies(statement, question, caller),
  }
}
