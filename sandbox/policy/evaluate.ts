/**
 * The decision on one action: an explicit Deny anywhere wins, then an Allow is needed; without one it is refused. How identity and resource policies combine
 * depends on the service: see the callers of the two functions below.
 * @module
 */
import { conditionsHold, type ConditionContext } from './conditions.ts'
import type { Principals, Selection, Statement } from './statement.ts'
import { matchesPattern } from './wildcards.ts'

export interface PolicyRequest {
  /** Such as `dynamodb:Query`. */
  readonly action: string
  /** `*` for an action without a resource type, or on what does not exist yet. */
  readonly resource: string
  readonly context: ConditionContext
}

/** Who asks, as resource policies name them. */
export interface Caller {
  /** ARN of the user, or of the role behind a session. */
  readonly arn: string
  /** ARN of the session itself. */
  readonly sessionArn?: string
  readonly account: string
  /** Set for an AWS service, which has no ARN. */
  readonly service?: string
}

export interface Match {
  readonly statement: Statement
  /** The pattern of `Action` that matched: what a report of unused grants counts. */
  readonly pattern: string
}

export interface Finding {
  readonly denied: Match | undefined
  readonly allowed: readonly Match[]
}

/** What an identity's own policies say. */
export const identityFinding = (statements: readonly Statement[], request: PolicyRequest): Finding =>
  findingOf(statements, request, () => true)

/** What a resource's policy says of a caller by name. Being named by account is another thing: see {@link delegates}. */
export const resourceFinding = (statements: readonly Statement[], request: PolicyRequest, caller: Caller): Finding =>
  findingOf(statements, request, ({ principals, effect }) => {
    if (principals === undefined) return false
    // A Deny of an account is about everyone in it.
    return includes(principals, caller, false) || (effect === 'Deny' && includes(principals, caller, true))
  })

/** Whether a resource's policy leaves the decision to the identity policies of the caller's account (`"AWS": "arn:aws:iam::<account>:root"`). */
export const delegates = (statements: readonly Statement[], request: PolicyRequest, caller: Caller): boolean =>
  findingOf(statements, request, ({ principals }) => principals !== undefined && includes(principals, caller, true))
    .allowed.length > 0

function findingOf(
  statements: readonly Statement[],
  request: PolicyRequest,
  isAbout: (statement: Statement) => boolean,
): Finding {
  let denied: Match | undefined
  const allowed: Match[] = []
  for (const statement of statements) {
    if (!isAbout(statement)) continue
    const pattern = matching(statement.actions, request.action, isSameAction)
    if (pattern === undefined) continue
    if (statement.resources !== undefined && matching(statement.resources, request.resource) === undefined) continue
    if (!conditionsHold(statement.conditions, request.context)) continue
    if (statement.effect === 'Allow') allowed.push({ statement, pattern })
    else denied ??= { statement, pattern }
  }
  return { denied, allowed }
}

/** The pattern that a text is selected by. */
function matching(
  { named, patterns }: Selection,
  text: string,
  matches: (pattern: string, text: string) => boolean = matchesPattern,
): string | undefined {
  const found = patterns.find((pattern) => matches(pattern, text))
  if (named) return found
  return found === undefined ? `not ${patterns.join(', ')}` : undefined
}

/** Actions are not told apart by case; resources are. */
const isSameAction = (pattern: string, action: string): boolean =>
  matchesPattern(pattern.toLowerCase(), action.toLowerCase())

function includes({ named, aws, services }: Principals, caller: Caller, asAccount: boolean): boolean {
  const names = caller.service === undefined ? aws : services
  const isMeant = names.some((name) => {
    if (caller.service !== undefined) return name === '*' || name === caller.service
    const isAccount = name === caller.account || /^arn:[^:]+:iam::(\d{12}):root$/.exec(name)?.[1] === caller.account
    if (asAccount) return isAccount
    return name === '*' || name === caller.arn || name === caller.sessionArn
  })
  return named === isMeant
}
