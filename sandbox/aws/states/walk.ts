/**
 * Walks a state machine from its start to an end, as Step Functions carries out a Standard execution: data on its way through paths and templates, tasks with retries and catchers, waits by a
 * clock that somebody else moves. What tasks do is given.
 * @module
 */
import type { Agenda } from '../../events/agenda.ts'
import { optionalObject, type JsonObject } from '../../json.ts'
import type { Catcher, Retrier, State, StateMachineDefinition, TaskState, WaitState } from './definition.ts'
import { History } from './history.ts'
import { filledIn, PathProblem, placedAt, valueAt, type Scope } from './json-path.ts'

export interface TaskCall {
  readonly state: string
  readonly resource: string
  /** What the task is given: its Parameters, filled in. */
  readonly parameters: unknown
}

export type TaskResult =
  | { readonly kind: 'returned'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause?: string }

export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; readonly error?: string; readonly cause?: string }

export interface WalkOptions {
  readonly definition: StateMachineDefinition
  readonly input: unknown
  /** `Execution` and `StateMachine` of the context object. */
  readonly context: JsonObject
  readonly agenda: Pick<Agenda, 'now' | 'at'>
  /** Does not reject for what a task does. */
  readonly performTask: (call: TaskCall) => Promise<TaskResult>
  /** Ends it as `ABORTED`; its reason may be a `StopReason`. */
  readonly signal?: AbortSignal
  readonly history?: History
  /** It waits for a moment of the agenda, or goes on again. */
  readonly onRest?: (isResting: boolean) => void
}

export interface StopReason {
  readonly error?: string
  readonly cause?: string
}

/** Step Functions quotas: the size of the data of a state. */
const DATA_LIMIT = 262_144

export const walk = (options: WalkOptions): Promise<Outcome> => new Walker(options).run()

/** An error of a state by its name. */
class StateFailure extends Error {
  override readonly name = 'StateFailure'
  readonly error: string
  readonly reason: string | undefined

  constructor(error: string, cause?: string) {
    super(error)
    this.error = error
    this.reason = cause
  }
}

/** The execution is at an end, whatever its state. */
class Stopped extends Error {
  override readonly name = 'Stopped'
}

interface Step {
  readonly output: unknown
  /** Undefined: the end. */
  readonly next: string | undefined
}

class Walker {
  readonly #options: WalkOptions
  readonly #history: History
  readonly #stop = new AbortController()
  #stopped: Outcome | undefined

  constructor(options: WalkOptions) {
    this.#options = options
    this.#history = options.history ?? new History()
  }

