/**
 * Executions of state machines: started once by name, walked by the sandbox's clock, remembered with their history.
 * @module
 */
import { asUuid } from '../../../lambda/adapters/embedded/keyring/key-names.ts'
import type { Entropy } from '../../../lambda/core/ports/entropy.ts'
import type { Agenda } from '../../events/agenda.ts'
import { parseJson } from '../../json.ts'
import { History, type HistoryEvent } from './history.ts'
import type { StateMachine } from './state-machine.ts'
import { walk, type Outcome, type StopReason, type TaskCall, type TaskResult } from './walk.ts'

export type ExecutionStatus = 'RUNNING' | Outcome['status']

export interface Execution {
  readonly arn: string
  readonly name: string
  readonly machine: StateMachine
  /** JSON, as it was given. */
  readonly input: string
  readonly startedAt: number
  readonly status: ExecutionStatus
  readonly endedAt: number | undefined
  /** JSON. */
  readonly output: string | undefined
  readonly error: string | undefined
  readonly cause: string | undefined
  readonly history: readonly HistoryEvent[]
}

/** `known`: it runs already, with this very input. `taken`: the name was used for another one in the last 90 days. */
export type Started =
  | { readonly kind: 'started' | 'known'; readonly execution: Execution }
  | { readonly kind: 'taken'; readonly arn: string }

export interface ExecutionsOptions {
  readonly agenda: Agenda
  readonly entropy: Entropy
  readonly performTask: (machine: StateMachine, call: TaskCall) => Promise<TaskResult>
  readonly onFault: (error: unknown) => void
}

interface Running {
  execution: Execution
  readonly stop: AbortController
}

/** StartExecution, Step Functions API reference. */
const NAME_KEPT_MS = 90 * 86_400_000
/** Newest last; what is older is forgotten, but for the names. */
const KEPT = 2000

export class Executions {
  readonly #options: ExecutionsOptions
  readonly #byArn = new Map<string, Running>()
  /** When a name may be used again, by ARN; of running ones never. */
  readonly #taken = new Map<string, number>()
  #active = 0
  #whenIdle: (() => void)[] = []

  constructor(options: ExecutionsOptions) {
    this.#options = options
  }

  /** @param input JSON that was parsed before */
  start(machine: StateMachine, { name: given, input }: { readonly name?: string; readonly input: string }): Started {
    const { agenda, entropy } = this.#options
    const name = given ?? asUuid(entropy.bytes(16).toString('hex'))
    const arn = executionArn(machine, name)
    const before = this.#byArn.get(arn)?.execution
    if (before?.status === 'RUNNING' && before.input === input) return { kind: 'known', execution: before }
    if ((this.#taken.get(arn) ?? 0) > agenda.now()) return { kind: 'taken', arn }
    const history = new History()
    const running: Running = {
      stop: new AbortController(),
      execution: {
        arn,
        name,
        machine,
        input,
        startedAt: agenda.now(),
        status: 'RUNNING',
        endedAt: undefined,
        output: undefined,
        error: undefined,
        cause: undefined,
        history: history.events,
      },
    }
    this.#byArn.set(arn, running)
    this.#taken.set(arn, Infinity)
    this.#forgetOldest()
    void this.#run(running, history)
    return { kind: 'started', execution: running.execution }
  }

  find(arn: string): Execution | undefined {
    return this.#byArn.get(arn)?.execution
  }

  /** Of no effect on one that has ended. @returns when it ended */
  stop(arn: string, reason: StopReason): number {
    const running = this.#byArn.get(arn)
    running?.stop.abort(reason)
    return running?.execution.endedAt ?? this.#options.agenda.now()
  }

  /** Oldest first. */
  get all(): readonly Execution[] {
    return [...this.#byArn.values()].map(({ execution }) => execution)
  }

  /** None is at work: those that run wait for a later moment. */
  get isIdle(): boolean {
    return this.#active === 0
  }

  async idle(): Promise<void> {
    while (!this.isIdle) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  async #run(running: Running, history: History): Promise<void> {
    const { agenda, performTask, onFault } = this.#options
    const { execution, stop } = running
    const { machine, name, arn, input, startedAt } = execution
    this.#count(1)
    let outcome: Outcome
    try {
      outcome = await walk({
        definition: machine.definition,
        input: parseJson(input),
        context: contextOf(machine, { arn, name, input, startedAt }),
        agenda,
        performTask: (call) => performTask(machine, call),
        signal: stop.signal,
        history,
        onRest: (isResting) => this.#count(isResting ? -1 : 1),
      })
    } catch (error) {
      onFault(error)
      outcome = { status: 'FAILED', error: 'States.Runtime', cause: 'The sandbox failed: see its output' }
    }
    running.execution = { ...execution, ...ended(outcome), endedAt: agenda.now() }
    this.#taken.set(arn, agenda.now() + NAME_KEPT_MS)
    this.#count(-1)
  }

  #count(change: number): void {
    this.#active += change
    if (this.isIdle) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #forgetOldest(): void {
    if (this.#byArn.size <= KEPT) return
    for (const [arn, { execution }] of this.#byArn) {
      if (execution.status === 'RUNNING') continue
      this.#byArn.delete(arn)
      return
    }
  }
}

export const executionArn = ({ arn }: Pick<StateMachine, 'arn'>, name: string): string =>
  `${arn.replace(':stateMachine:', ':execution:')}:${name}`

/** The context object ("Accessing execution data", Step Functions developer guide). */
function contextOf(
  { arn: machineArn, name: machineName, role }: StateMachine,
  { arn, name, input, startedAt }: Pick<Execution, 'arn' | 'name' | 'input' | 'startedAt'>,
) {
  return {
    Execution: {
      Id: arn,
      Name: name,
      Input: parseJson(input),
      RoleArn: role.arn,
      StartTime: new Date(startedAt).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: machineArn, Name: machineName },
  }
}

function ended(outcome: Outcome): Pick<Execution, 'status' | 'output' | 'error' | 'cause'> {
  if (outcome.status === 'SUCCEEDED')
    return { status: 'SUCCEEDED', output: JSON.stringify(outcome.output ?? null), error: undefined, cause: undefined }
  const { status, error, cause } = outcome
  return { status, error, cause, output: undefined }
}
