/**
 * What stands around every function behind the API: the log's context, the request's line and metrics, and an answer whatever happens.
 * @module
 */
import middy from '@middy/core'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import type { Context } from 'aws-lambda'
import { accessDenied } from '../../core/domain/errors.ts'
import { errorAnswer } from '../../protocol/service.ts'
import type { CallReport, WireResponse } from '../../protocol/wire.ts'
import { NotAuthenticated, parseProxyEvent, proxyResultOf, type ProxyRequest, type ProxyResult } from './proxy-event.ts'
import { logger, reportRequest } from './telemetry.ts'

export type EdgeHandler = (event: unknown, context: Context) => Promise<ProxyResult>

export interface EdgeOptions {
  /** In the log, until the answer tells better. */
  readonly operation: string
  readonly answer: (request: ProxyRequest, event: unknown) => Promise<WireResponse>
}

export function edge({ operation, answer }: EdgeOptions): EdgeHandler {
  const handle = async (event: unknown): Promise<ProxyResult> => {
    const startedAt = performance.now()
    const { request, response } = await answered(event, operation, answer)
    reportRequest(response, { request, startedAt })
    return proxyResultOf(response)
  }
  return middy()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(handle)
}

interface Answered {
  readonly request?: ProxyRequest
  readonly response: WireResponse
}

async function answered(event: unknown, operation: string, answer: EdgeOptions['answer']): Promise<Answered> {
  const report: CallReport = { operation }
  let request: ProxyRequest | undefined
  try {
    request = parseProxyEvent(event)
    return { request, response: await answer(request, event) }
  } catch (error) {
    const isAnonymous = error instanceof NotAuthenticated
    const shown = isAnonymous ? anonymous(operation) : error
    const response = errorAnswer(shown, report)
    // That it could be invoked so at all is a fault of the deployment.
    const faulty = isAnonymous ? { ...response, report: { ...response.report, fault: error } } : response
    return { ...(request && { request }), response: faulty }
  }
}

const anonymous = (operation: string): Error =>
  accessDenied({
    principal: 'anonymous',
    action: `secretsmanager:${operation}`,
    decision: { verdict: 'implicit-deny', layer: 'identity' },
  })
