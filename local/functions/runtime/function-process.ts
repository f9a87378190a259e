/**
 * One process of a function: runs one invocation after the other, from its start for the first of them to its end.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Child, type Exit } from './child-process.ts'
import { asPayload, cannotStart, exited, removed, timedOut, timeoutText } from './error-documents.ts'
import type { FunctionLog } from './function-log.ts'
import type { Guardian } from './guardian.ts'
import { endLine, memoryUsedMb, ProcessLog, reportLine, startLine } from './invocation-log.ts'
import { BOOTSTRAP_FOLDER, commandOf } from './process-command.ts'
import { environmentOf } from './process-environment.ts'
import { codeIn, PythonMissing, type PythonProgram } from './python-program.ts'
import type { FunctionCredentials, InvocationResult, InvocationStatus, RunnableFunction } from './runnable-function.ts'
import type { RuntimeApi, RuntimeEvent, RuntimePeer } from './runtime-api.ts'

export interface ProcessInvocation {
  readonly requestId: string
  readonly payload: Buffer
  readonly clientContext: string | undefined
}

/** What processes share. */
export interface ProcessSurroundings {
  readonly api: RuntimeApi
  readonly guardian: Guardian
  readonly findPython: () => Promise<PythonProgram>
  readonly now: () => number
}

export interface ProcessListener {
  /** It can run the next invocation. */
  free(): void
  ended(): void
}

/** Lambda's limit for loading the code. It does not count as the function's time. */
const INIT_MS = 10_000
/** A result is not held back longer for the log, or for the process to ask for its next event. */
const SETTLE_MS = 250
/** Credentials must be good for so long. */
const FRESH_MS = 10 * 60_000
const OUTPUT_STREAMS = 2

interface Running extends ProcessInvocation {
  readonly resolve: (result: InvocationResult) => void
  /** Monotonic. Absent while the code is loaded. */
  begun?: number
  ended?: { readonly status: InvocationStatus; readonly payload: Buffer; readonly durationMs: number }
  memoryUsedMb?: number | undefined
  /** Streams of which everything was read. */
  streamsRead: number
  settleTimer?: NodeJS.Timeout
}

export class FunctionProcess implements RuntimePeer {
  readonly fn: RunnableFunction
  /** Resolves when it has ended. */
  readonly end: Promise<void>
  readonly #surroundings: ProcessSurroundings
  readonly #listener: ProcessListener
  readonly #credentials: FunctionCredentials | undefined
  readonly #stream: string
  readonly #log: ProcessLog
  #address: string | undefined
  #child: Child | undefined
  /** Monotonic. Absent: it was not started. */
  #spawned: number | undefined
  /** Of a process that has not loaded its code: undefined. Told by the first invocation. */
  #initMs: number | undefined
  #isInitTold = false
  #running: Running | undefined
  #deliver: ((event: RuntimeEvent) => void) | undefined
  #limit: NodeJS.Timeout | undefined
  #isEnding = false
  #hasEnded = false
  readonly #resolveEnd: () => void

  /** @throws what asking for the credentials throws */
  constructor(fn: RunnableFunction, log: FunctionLog, surroundings: ProcessSurroundings, listener: ProcessListener) {
    this.fn = fn
    this.#surroundings = surroundings
    this.#listener = listener
    this.#credentials = fn.credentials?.()
    this.#stream = logStreamName(fn.version, surroundings.now())
    this.#log = new ProcessLog(log, this.#stream, surroundings.now)
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.end = promise
    this.#resolveEnd = () => resolve(undefined)
    void this.#start()
  }

