/**
 * The function behind `/_coffer/explain` and `/_coffer/who-can`. What it answers tells who may read which secret, so it asks for a permission of its own: `coffer:ExplainAccess` on the
 * secret, in the caller's identity policies.
 * @module
 */
import { isAllowed } from '../../auth/decision.ts'
import { accessDenied } from '../../core/domain/errors.ts'
import { arnAsGiven, parseSecretId } from '../../core/domain/names.ts'
import type { Services } from '../../core/services.ts'
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
import { edge, type EdgeHandler } from './edge.ts'
import { wireRequestOf, type ProxyRequest } from './proxy-event.ts'

export const EXPLAIN_ACTION = 'coffer:ExplainAccess'

export interface ExplainHandlerOptions {
  readonly services: Services
  /** The deployment's own: what a name without an ARN is in. */
  readonly account: string
  readonly region: string
}

export function explainHandler(options: ExplainHandlerOptions): EdgeHandler {
  return edge({ operation: 'Explain', answer: (request) => answer(options, request) })
}

async function answer(options: ExplainHandlerOptions, request: ProxyRequest): Promise<WireResponse> {
  const call = (Object.keys(EXPLAIN_PATHS) as ExplainCall[]).find((each) => EXPLAIN_PATHS[each] === request.resource)
  if (call === undefined) return refuseExplain('Explain', 'UnknownOperationException', 'There is nothing at this path.')
  const wire = wireRequestOf(request, { target: EXPLAIN_ACTION, region: options.region })
  try {
    const asked = parseExplainRequest(call, { ...wire, principal: { ...wire.principal, account: options.account } })
    await requirePermission(options, wire, asked)
    return await answerExplain(options.services, call, asked)
  } catch (error) {
    if (error instanceof ExplainProblem) return refuseExplain('Explain', 'ValidationException', error.message)
    throw error
  }
}

/** @throws {ServiceError} AccessDeniedException; ValidationException for a name that is none */
async function requirePermission(
  { services, account }: ExplainHandlerOptions,
  { principal, origin, region }: WireRequest,
  { subject }: ExplainRequest,
): Promise<void> {
  const { secretId, home } = subject
  const resource = secretId === undefined ? undefined : arnAsGiven(parseSecretId(secretId, home))
  const decision = await services.authorizer.decide({
    principal,
    origin,
    action: EXPLAIN_ACTION,
    resource,
    account,
    region,
    keys: [],
    now: services.clock.now(),
  })
  if (!isAllowed(decision))
    throw accessDenied({ principal: principal.arn, action: EXPLAIN_ACTION, shown: resource, decision })
}
