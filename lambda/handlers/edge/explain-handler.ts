/**
 * The function behind `/_coffer/explain` and `/_coffer/who-can`. What it answers tells who may read which secret, so it asks for a permission of its own: `coffer:ExplainAccess` on the
 * secret, by the rules for every action, and for the deployment's own account alone.
 * @module
 */
import { isAllowed, type Decision } from '../../auth/decision.ts'
import { decideOwnAction } from '../../core/access.ts'
import { accessDenied } from '../../core/domain/errors.ts'
import { targetOf } from '../../core/explain-access.ts'
import {
  answerExplain,
  EXPLAIN_PATHS,
  ExplainProblem,
  parseExplainRequest,
  refuseExplain,
  type ExplainCall,
  type ExplainRequest,
} from '../../protocol/explain-call.ts'
import type { WireRequest, WireResponse } from '../../protocol/wire.ts'
import { attempt, composeOnAws, type Composing, type Made } from './compose-on-aws.ts'
import { edge, type EdgeHandler } from './edge.ts'
import { wireRequestOf, type ProxyRequest } from './proxy-event.ts'

const GATEWAY =
  'API Gateway decides first, on execute-api:Invoke by everything that IAM knows: that is not in this answer.'

export const EXPLAIN_ACTION = 'coffer:ExplainAccess'

export function explainHandler({ environment = process.env, compose = composeOnAws }: Composing = {}): EdgeHandler {
  const made = attempt(() => compose(environment))
  return edge({ operation: 'Explain', answer: async (request) => answer(made(), request) })
}

async function answer(made: Made, request: ProxyRequest): Promise<WireResponse> {
  const call = (Object.keys(EXPLAIN_PATHS) as ExplainCall[]).find((each) => EXPLAIN_PATHS[each] === request.resource)
  if (call === undefined) return refuseExplain('Explain', 'UnknownOperationException', 'There is nothing at this path.')
  const wire = wireRequestOf(request, { target: EXPLAIN_ACTION, region: made.region })
  try {
    const asked = parseExplainRequest(call, { ...wire, principal: { ...wire.principal, account: made.account } })
    await requirePermission(made, wire, asked)
    return await answerExplain(made.services, call, { ...asked, subject: { ...asked.subject, note: GATEWAY } })
  } catch (error) {
    if (error instanceof ExplainProblem) return refuseExplain('Explain', 'ValidationException', error.message)
    throw error
  }
}

/** @throws {ServiceError} AccessDeniedException; ValidationException for a name that is none */
async function requirePermission(
  { services, account }: Made,
  context: WireRequest,
  { subject }: ExplainRequest,
): Promise<void> {
  const { principal } = context
  const target = { ...(await targetOf(services, subject)), account }
  const decision = await decideOwnAction({ services, context }, EXPLAIN_ACTION, target)
  // Whoever may is told of everybody's policies: that is for the account itself, also where a secret is shared.
  if (principal.account !== account || !isAllowed(decision))
    throw accessDenied({
      principal: principal.arn,
      action: EXPLAIN_ACTION,
      shown: subject.secretId,
      decision: refused(decision),
    })
}

const refused = (decision: Decision): Decision =>
  isAllowed(decision) ? { verdict: 'implicit-deny', layer: 'identity', note: 'another account' } : decision