  /** Whether its code and its credentials are good for another invocation. @param now wall time */
  isGoodFor(revisionId: string, now: number): boolean {
    if (this.#isEnding || this.fn.revisionId !== revisionId) return false
    const { expiresAt = Infinity } = this.#credentials ?? {}
    return expiresAt - now > Math.max(FRESH_MS, this.fn.timeoutSeconds * 1000)
  }

  /** Only while it is free, or was just made. */
  run(invocation: ProcessInvocation): Promise<InvocationResult> {
    return new Promise((resolve) => {
      this.#running = { ...invocation, resolve, streamsRead: 0 }
      if (this.#hasEnded) this.#fail(cannotStart(invocation.requestId, 'The process has ended.'))
      else if (this.#deliver === undefined) this.#startLimit(Math.max(INIT_MS, this.fn.timeoutSeconds * 1000))
      else this.#begin()
    })
  }

  /** Lets a free one end by itself; one that runs something is killed, and what it runs fails. */
  stop(): Promise<void> {
    const wasRunning = this.#running !== undefined
    if (wasRunning) this.#fail(removed(this.#running?.requestId ?? ''))
    this.#isEnding = true
    if (wasRunning) this.#child?.kill()
    else this.#child?.terminate()
    return this.end
  }

  next(deliver: (event: RuntimeEvent) => void): void {
    this.#deliver = deliver
    this.#initMs ??= this.#sinceSpawned()
    const running = this.#running
    if (running === undefined) this.#becomeFree()
    else if (running.ended !== undefined) this.#settle()
    else if (running.begun === undefined) this.#begin()
    else {
      // It has forgotten what it runs.
      this.#fail(exited(running.requestId, 0, null))
      this.#kill()
    }
  }

  respond(requestId: string, result: Buffer): boolean {
    return this.#finish(requestId, 'returned', result)
  }

  fail(requestId: string, document: Buffer): boolean {
    return this.#finish(requestId, 'failed', document)
  }

  failInit(document: Buffer): void {
    const running = this.#running
    if (running === undefined || running.begun !== undefined || running.ended !== undefined) return
    this.#isEnding = true
    this.#over(running, 'failed', document)
  }

  async #start(): Promise<void> {
    try {
      const { api, guardian, findPython } = this.#surroundings
      const { program, args, pythonUserBase, runtimeVersion } = await commandOf(this.fn, findPython)
      const runtimeApi = await api.admit(this)
      this.#address = runtimeApi
      if (this.#isEnding) {
        this.#onEnd()
        return
      }
      const place = { runtimeApi, runtimeFolder: BOOTSTRAP_FOLDER, program, logStream: this.#stream, pythonUserBase }
      this.#log.append(`INIT_START Runtime Version: ${runtimeVersion}`)
      this.#spawned = performance.now()
      this.#child = new Child({
        program,
        args,
        folder: this.fn.folder,
        environment: environmentOf(this.fn, place, this.#credentials),
        guardian,
        output: { line: (text) => this.#log.append(text), end: (requestId) => this.#streamRead(requestId) },
        onExit: (exit) => this.#onExit(exit),
        onCannotStart: (error) => this.#onCannotStart(error),
      })
    } catch (error) {
      this.#onCannotStart(error)
    }
  }

  #begin(): void {
    const [running, deliver] = [this.#running, this.#deliver]
    if (running === undefined || deliver === undefined) return
    const { requestId, payload, clientContext } = running
    this.#deliver = undefined
    const limitMs = this.fn.timeoutSeconds * 1000
    this.#startLimit(limitMs)
    this.#log.append(startLine(requestId, this.fn.version))
    running.begun = performance.now()
    deliver({
      requestId,
      payload,
      clientContext,
      deadline: this.#surroundings.now() + limitMs,
      functionArn: this.fn.arn,
      traceId: traceId(this.#surroundings.now()),
    })
  }

  #startLimit(milliseconds: number): void {
    clearTimeout(this.#limit)
    this.#limit = setTimeout(() => this.#onTimeout(), milliseconds)
  }

  #onTimeout(): void {
    const running = this.#running
    if (running !== undefined && running.ended === undefined) {
      const { requestId } = running
      const { timeoutSeconds } = this.fn
      const time = new Date(this.#surroundings.now()).toISOString()
      this.#log.append(`${time} ${requestId} ${timeoutText(timeoutSeconds)}`)
      this.#over(running, 'timed-out', asPayload(timedOut(requestId, timeoutSeconds)))
    }
    // Or it has answered, and never asked for its next event.
    this.#kill()
  }

  #kill(): void {
    this.#isEnding = true
    this.#child?.kill()
  }

  #finish(requestId: string, status: InvocationStatus, payload: Buffer): boolean {
    const running = this.#running
    if (running?.begun === undefined || running.ended !== undefined || running.requestId !== requestId) return false
    this.#over(running, status, payload)
    return true
  }

  /** What it runs fails, in our own words. */
  #fail(error: { readonly errorType: string; readonly errorMessage: string }): void {
    const running = this.#running
    if (running !== undefined && running.ended === undefined) this.#over(running, 'failed', asPayload(error))
  }

  #over(running: Running, status: InvocationStatus, payload: Buffer): void {
    const durationMs = running.begun === undefined ? 0 : performance.now() - running.begun
    running.ended = { status, payload, durationMs }
    running.memoryUsedMb = this.#child?.pid === undefined ? undefined : memoryUsedMb(this.#child.pid)
    running.settleTimer = setTimeout(() => this.#tell(running), SETTLE_MS)
    this.#settle()
  }

  #streamRead(requestId: string): void {
    const running = this.#running
    if (running?.requestId !== requestId) return
    running.streamsRead++
    this.#settle()
  }

