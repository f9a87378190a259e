/**
 * Policies of a deployment, compiled by the product's own engine, and taken apart into their grants: the report of what nobody used counts each action of each Allow.
 * @module
 */
import type { AttachedPolicy } from '../../lambda/auth/identity.ts'
import { compiledPolicy } from '../../lambda/auth/policy/compiled-policy.ts'
import { PolicyProblem, type Policy, type PolicyKind, type Statement } from '../../lambda/auth/policy/policy.ts'
import { objectOf, oneOrMany, parseJson, SandboxProblem } from '../json.ts'
import { isKnownKey } from './condition-keys.ts'

export interface ReadPolicy extends AttachedPolicy {
  /** JSON. */
  readonly text: string
  readonly grants: readonly Grant[]
}

/** One action of one Allow statement. */
export interface Grant {
  /** Which policy, and the statement's number in it and its Sid: for reports. */
  readonly statement: string
  /** As written: may be a pattern. */
  readonly action: string
  readonly resources: readonly string[]
  /** Allows this and nothing else. */
  readonly policy: Policy
}

/**
 * What the engine takes as unknown, and so as a refusal, is an error besides: a policy that cannot be judged must not look as if it had been.
 * @param document JSON text or what it holds @param source what to call it in reports @throws {SandboxProblem}
 */
export function readPolicy(document: unknown, source: string, kind: PolicyKind): ReadPolicy {
  const { Statement: list, ...rest } = objectOf(typeof document === 'string' ? parseJson(document) : document, source)
  const text = JSON.stringify({ ...rest, Statement: list })
  const policy = compiled(text, source, kind)
  for (const statement of policy.statements) checkKeys(statement, placeOf(statement, source))
  const [problem] = policy.unknowns
  if (problem !== undefined) throw new SandboxProblem(`${source}: ${problem.message}`)
  const given = oneOrMany(list).map((each) => objectOf(each, source))
  const grants = policy.statements.flatMap((statement) => {
    const { effect, action, number } = statement
    if (effect === 'Deny') return []
    const { [number - 1]: { Action, NotAction, Resource, NotResource, ...others } = {} } = given
    const place = placeOf(statement, source)
    const single = (name: string, selected: object): Grant => {
      const alone = { ...others, ...selected, ...(NotResource === undefined ? { Resource } : { NotResource }) }
      return {
        statement: place,
        action: name,
        resources: oneOrMany(Resource ?? NotResource).map(String),
        policy: compiled(JSON.stringify({ ...rest, Statement: [alone] }), place, kind),
      }
    }
    if (action.isNot) return [single(`not ${action.patterns.join(', ')}`, { NotAction })]
    return action.patterns.map((pattern) => single(pattern, { Action: pattern }))
  })
  return { source, text, policy, grants }
}

const placeOf = ({ number, sid }: Statement, source: string): string =>
  `${source}, statement ${number}${sid === undefined ? '' : ` (${sid})`}`

function checkKeys({ conditions }: Statement, place: string): void {
  for (const { key } of conditions)
    if (!isKnownKey(key.toLowerCase()))
      throw new SandboxProblem(`${place}: the sandbox does not know the condition key ${key}`)
}

function compiled(text: string, source: string, kind: PolicyKind): Policy {
  try {
    return compiledPolicy(text, kind)
  } catch (cause) {
    if (!(cause instanceof PolicyProblem)) throw cause
    throw new SandboxProblem(`${source}: ${cause.message}`, { cause })
  }
}
