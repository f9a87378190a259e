/**
 * Lambda's error documents, as the core wants to know of them.
 * @module
 */
import { z } from 'zod'
import type { FunctionOutcome } from '../../lambda/core/ports/functions.ts'
import type { InvocationResult } from './runtime/runnable-function.ts'

const errorSchema = z.object({
  errorType: z.string().optional().catch(undefined),
  errorMessage: z.string().optional().catch(undefined),
})

export function outcomeOf({ status, requestId, payload }: InvocationResult): FunctionOutcome {
  switch (status) {
    case 'returned':
      return { kind: 'returned', requestId }
    case 'throttled':
      return { kind: 'not-invoked', reason: 'throttled' }
    case 'timed-out':
      return { kind: 'timed-out', requestId, ...messageOf(payload) }
    case 'failed':
      return failedOutcome(payload, { requestId })
  }
}

/** @param payload the error document, or whatever the function gave in its place */
export function failedOutcome(payload: Buffer, told: { readonly requestId?: string }): FunctionOutcome {
  const { errorType, errorMessage } = parse(payload)
  const message = errorMessage === undefined ? {} : { message: errorMessage }
  // Lambda says so in different ways, by runtime and by age.
  if (errorType === 'Sandbox.Timedout' || /\bTask timed out after \d/.test(errorMessage ?? ''))
    return { kind: 'timed-out', ...told, ...message }
  return { kind: 'failed', ...told, ...(errorType !== undefined && { errorType }), ...message }
}

function messageOf(payload: Buffer): { message?: string } {
  const { errorMessage } = parse(payload)
  return errorMessage === undefined ? {} : { message: errorMessage }
}

function parse(payload: Buffer): z.output<typeof errorSchema> {
  try {
    return errorSchema.parse(JSON.parse(payload.toString('utf8')))
  } catch {
    return { errorType: undefined, errorMessage: undefined }
  }
}