  /** The result is told when the log is complete and the process is ready again, or has ended. */
  #settle(): void {
    const running = this.#running
    if (running?.ended === undefined) return
    const isReady = this.#deliver !== undefined && running.streamsRead >= OUTPUT_STREAMS
    if (isReady || this.#hasEnded) this.#tell(running)
  }

  #tell(running: Running): void {
    const { ended, requestId, resolve } = running
    if (ended === undefined || this.#running !== running) return
    this.#running = undefined
    clearTimeout(running.settleTimer)
    const initMs = this.#isInitTold ? undefined : (this.#initMs ?? this.#sinceSpawned())
    this.#isInitTold = true
    const { status, payload, durationMs } = ended
    this.#log.append(endLine(requestId))
    this.#log.append(
      reportLine(this.fn, {
        requestId,
        durationMs,
        initMs,
        memoryUsedMb: running.memoryUsedMb,
        ...(status === 'timed-out' ? { status: 'timeout' } : status === 'failed' ? { status: 'error' } : {}),
      }),
    )
    const logTail = this.#log.takeTail()
    if (this.#isEnding) this.#kill()
    else if (this.#deliver !== undefined) this.#becomeFree()
    resolve({ requestId, status, payload, logTail, durationMs, ...(initMs === undefined ? {} : { initMs }) })
  }

  #sinceSpawned(): number | undefined {
    return this.#spawned === undefined ? undefined : performance.now() - this.#spawned
  }

  #becomeFree(): void {
    clearTimeout(this.#limit)
    if (!this.#isEnding) this.#listener.free()
  }

  #onExit({ code, signal }: Exit): void {
    const running = this.#running
    if (running !== undefined && running.ended === undefined) {
      const error = exited(running.requestId, code, signal)
      this.#log.append(error.errorMessage)
      this.#fail(error)
    }
    this.#onEnd()
  }

  #onCannotStart(error: unknown): void {
    const running = this.#running
    if (running !== undefined) {
      const document = cannotStart(running.requestId, whyNotStarted(this.fn, error))
      this.#log.append(document.errorMessage)
      this.#fail(document)
    }
    this.#onEnd()
  }

  #onEnd(): void {
    if (this.#hasEnded) return
    this.#isEnding = true
    this.#hasEnded = true
    clearTimeout(this.#limit)
    if (this.#address !== undefined) this.#surroundings.api.dismiss(this.#address)
    this.#settle()
    this.#listener.ended()
    this.#resolveEnd()
  }
}

function whyNotStarted(fn: RunnableFunction, error: unknown): string {
  if (error instanceof PythonMissing) return error.message
  if (!existsSync(fn.folder)) return 'The folder of the code is not there. Give the function its code again.'
  return `The process cannot be started${codeIn(error)}.`
}

/** As Lambda names them: the day, the version, and something that is not like another. */
const logStreamName = (version: string, now: number): string =>
  `${new Date(now).toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${randomBytes(16).toString('hex')}`

const traceId = (now: number): string => {
  const time = Math.floor(now / 1000).toString(16)
  return `Root=1-${time}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`
}
