/**
 * What became of an invocation, out of Lambda's answers (Lambda developer guide, "Invoke": errors of the function come in an answer of 200, with a payload that says what they were).
 * @module
 */
import type { FunctionOutcome } from '../../../core/ports/functions.ts'

export interface InvokeAnswer {
  readonly requestId?: string | undefined
  /** `Unhandled` or `Handled`; absent: the function returned. */
  readonly functionError?: string | undefined
  readonly payload?: Uint8Array | undefined
}

export function outcomeOf({ requestId, functionError, payload }: InvokeAnswer): FunctionOutcome {
  const which = requestId === undefined ? {} : { requestId }
  // What it returns has no meaning to anybody, and may be anything.
  if (functionError === undefined) return { kind: 'returned', ...which }
  const { errorType, errorMessage } = errorIn(payload)
  const message = errorMessage === undefined ? {} : { message: errorMessage }
  if (errorType === TIMED_OUT_TYPE || (errorType === undefined && TIMED_OUT.test(errorMessage ?? '')))
    return { kind: 'timed-out', ...which, ...message }
  return { kind: 'failed', ...which, ...(errorType !== undefined && { errorType }), ...message }
}

/** Lambda's own word for it, in newer runtimes; in older ones there is a message alone. */
const TIMED_OUT_TYPE = 'Sandbox.Timedout'
const TIMED_OUT = /Task timed out after [\d.]+ seconds$/

/** A function may answer with anything, even where it fails. Nothing is cut short here: half a secret is not found again when the message is redacted. */
function errorIn(payload: Uint8Array = new Uint8Array()): { errorType?: string; errorMessage?: string } {
  const parsed = parsedOrUndefined(Buffer.from(payload).toString('utf8'))
  if (typeof parsed !== 'object' || parsed === null) return {}
  const { errorType, errorMessage } = parsed as Record<string, unknown>
  return {
    ...(typeof errorType === 'string' && errorType !== '' && { errorType }),
    ...(typeof errorMessage === 'string' && { errorMessage }),
  }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Of an invocation that Lambda refused, or did not answer. @param elapsedMs since it was sent; @param limitMs after which we stopped waiting */
export function refusalOf(
  error: unknown,
  { elapsedMs, limitMs }: { elapsedMs: number; limitMs: number },
): FunctionOutcome {
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : ''
  const reason = REASONS[name]
  if (reason !== undefined) return { kind: 'not-invoked', reason }
  // It runs on, or never ran: nobody can tell.
  if (name === 'TimeoutError' && elapsedMs >= limitMs)
    return { kind: 'timed-out', message: `no answer after ${Math.round(limitMs / 1000)} seconds` }
  return { kind: 'not-invoked', reason: 'unreachable' }
}

type Reason = Extract<FunctionOutcome, { kind: 'not-invoked' }>['reason']

/** Errors of Invoke (Lambda API reference). All others are for its operators: network interfaces, keys, code that is still being updated. */
const REASONS: Readonly<Record<string, Reason>> = {
  ResourceNotFoundException: 'missing',
  AccessDeniedException: 'not-allowed',
  TooManyRequestsException: 'throttled',
  ThrottlingException: 'throttled',
  EC2ThrottledException: 'throttled',
}
