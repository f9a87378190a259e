/**
 * The workflow of a rotation, as data (design 7). Embedded a durable runner walks it; on AWS a Step Functions state machine is made of it. The tasks are the core's
 * (tasks.ts), the same in both places. What travels between states are ids and outcomes: never a token of a function, never a value.
 * @module
 */
import type { RotationStep } from '../ports/functions.ts'

export type TaskName = 'begin' | 'step' | 'finish' | 'fail' | 'retry'

export interface TaskState {
  readonly kind: 'task'
  readonly task: TaskName
  /** Of the task `step`. */
  readonly step?: RotationStep
  /** Where to go, by the outcome of the task. */
  readonly next: Readonly<Record<string, string>>
}

/** Waits for the `waitSeconds` that the last task said. */
export interface WaitState {
  readonly kind: 'wait'
  readonly next: string
}

export interface EndState {
  readonly kind: 'end'
  readonly result: 'succeeded' | 'failed'
}

export type WorkflowState = TaskState | WaitState | EndState

export interface Workflow {
  readonly start: string
  readonly states: Readonly<Record<string, WorkflowState>>
  /** What is done about a task that breaks, as all our tasks may when the store is throttled or a function is ended: it is repeated, and at last taken as failed. */
  readonly onFault: {
    readonly retries: number
    readonly firstSeconds: number
    readonly factor: number
    readonly mostSeconds: number
    /** For every task but its own. */
    readonly then: string
  }
}

const step = (name: RotationStep, next: string): TaskState => ({
  kind: 'task',
  task: 'step',
  step: name,
  next: { ok: next, failed: 'Fail', stale: 'Done' },
})

export const rotationWorkflow: Workflow = {
  start: 'Begin',
  states: {
    Begin: {
      kind: 'task',
      task: 'begin',
      next: {
        createSecret: 'CreateSecret',
        setSecret: 'SetSecret',
        testSecret: 'TestSecret',
        finishSecret: 'FinishSecret',
        test: 'TestConfiguration',
        failed: 'Fail',
        'gave-up': 'Failed',
        stale: 'Done',
      },
    },
    CreateSecret: step('createSecret', 'SetSecret'),
    SetSecret: step('setSecret', 'TestSecret'),
    TestSecret: step('testSecret', 'FinishSecret'),
    FinishSecret: step('finishSecret', 'Finish'),
    TestConfiguration: step('testSecret', 'Finish'),
    Finish: { kind: 'task', task: 'finish', next: { succeeded: 'Done', failed: 'Fail', stale: 'Done' } },
    Fail: { kind: 'task', task: 'fail', next: { retry: 'Wait', 'gave-up': 'Failed', stale: 'Done' } },
    Wait: { kind: 'wait', next: 'Retry' },
    Retry: { kind: 'task', task: 'retry', next: { createSecret: 'CreateSecret', stale: 'Done' } },
    Done: { kind: 'end', result: 'succeeded' },
    Failed: { kind: 'end', result: 'failed' },
  },
  onFault: { retries: 5, firstSeconds: 2, factor: 2, mostSeconds: 60, then: 'Fail' },
}

/** What starts an execution. */
export interface ExecutionInput {
  readonly account: string
  readonly region: string
  readonly name: string
  /** Of the secret's ARN: one that was deleted and made again is another. */
  readonly suffix: string
  /** Which start this is: of another one nothing is done. */
  readonly run: number
  /** Takes the run over from an execution that is no longer heard of. */
  readonly takeOver?: boolean
}

/** What a task is given. */
export interface TaskInput extends ExecutionInput {
  readonly task: TaskName
  readonly step?: RotationStep
  /** Id of the execution. */
  readonly executor: string
}

/** What a task answers. */
export interface TaskOutcome {
  readonly outcome: string
  /** Of `retry`. */
  readonly waitSeconds?: number
}
