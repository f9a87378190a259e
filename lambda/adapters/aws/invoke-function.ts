/**
 * Invokes other functions and waits for what they answer.
 * @module
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'

export type Invoke = (functionName: string, payload: Uint8Array) => Promise<Uint8Array>

/** `throttled`: the function has no capacity left. `failed`: it did not come to an answer. */
export class InvokeFailure extends Error {
  override readonly name = 'InvokeFailure'
  readonly kind: 'throttled' | 'failed'

  constructor(kind: 'throttled' | 'failed', message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** As long as an operation's function may run; the router itself and API Gateway (29 s) have a second more each. */
const ANSWER_TIMEOUT_MS = 27_000
const CONNECTION_TIMEOUT_MS = 1_000

export function lambdaInvoker(
  client = new LambdaClient({
    // A call that may have run is never made twice behind the caller's back: they repeat it, with their token.
    maxAttempts: 1,
    requestHandler: {
      requestTimeout: ANSWER_TIMEOUT_MS,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  }),
): Invoke {
  return async (functionName, payload) => {
    const { Payload, FunctionError } = await invoked(client, functionName, payload)
    // The payload of a failed function holds its message and stack: it is in that function's own log.
    if (FunctionError !== undefined) throw new InvokeFailure('failed', `${functionName} failed: ${FunctionError}`)
    return Payload ?? new Uint8Array()
  }
}

async function invoked(client: LambdaClient, functionName: string, payload: Uint8Array) {
  try {
    return await client.send(new InvokeCommand({ FunctionName: functionName, Payload: payload }))
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : ''
    const isThrottled = name === 'TooManyRequestsException' || name === 'ThrottlingException'
    throw new InvokeFailure(isThrottled ? 'throttled' : 'failed', `${functionName} could not be invoked`, { cause })
  }
}
