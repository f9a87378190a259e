/**
 * Carries rotations out in this process: finds what is due, and walks the workflow's data with the core's tasks, as Step Functions does on AWS. The state that an execution is in is on the disk before it is
 * entered, and a task may be repeated: after `kill -9` it goes on there.
 * @module
 */
import type { SecretKey } from '../../lambda/core/domain/secret.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { DueRotation, SecretStore } from '../../lambda/core/ports/secret-store.ts'
import type { RotationTasks } from '../../lambda/core/rotation/tasks.ts'
import { rotationWorkflow, type TaskState, type Workflow } from '../../lambda/core/rotation/workflow.ts'
import type { Execution, ExecutionStore } from './execution-store.ts'

/** All executions of this data directory are this process's: no other can have them. */
const EXECUTOR = 'embedded'
const LOOK_EVERY_MS = 1_000
/** How long an orderly end waits for functions that are running. */
const END_PATIENCE_MS = 10_000

export interface RotationRunnerOptions {
  readonly store: Pick<SecretStore, 'dueRotations' | 'load'>
  readonly executions: ExecutionStore
  readonly tasks: RotationTasks
  /** The domain's. */
  readonly clock: Clock
  /** Rotations that are carried out at the same time. */
  readonly concurrency: number
  readonly onFault: (fault: unknown) => void
  readonly workflow?: Workflow
  /** Milliseconds that only go forward; for the pauses after faults, which have to do with the machine and not with the domain's time. */
  readonly monotonic?: () => number
}

interface Trouble {
  readonly faults: number
  /** Of the monotonic clock. */
  readonly restsUntil: number
}

export class RotationRunner {
  readonly #options: Required<RotationRunnerOptions>
  readonly #inFlight = new Map<string, Promise<void>>()
  readonly #troubles = new Map<string, Trouble>()
  #timer: NodeJS.Timeout | undefined
  #isEnding = false
  #looking: Promise<void> | undefined
  #lookAgain = false

