/**
 * The error documents that Lambda itself writes, when it is not the function's code that speaks. The wording is Lambda's: programs look for it.
 * @module
 */

/** Of a result. 6 MB and a little, as in Lambda. */
export const MAX_RESULT_BYTES = 6_291_556

export interface PlatformError {
  readonly errorType: string
  readonly errorMessage: string
}

export const timedOut = (requestId: string, timeoutSeconds: number): PlatformError =>
  about(requestId, 'Sandbox.Timedout', timeoutText(timeoutSeconds))

export const timeoutText = (timeoutSeconds: number): string =>
  `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`

export function exited(requestId: string, code: number | null, signal: NodeJS.Signals | null): PlatformError {
  if (signal !== null)
    return about(requestId, 'Runtime.ExitError', `Runtime exited with error: signal: ${SIGNALS[signal] ?? signal}`)
  if (code === null || code === 0)
    return about(requestId, 'Runtime.ExitError', 'Runtime exited without providing a reason')
  return about(requestId, 'Runtime.ExitError', `Runtime exited with error: exit status ${code}`)
}

/** The names that Lambda writes for signals. */
const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
}

/** @param why what to do about it belongs in it */
export const cannotStart = (requestId: string, why: string): PlatformError =>
  about(requestId, 'Runtime.InvalidEntrypoint', why)

export const resultTooLarge = (bytes: number): PlatformError => ({
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_RESULT_BYTES} bytes).`,
})

export const throttled = (): PlatformError => ({
  errorType: 'TooManyRequestsException',
  errorMessage: 'Rate Exceeded.',
})

/** Not Lambda's: there a function that is deleted finishes what it runs. */
export const removed = (requestId: string): PlatformError =>
  about(requestId, 'Runtime.ExitError', 'The function was removed')

const about = (requestId: string, errorType: string, what: string): PlatformError => ({
  errorType,
  errorMessage: `RequestId: ${requestId} Error: ${what}`,
})

export const asPayload = (error: PlatformError): Buffer => Buffer.from(JSON.stringify(error))
