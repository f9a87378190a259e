/**
 * Invokes the functions that rotate secrets, and waits for their end. With the SDK's client for Lambda: only the worker's bundle has a place for it.
 * @module
 */
import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda'
import type { FunctionService } from '../../../core/ports/functions.ts'
import { outcomeOf, refusalOf } from './invoke-outcome.ts'

/**
 * A function may run for 15 minutes; so may the worker that waits for it, and needs the last of them to note down what happened. Who takes longer has timed out.
 */
const ANSWER_TIMEOUT_MS = 870_000
const CONNECTION_TIMEOUT_MS = 3_000

/** @param overrides an emulator's endpoint and credentials */
export const rotationLambdaClient = (overrides: LambdaClientConfig = {}): LambdaClient =>
  new LambdaClient({
    // A step that may have run is repeated by the workflow, which counts the attempts and makes a new token for each.
    maxAttempts: 1,
    requestHandler: {
      requestTimeout: ANSWER_TIMEOUT_MS,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...overrides,
  })

export function invokeRotationFunction(
  client: Pick<LambdaClient, 'send'> = rotationLambdaClient(),
  { limitMs = ANSWER_TIMEOUT_MS, now = () => performance.now() } = {},
): FunctionService['invoke'] {
  return async ({ functionArn }, event) => {
    const sentAt = now()
    try {
      const { FunctionError, Payload, $metadata } = await client.send(
        new InvokeCommand({
          FunctionName: functionArn,
          InvocationType: 'RequestResponse',
          // No tail of the function's log: it may hold anything.
          LogType: 'None',
          Payload: Buffer.from(JSON.stringify(event)),
        }),
      )
      return outcomeOf({ requestId: $metadata.requestId, functionError: FunctionError, payload: Payload })
    } catch (error) {
      return refusalOf(error, { elapsedMs: now() - sentAt, limitMs })
    }
  }
}