  async run(): Promise<Outcome> {
    const { definition, input, signal, agenda } = this.#options
    const abort = (): void => this.#end({ status: 'ABORTED', ...stopReason(signal?.reason) })
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort)
    const { timeoutSeconds } = definition
    const cancelTimeout =
      timeoutSeconds === undefined
        ? undefined
        : agenda.at(agenda.now() + 1000 * timeoutSeconds, () => this.#end({ status: 'TIMED_OUT' }))
    this.#record('ExecutionStarted', { input: JSON.stringify(input) })
    const outcome = await this.#outcome()
    cancelTimeout?.()
    signal?.removeEventListener('abort', abort)
    this.#record(
      ENDS[outcome.status],
      outcome.status === 'SUCCEEDED' ? textual(outcome.output) : failureDetails(outcome),
    )
    return outcome
  }

  async #outcome(): Promise<Outcome> {
    const { definition } = this.#options
    let name: string | undefined = definition.startAt
    let data = this.#options.input
    try {
      while (name !== undefined) {
        this.#throwIfStopped()
        const state = definition.states.get(name)
        if (state === undefined) throw new StateFailure('States.Runtime', `There is no state ${name}`)
        const { output, next } = await this.#enter(state, data)
        data = output
        name = next
      }
      return { status: 'SUCCEEDED', output: data }
    } catch (error) {
      if (error instanceof Stopped && this.#stopped !== undefined) return this.#stopped
      if (!(error instanceof StateFailure)) throw error
      const { error: code, reason } = error
      return { status: 'FAILED', error: code, ...(reason !== undefined && { cause: reason }) }
    }
  }

  async #enter(state: State, input: unknown): Promise<Step> {
    const { name, type } = state
    this.#record(`${type}StateEntered`, { name, input: JSON.stringify(input) })
    const context = {
      ...this.#options.context,
      State: { Name: name, EnteredTime: new Date(this.#options.agenda.now()).toISOString(), RetryCount: 0 },
    }
    const step = await runtimeErrors(() => this.#perform(state, input, context))
    checkSize(step.output)
    this.#record(`${type}StateExited`, { name, output: JSON.stringify(step.output) })
    return step
  }

  async #perform(state: State, raw: unknown, context: JsonObject): Promise<Step> {
    const input = valueAt(state.inputPath ?? '$', { input: raw, context })
    const scope = { input, context }
    const leave = (output: unknown): unknown => valueAt(state.outputPath ?? '$', { input: output, context })
    switch (state.type) {
      case 'Pass': {
        const given = state.parameters === undefined ? input : filledIn(state.parameters, scope)
        const result = state.result === undefined ? given : state.result
        return { output: leave(combined(state.resultPath, raw, result)), next: state.next }
      }
      case 'Task':
        return this.#task(state, raw, scope)
      case 'Choice': {
        const chosen = state.choices.find(({ condition }) => condition(scope))?.next ?? state.fallback
        if (chosen === undefined) throw new StateFailure('States.NoChoiceMatched', `No choice of ${state.name} matched`)
        return { output: leave(input), next: chosen }
      }
      case 'Wait':
        await this.#sleep(1000 * secondsOf(state, scope))
        return { output: leave(input), next: state.next }
      case 'Succeed':
        return { output: leave(input), next: undefined }
      case 'Fail':
        throw new StateFailure(state.error ?? '', state.cause)
    }
  }

  async #task(state: TaskState, raw: unknown, { input, context }: Scope): Promise<Step> {
    const attempts = new Map<Retrier, number>()
    for (let retries = 0; ; retries++) {
      const scope = {
        input,
        context: { ...context, State: { ...optionalObject(context.State, 'State'), RetryCount: retries } },
      }
      try {
        const result = await this.#attempt(state, scope)
        const selected =
          state.resultSelector === undefined ? result : filledIn(state.resultSelector, { ...scope, input: result })
        const output = valueAt(state.outputPath ?? '$', {
          ...scope,
          input: combined(state.resultPath, raw, selected),
        })
        return { output, next: state.next }
      } catch (error) {
        const failure = asFailure(error)
        const delay = delayOf(state.retry, attempts, failure.error)
        if (delay !== undefined) {
          await this.#sleep(delay)
          continue
        }
        return caught(state.catchers, raw, failure)
      }
    }
  }

  /** @throws {StateFailure} */
  async #attempt({ name, resource, parameters, timeoutSeconds }: TaskState, scope: Scope): Promise<unknown> {
    const given = parameters === undefined ? scope.input : filledIn(parameters, scope)
    checkSize(given)
    this.#record('TaskScheduled', { resource, parameters: JSON.stringify(given) })
    const work = this.#options.performTask({ state: name, resource, parameters: given })
    const result = await this.#orEnd(work, timeoutSeconds)
    if (result === 'timed out') {
      this.#record('TaskTimedOut', { resource, error: 'States.Timeout' })
      throw new StateFailure('States.Timeout')
    }
    if (result.kind === 'failed') {
      this.#record('TaskFailed', { resource, ...failureDetails(result) })
      throw new StateFailure(result.error, result.cause)
    }
    checkSize(result.output)
    this.#record('TaskSucceeded', { resource, ...textual(result.output) })
    return result.output
  }

  /** A task that is given up goes on; nobody hears of it. */
  async #orEnd(work: Promise<TaskResult>, timeoutSeconds: number | undefined): Promise<TaskResult | 'timed out'> {
    const { agenda } = this.#options
    const ended = Promise.withResolvers<'timed out'>()
    const cancel =
      timeoutSeconds === undefined
        ? undefined
        : agenda.at(agenda.now() + 1000 * timeoutSeconds, () => ended.resolve('timed out'))
    const stop = (): void => ended.reject(new Stopped())
    this.#stop.signal.addEventListener('abort', stop)
    try {
      return await Promise.race([work, ended.promise])
    } finally {
      cancel?.()
      this.#stop.signal.removeEventListener('abort', stop)
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    if (milliseconds <= 0) return
    const { agenda, onRest } = this.#options
    const woken = Promise.withResolvers<undefined>()
    const wake = (): void => {
      onRest?.(false)
      woken.resolve(undefined)
    }
    const cancel = agenda.at(agenda.now() + milliseconds, wake)
    this.#stop.signal.addEventListener('abort', wake)
    onRest?.(true)
    await woken.promise
    cancel()
    this.#stop.signal.removeEventListener('abort', wake)
    this.#throwIfStopped()
  }

  #end(outcome: Outcome): void {
    this.#stopped ??= outcome
    this.#stop.abort()
  }

  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw new Stopped()
    if (this.#history.isFull)
      throw new StateFailure('States.Runtime', 'The execution reached the maximum number of history events')
  }

  #record(type: string, details: Readonly<Record<string, string | number>>): void {
    this.#history.add(this.#options.agenda.now(), type, details)
  }
}

