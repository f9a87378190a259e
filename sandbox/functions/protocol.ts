/**
 * What the sandbox and the thread of a function say to each other. Payloads travel as JSON text, as they do to and from Lambda.
 * @module
 */

/** Given to the thread when it starts. */
export interface WorkerSetup {
  /** Folder of the code, as Lambda unpacks it. */
  readonly codeFolder: string
  /** `index.handler` */
  readonly handler: string
  /** {@link SandboxClock.shared} */
  readonly clock: SharedArrayBuffer
  readonly functionName: string
  readonly functionArn: string
  readonly memoryMb: number
  readonly logGroup: string
  readonly logStream: string
  /** The SDK is there, as in Lambda's runtime, where the code brings none of its own. Off for the deployment's functions, whose bundles are to be whole. */
  readonly bringsSdk: boolean
}

export interface InvokeMessage {
  readonly requestId: string
  readonly event: string
  /** Of `performance.timeOrigin + performance.now()`: the same scale in every thread. */
  readonly deadline: number
}

/** What Lambda answers for a function that failed. */
export interface ErrorPayload {
  readonly errorType: string
  readonly errorMessage: string
  readonly trace?: readonly string[]
}

/** The code is loaded, or has failed to: events may come. */
export const READY = 'ready'

export type ResultMessage =
  | { readonly requestId: string; readonly kind: 'result'; readonly payload: string }
  | { readonly requestId: string; readonly kind: 'error'; readonly error: ErrorPayload }
