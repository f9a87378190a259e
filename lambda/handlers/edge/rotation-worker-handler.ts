/**
 * The function that carries out the tasks of rotations, one per invocation, called by the state machine. What it answers and what it throws is kept in the execution's history: ids and outcomes, never
 * a token, a value, or a word of the function that rotates.
 * @module
 */
import type { Context } from 'aws-lambda'
import { ROTATION_STEPS, type RotationStep } from '../../core/ports/functions.ts'
import type { RotationTasks } from '../../core/rotation/tasks.ts'
import type { ExecutionInput, TaskInput, TaskName } from '../../core/rotation/workflow.ts'
import { logger, reportFault } from './telemetry.ts'

export interface RotationWorkerOptions {
  /** @param noteFault told what went wrong inside, for the log */
  readonly tasks: (noteFault: (fault: unknown) => void) => RotationTasks
  /** The deployment's own: there are no others' secrets in its table. */
  readonly account: string
  readonly region: string
}

/** What the state machine goes on with. */
export interface WorkerAnswer {
  readonly outcome: string
  /** Always there: a state machine cannot select what may be absent. */
  readonly waitSeconds: number
}

export function rotationWorkerHandler({ tasks, account, region }: RotationWorkerOptions) {
  return async (event: unknown, { awsRequestId: requestId }: Pick<Context, 'awsRequestId'>): Promise<WorkerAnswer> => {
    const input = parseTask(event)
    if (input.account !== account || input.region !== region)
      throw new WorkerProblem('the task is about a secret of another account or Region')
    const { task, step, run, name: resource } = input
    const about = { task, ...(step !== undefined && { step }), resource, run }
    const operation = `rotation ${step ?? task}`
    const startedAt = performance.now()
    try {
      const { outcome, waitSeconds = 0 } = await tasks((fault) => reportFault(fault, { operation, requestId }))(input)
      logger.info('rotation', { ...about, requestId, outcome, latencyMs: Math.round(performance.now() - startedAt) })
      return { outcome, waitSeconds }
    } catch (fault) {
      reportFault(fault, { operation, requestId })
      // Step Functions keeps the message, and repeats the task.
      throw new WorkerProblem(`the task ${step ?? task} broke: the log of request ${requestId} says why`)
    }
  }
}

/** Holds names of tasks and ids only. */
export class WorkerProblem extends Error {
  override readonly name = 'WorkerProblem'
}

/** `{ execution: <what started it>, task, step?, executor }`, as lib/state-machine-definition.ts has it. @throws {WorkerProblem} */
export function parseTask(event: unknown): TaskInput {
  const { execution, task, step, executor } = membersOf(event)
  const name = textOf(task, 'task')
  if (!isTask(name)) throw new WorkerProblem('there is no such task')
  if (step !== undefined && !isStep(step)) throw new WorkerProblem('there is no such step')
  if ((name === 'step') !== (step !== undefined)) throw new WorkerProblem('the task step has a step, and no other has')
  return {
    ...parseExecution(execution),
    task: name,
    ...(step !== undefined && { step }),
    executor: textOf(executor, 'executor'),
  }
}

function parseExecution(given: unknown): ExecutionInput {
  const { account, region, name, suffix, run, takeOver } = membersOf(given)
  if (typeof run !== 'number' || !Number.isSafeInteger(run) || run < 1) throw new WorkerProblem('run must be a number')
  if (takeOver !== undefined && typeof takeOver !== 'boolean') throw new WorkerProblem('takeOver must be true or false')
  return {
    account: textOf(account, 'account'),
    region: textOf(region, 'region'),
    name: textOf(name, 'name'),
    suffix: textOf(suffix, 'suffix'),
    run,
    ...(takeOver !== undefined && { takeOver }),
  }
}

const TASKS: Readonly<Record<TaskName, true>> = { begin: true, step: true, finish: true, fail: true, retry: true }

const isTask = (text: string): text is TaskName => Object.hasOwn(TASKS, text)
const isStep = (given: unknown): given is RotationStep => ROTATION_STEPS.some((step) => step === given)

const membersOf = (given: unknown): Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null ? { ...given } : {}

function textOf(given: unknown, name: string): string {
  if (typeof given !== 'string' || given === '') throw new WorkerProblem(`${name} must be a text`)
  return given
}
