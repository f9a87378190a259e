/**
 * Routes an event of `POST /` by its X-Amz-Target header. The operation's function answers and writes the request's line; the router speaks only when it comes to
 * nothing.
 * @module
 */
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import middy from '@middy/core'
import { InvokeFailure, type Invoke } from '../../adapters/aws/invoke-function.ts'
import { notImplemented, pathMismatch, throttled, unknownOperation } from '../../core/domain/errors.ts'
import type { OperationName } from '../../core/model/secrets-manager.types.generated.ts'
import { errorAnswer, operationNameOf } from '../../protocol/service.ts'
import type { EdgeHandler } from './edge.ts'
import { readPrefix, type Environment } from './environment.ts'
import { entryOf, functionName } from './function-name.ts'
import { parseProxyEvent, proxyResultOf, type ProxyRequest, type ProxyResult } from './proxy-event.ts'
import { logger, reportRequest } from './telemetry.ts'

export interface RouterOptions {
  readonly invoke: Invoke
  readonly isOffered: (operation: OperationName) => boolean
  readonly environment?: Environment
}

export function routerHandler({ invoke, isOffered, environment = process.env }: RouterOptions): EdgeHandler {
  const handle = async (event: unknown): Promise<ProxyResult> => {
    const startedAt = performance.now()
    let request: ProxyRequest | undefined
    let operation: OperationName | undefined
    try {
      request = parseProxyEvent(event)
      operation = operationNameOf(request.target)
      if (operation === undefined) throw unknownOperation('The X-Amz-Target header names no operation of this service.')
      // Other paths than the front door are those of operations that are not offered: nobody gets to another operation by them.
      if (request.resource !== '/' && request.resource !== `/${operation}`) throw pathMismatch()
      if (!isOffered(operation)) throw notImplemented(operation)
      return parseProxyResult(await invoke(functionOf(operation, environment), Buffer.from(JSON.stringify(event))))
    } catch (error) {
      const response = errorAnswer(isFull(error) ? throttled({ cause: error }) : error, {
        operation: operation ?? 'unknown',
      })
      reportRequest(response, { request, startedAt })
      return proxyResultOf(response)
    }
  }
  return middy()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(handle)
}

const isFull = (error: unknown): boolean => error instanceof InvokeFailure && error.kind === 'throttled'

/** `COFFER_ALIASES` lists the functions that are called by an alias, as `get-secret-value:live`: those with provisioned concurrency. */
function functionOf(operation: OperationName, environment: Environment): string {
  const entry = entryOf(operation)
  const aliased = (environment.COFFER_ALIASES ?? '').split(',').find((each) => each.startsWith(`${entry}:`))
  return functionName(readPrefix(environment), aliased ?? entry)
}

/** @throws when the function answered something else */
function parseProxyResult(payload: Uint8Array): ProxyResult {
  const result: unknown = JSON.parse(Buffer.from(payload).toString('utf8'))
  if (!isProxyResult(result)) throw new InvokeFailure('failed', 'an operation function gave no proxy result')
  return result
}

const isProxyResult = (value: unknown): value is ProxyResult =>
  typeof value === 'object' &&
  value !== null &&
  'statusCode' in value &&
  typeof value.statusCode === 'number' &&
  'body' in value &&
  typeof value.body === 'string'
