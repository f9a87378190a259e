/**
 * Calls a handler and waits for its result, whichever way it gives one: a value, a promise, or the callback. Lambda has taken the callback away with
 * `nodejs24.x`; here it works with every runtime, so that older handlers run.
 * @module
 */
import { performance } from 'node:perf_hooks'

/** @returns what the handler gives in the end; rejects with whatever it throws */
export function callHandler(handler, event, context) {
  return new Promise((resolve, reject) => {
    const settle = (error, result) => (isAbsent(error) ? resolve(result) : reject(error))
    // A handler that leaves the event loop empty without a word has returned nothing.
    whenEmpty = () => resolve(null)
    const returned = handler(event, context, (error, result) => {
      if (isAbsent(error) && context.callbackWaitsForEmptyEventLoop) whenEmpty = () => settle(error, result)
      else settle(error, result)
    })
    if (isThenable(returned)) returned.then(resolve, reject)
    else if (handler.length < 3) resolve(returned)
  }).finally(() => (whenEmpty = undefined))
}

let whenEmpty
process.on('beforeExit', () => whenEmpty?.())

const isAbsent = (error) => error === undefined || error === null

const isThenable = (value) =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** @param invocation of runtime-client.mjs. @param environment `process.env` */
export function contextOf(invocation, environment) {
  const { requestId, deadline, functionArn, clientContext, cognitoIdentity } = invocation
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(clientContext),
    identity: parsed(cognitoIdentity),
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - (performance.timeOrigin + performance.now()))),
  }
}

const parsed = (text) => (text === undefined ? undefined : JSON.parse(text))