  constructor(options: RotationRunnerOptions) {
    this.#options = { workflow: rotationWorkflow, monotonic: () => performance.now(), ...options }
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref()
    this.#looking = this.#endLeftOvers()
      .catch(this.#options.onFault)
      .finally(() => (this.#looking = undefined))
      .finally(() => this.look())
  }

  /** Starts what is due, as far as there is room; does not wait for it. */
  look(): void {
    if (this.#isEnding) return
    this.#lookAgain = true
    this.#looking ??= this.#lookWhileAsked().finally(() => (this.#looking = undefined))
  }

  /** Resolves when nothing is running that could, and nothing is due by the domain's clock. */
  async drain(): Promise<void> {
    for (;;) {
      this.look()
      await this.#looking
      if (this.#inFlight.size === 0) return
      await Promise.race(this.#inFlight.values())
    }
  }

  /** What is running is left where it is, on the disk, and gone on with at the next start. @param endFunctions ends the functions that it waits for */
  async stop(endFunctions: () => Promise<void>): Promise<void> {
    this.#isEnding = true
    clearInterval(this.#timer)
    await this.#looking
    await endFunctions()
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, END_PATIENCE_MS).unref())
    await Promise.race([Promise.all(this.#inFlight.values()), timeout])
  }

  /**
   * Executions that broke off after the commit that ended their rotation: their heads are not due any more, and what was left to be written and told is done now. Those that go on are found as what is due.
   */
  async #endLeftOvers(): Promise<void> {
    const { store, executions } = this.#options
    for (const execution of executions.all()) {
      if (this.#isEnding) return
      const head = (await store.load(execution.key))?.head
      const isGoingOn = head?.suffix === execution.suffix && head.rotation?.running?.run === execution.run
      if (!isGoingOn) await this.#walk(execution)
    }
  }

  async #lookWhileAsked(): Promise<void> {
    try {
      while (this.#lookAgain && !this.#isEnding) {
        this.#lookAgain = false
        await this.#startDue()
      }
    } catch (fault) {
      this.#options.onFault(fault)
    }
  }

  async #startDue(): Promise<void> {
    const { store, clock, concurrency } = this.#options
    let after: DueRotation | undefined
    while (this.#inFlight.size < concurrency && !this.#isEnding) {
      const page = await store.dueRotations(clock.now(), concurrency, after)
      for (const { key } of page) this.#startIfFree(key)
      after = page.at(-1)
      if (page.length < concurrency) return
    }
  }

  #startIfFree(key: SecretKey): void {
    const id = idOf(key)
    const { concurrency, monotonic, onFault } = this.#options
    if (this.#inFlight.size >= concurrency || this.#inFlight.has(id)) return
    if ((this.#troubles.get(id)?.restsUntil ?? -Infinity) > monotonic()) return
    const work = this.#carryOut(key)
      .catch(onFault)
      .finally(() => {
        this.#inFlight.delete(id)
        this.look()
      })
    this.#inFlight.set(id, work)
  }

  async #carryOut(key: SecretKey): Promise<void> {
    const { store, executions, workflow } = this.#options
    const head = (await store.load(key))?.head
    const run = head?.rotation?.running?.run ?? head?.rotation?.due?.run
    if (!head || run === undefined) return
    const kept = executions.read(key)
    const isSame = kept?.run === run && kept.suffix === head.suffix
    await this.#walk(isSame ? kept : { key, suffix: head.suffix, run, state: workflow.start })
    const after = (await store.load(key))?.head
    // Whatever is due and nothing comes of must not be looked at again and again.
    if (after?.revision === head.revision && !this.#troubles.has(idOf(key))) this.#rest(idOf(key), 'none')
  }

  async #walk(from: Execution): Promise<void> {
    const { workflow, executions } = this.#options
    let execution = from
    for (;;) {
      const state = workflow.states[execution.state]
      if (!state) throw new Error(`the workflow has no state ${execution.state}`)
      if (state.kind === 'end') return executions.remove(execution)
      // Not waited for here: the head says when it is due again.
      if (state.kind === 'wait') return executions.write({ ...execution, state: state.next })
      if (state !== workflow.states[workflow.start]) await executions.write(execution)
      const next = await this.#performed(execution, state)
      if (next === undefined || this.#isEnding) return
      execution = { ...execution, state: next }
    }
  }

  /** @returns where to go on; undefined: not now */
  async #performed({ key, suffix, run }: Execution, { task, step, next }: TaskState): Promise<string | undefined> {
    const id = idOf(key)
    try {
      const input = { ...key, suffix, run, task, executor: EXECUTOR, ...(step && { step }) }
      const { outcome } = await this.#options.tasks(input)
      this.#troubles.delete(id)
      const state = next[outcome]
      if (state === undefined) throw new Error(`the task ${task} ended in ${outcome}, which the workflow does not know`)
      return state
    } catch (fault) {
      if (!this.#isEnding) this.#options.onFault(fault)
      return this.#rest(id, task)
    }
  }

  /** The pause before a task is repeated that has broken; beyond the repetitions of the workflow it is taken as failed. */
  #rest(id: string, task: string): string | undefined {
    const { onFault: rule, states } = this.#options.workflow
    const { monotonic } = this.#options
    const faults = (this.#troubles.get(id)?.faults ?? 0) + 1
    const isLast = states[rule.then]?.kind === 'task' && (states[rule.then] as TaskState).task === task
    if (faults > rule.retries && !isLast) {
      this.#troubles.delete(id)
      return rule.then
    }
    const seconds = Math.min(rule.mostSeconds, rule.firstSeconds * rule.factor ** Math.min(faults - 1, 20))
    this.#troubles.set(id, { faults, restsUntil: monotonic() + seconds * 1000 })
    return undefined
  }
}

const idOf = ({ account, region, name }: SecretKey): string => `${account}/${region}/${name}`