const ENDS: Readonly<Record<Outcome['status'], string>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
}

/** A path that leads nowhere fails the execution, and nothing catches it. */
async function runtimeErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof PathProblem ? new StateFailure('States.Runtime', error.message) : error
  }
}

/** @throws what is no failure of a task */
function asFailure(error: unknown): StateFailure {
  if (error instanceof StateFailure) return error
  throw error
}

/** Milliseconds until the next attempt; undefined when there is none. */
function delayOf(retriers: readonly Retrier[], attempts: Map<Retrier, number>, error: string): number | undefined {
  const retrier = retriers.find(({ errors }) => matches(errors, error))
  if (retrier === undefined) return undefined
  const made = attempts.get(retrier) ?? 0
  if (made >= retrier.maxAttempts) return undefined
  attempts.set(retrier, made + 1)
  const { intervalSeconds, backoffRate, maxDelaySeconds } = retrier
  return 1000 * Math.min(intervalSeconds * backoffRate ** made, maxDelaySeconds)
}

/** @throws {StateFailure} that nothing catches */
function caught(catchers: readonly Catcher[], raw: unknown, failure: StateFailure): Step {
  const catcher = catchers.find(({ errors }) => matches(errors, failure.error))
  if (catcher === undefined) throw failure
  const { error, reason } = failure
  const output = { Error: error, ...(reason !== undefined && { Cause: reason }) }
  return { output: combined(catcher.resultPath, raw, output), next: catcher.next }
}

/** "Error names", Step Functions developer guide: two errors are beyond States.ALL. */
const TERMINAL = ['States.Runtime', 'States.DataLimitExceeded']

function matches(errors: readonly string[], error: string): boolean {
  return errors.some((name) => {
    if (name === 'States.ALL') return !TERMINAL.includes(error)
    if (name === 'States.TaskFailed') return error !== 'States.Timeout' && !TERMINAL.includes(error)
    return name === error
  })
}

const combined = (resultPath: string | null, raw: unknown, result: unknown): unknown =>
  resultPath === null ? raw : placedAt(resultPath, raw, result)

function secondsOf({ seconds, secondsPath, name }: WaitState, scope: Scope): number {
  const given = secondsPath === undefined ? seconds : valueAt(secondsPath, scope)
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0) return given
  throw new StateFailure('States.Runtime', `${name} waits for a whole number of seconds`)
}

function checkSize(data: unknown): void {
  const size = data === undefined ? 0 : Buffer.byteLength(JSON.stringify(data))
  if (size > DATA_LIMIT)
    throw new StateFailure('States.DataLimitExceeded', `The data of a state exceeds ${DATA_LIMIT} bytes`)
}

const textual = (output: unknown): { readonly output: string } => ({ output: JSON.stringify(output ?? null) })

const failureDetails = ({ error, cause }: StopReason): Record<string, string> => ({
  ...(error !== undefined && { error }),
  ...(cause !== undefined && { cause }),
})

const stopReason = (reason: unknown): StopReason =>
  typeof reason === 'object' && reason !== null && !(reason instanceof Error) ? reason : {}
