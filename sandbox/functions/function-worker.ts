/**
 * One thread of a function, as one execution environment of Lambda: its own credentials, one event at a time, thrown away after a timeout or a crash.
 * @module
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { AccessKey } from '../../local/identities/access-keys.ts'
import type { FunctionDefinition } from './definition.ts'
import { READY, type ErrorPayload, type InvokeMessage, type ResultMessage, type WorkerSetup } from './protocol.ts'

export interface SessionCredentials extends AccessKey {
  readonly sessionToken: string
}

export interface FunctionWorkerOptions {
  readonly definition: FunctionDefinition
  readonly credentials: SessionCredentials
  readonly clock: SharedArrayBuffer
  /** Where the function finds every AWS service. */
  readonly awsEndpoint: string
  readonly timeoutMs: number
  readonly onLog: (text: string) => void
}

export type InvocationResult =
  { readonly kind: 'result'; readonly payload: string } | { readonly kind: 'error'; readonly error: ErrorPayload }

/** Nobody's file: the SDK must not read the configuration of whoever runs the sandbox. */
const NO_FILE = '/var/task/.aws/none'

/** Lambda developer guide, "Lambda execution environment": the init phase. */
const INIT_MS = 10_000

export class FunctionWorker {
  readonly credentials: SessionCredentials
  readonly #options: FunctionWorkerOptions
  readonly #worker: Worker
  readonly #ready = Promise.withResolvers<undefined>()
  #settle: ((result: InvocationResult) => void) | undefined
  #isDead = false
  /** Of the event at work, for counting calls by invocation. */
  requestId: string | undefined

  constructor(options: FunctionWorkerOptions) {
    this.#options = options
    this.credentials = options.credentials
    const { definition, clock } = options
    const logStream = `sandbox/[$LATEST]${options.credentials.accessKeyId.slice(-12)}`
    const setup: WorkerSetup = {
      codeFolder: definition.codeFolder,
      handler: definition.handler,
      // Who signs for the API signs in wall time.
      clock: definition.outside === undefined ? clock : new SharedArrayBuffer(8),
      bringsSdk: definition.outside !== undefined,
      functionName: definition.name,
      functionArn: definition.arn,
      memoryMb: definition.memoryMb,
      logGroup: definition.logGroup,
      logStream,
    }
    this.#worker = new Worker(join(import.meta.dirname, 'bootstrap.ts'), {
      workerData: setup,
      env: environmentOf(options, logStream),
      execArgv: [],
      stdout: true,
      stderr: true,
      name: definition.name,
    })
    for (const stream of [this.#worker.stdout, this.#worker.stderr])
      stream.on('data', (chunk: Buffer) => options.onLog(chunk.toString('utf8')))
    this.#worker.on('message', (message: ResultMessage | typeof READY) => this.#receive(message))
    this.#worker.on('error', (error: unknown) => this.#die(crash(error)))
    this.#worker.on('exit', (code) =>
      this.#die({
        errorType: 'Runtime.ExitError',
        errorMessage: `Error: Runtime exited with error: exit status ${code}`,
      }),
    )
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Never rejects. */
  async invoke(requestId: string, event: string): Promise<InvocationResult> {
    this.requestId = requestId
    const result = new Promise<InvocationResult>((resolve) => (this.#settle = resolve))
    // A function's timeout does not count the loading of its code, which has a limit of its own.
    await this.#within(INIT_MS, requestId, Promise.race([this.#ready.promise, result]))
    const { timeoutMs } = this.#options
    const deadline = performance.timeOrigin + performance.now() + timeoutMs
    this.#worker.postMessage({ requestId, event, deadline } satisfies InvokeMessage)
    await this.#within(timeoutMs, requestId, result)
    this.requestId = undefined
    return result
  }

  /** What takes longer is ended, and so settled. */
  async #within(milliseconds: number, requestId: string, work: Promise<unknown>): Promise<void> {
    const timer = setTimeout(() => {
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${(milliseconds / 1000).toFixed(2)} seconds`
      this.#options.onLog(`${errorMessage}\n`)
      this.#die({ errorType: 'Sandbox.Timedout', errorMessage })
      void this.#worker.terminate()
    }, milliseconds)
    await work
    clearTimeout(timer)
  }

  async stop(): Promise<void> {
    this.#isDead = true
    await this.#worker.terminate()
  }

  #receive(message: ResultMessage | typeof READY): void {
    if (message === READY) this.#ready.resolve(undefined)
    else if (message.requestId === this.requestId) this.#settle?.(message)
  }

  #die(error: ErrorPayload): void {
    this.#isDead = true
    this.#settle?.({ kind: 'error', error })
  }
}

function environmentOf(options: FunctionWorkerOptions, logStream: string): Record<string, string> {
  const { definition, credentials, awsEndpoint } = options
  return {
    ...definition.environment,
    // What Lambda sets ("Defined runtime environment variables", Lambda developer guide).
    _HANDLER: definition.handler,
    AWS_REGION: definition.region,
    AWS_DEFAULT_REGION: definition.region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: definition.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    ...definition.logVariables,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    LAMBDA_TASK_ROOT: definition.codeFolder,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    // The sandbox's own: where the services are, and that no file of this machine is read.
    ...(definition.outside === undefined ? { AWS_ENDPOINT_URL: awsEndpoint } : definition.outside.environment()),
    AWS_CONFIG_FILE: NO_FILE,
    AWS_SHARED_CREDENTIALS_FILE: NO_FILE,
  }
}

function crash(error: unknown): ErrorPayload {
  const trace = error instanceof Error ? (error.stack ?? '').split('\n') : []
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: message, trace }
}
