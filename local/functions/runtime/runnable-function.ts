/**
 * What the runner is given and what it gives back: a function as it is to be run, the result of an invocation, a line of its log.
 * @module
 */

/** Node functions run on the server's own Node, Python functions on the Python that was configured, whatever their number says. */
export const FUNCTION_RUNTIMES = [
  'nodejs18.x',
  'nodejs20.x',
  'nodejs22.x',
  'nodejs24.x',
  'python3.x',
  'python3.8',
  'python3.9',
  'python3.10',
  'python3.11',
  'python3.12',
  'python3.13',
  'python3.14',
] as const
export type FunctionRuntime = (typeof FUNCTION_RUNTIMES)[number]

/** Of an event. Lambda's limit of a synchronous invocation. */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024

export interface FunctionCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Wall time, epoch milliseconds. */
  readonly expiresAt: number
}

export interface RunnableFunction {
  /** Unqualified. Pools and logs are kept under it. */
  readonly arn: string
  readonly name: string
  readonly account: string
  readonly region: string
  /** `$LATEST`. */
  readonly version: string
  /** Another one with every change of code or configuration: processes of an older revision finish what they run, and end. */
  readonly revisionId: string
  readonly runtime: FunctionRuntime
  /** `index.handler`, `folder/module.function`. */
  readonly handler: string
  /** The unpacked code, an absolute path. It is only read. */
  readonly folder: string
  /** 1 to 900. */
  readonly timeoutSeconds: number
  readonly memoryMb: number
  /** The function's own variables, and what the registry adds. Those that Lambda itself sets win. */
  readonly environment: Readonly<Record<string, string>>
  /** Asked once for every process. Absent or undefined: the function has no credentials. */
  readonly credentials?: () => FunctionCredentials | undefined
  /** How many invocations run at the same time. 0: none at all. */
  readonly maxConcurrency: number
}

/** `throttled`: no process was free in time, and the function has not run. */
export type InvocationStatus = 'returned' | 'failed' | 'timed-out' | 'throttled'

export interface InvocationOptions {
  /** JSON text, as it is after base64. */
  readonly clientContext?: string
  /** A UUID. One is made where it is absent. */
  readonly requestId?: string
}

export interface InvocationResult {
  readonly requestId: string
  readonly status: InvocationStatus
  /** JSON: the function's result, or Lambda's error document `{errorType, errorMessage, trace | stackTrace, ...}`. */
  readonly payload: Buffer
  /** The last 4 KB of this invocation's log, with Lambda's START, END and REPORT lines. Sensitive: the function's own words. */
  readonly logTail: string
  readonly durationMs: number
  /** Present when a process was started for this invocation. */
  readonly initMs?: number
}

export interface LogLine {
  /** Wall time, epoch milliseconds. */
  readonly time: number
  /** Name of the log stream: one for each process. */
  readonly stream: string
  /** Without its line feed. */
  readonly text: string
}
