/**
 * The workflow of rotations (lambda/core/rotation/workflow.ts) as a state machine in the Amazon States Language. Each of its tasks is one call of the worker and a choice by the outcome. Of what the
 * worker answers, an outcome and a number of seconds go on: the execution's history keeps everything that does.
 * @module
 */
import type { TaskState, Workflow, WorkflowState } from '../lambda/core/rotation/workflow.ts'

export interface StateMachineOptions {
  readonly partition: string
  readonly workerArn: string
}

type State = Readonly<Record<string, unknown>>

export interface StateMachineDefinition {
  readonly Comment: string
  readonly StartAt: string
  readonly States: Readonly<Record<string, State>>
}

/** The worker's own end is at 900 seconds; this is for an invocation that nobody hears of any more. */
const TASK_TIMEOUT_SECONDS = 930

/** Where an outcome leads that the workflow does not know. */
const UNKNOWN = 'UnknownOutcome'

export function stateMachineDefinition(workflow: Workflow, options: StateMachineOptions): StateMachineDefinition {
  const states = Object.entries(workflow.states).flatMap(([name, state]) => statesFor(name, state, workflow, options))
  const unknown: State = {
    Type: 'Fail',
    Error: 'UnknownOutcome',
    Cause:
      'A task had an outcome that the workflow does not know: the state machine and the worker are of different versions.',
  }
  return {
    Comment: 'A rotation of one secret. State data are ids and outcomes.',
    StartAt: workflow.start,
    States: Object.fromEntries([...states, [UNKNOWN, unknown]]),
  }
}

function statesFor(
  name: string,
  state: WorkflowState,
  workflow: Workflow,
  options: StateMachineOptions,
): [string, State][] {
  switch (state.kind) {
    case 'task':
      return [
        [name, taskOf(name, state, workflow, options)],
        [choiceAfter(name), choiceOf(state)],
      ]
    case 'wait':
      return [[name, { Type: 'Wait', SecondsPath: '$.waitSeconds', Next: state.next }]]
    case 'end':
      return [[name, state.result === 'succeeded' ? { Type: 'Succeed' } : FAILED]]
  }
}

const FAILED: State = {
  Type: 'Fail',
  Error: 'RotationFailed',
  Cause:
    "The rotation failed and is not attempted again before its next window. The secret's recorder and the event RotationFailed say why.",
}

function taskOf(
  name: string,
  { task, step }: TaskState,
  { onFault }: Workflow,
  { partition, workerArn }: StateMachineOptions,
): State {
  return {
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke`,
    Parameters: {
      FunctionName: workerArn,
      // What started it comes from the context, so that no state can lose or change it.
      Payload: {
        'execution.$': '$$.Execution.Input',
        task,
        ...(step !== undefined && { step }),
        'executor.$': '$$.Execution.Id',
      },
    },
    ResultSelector: { 'outcome.$': '$.Payload.outcome', 'waitSeconds.$': '$.Payload.waitSeconds' },
    TimeoutSeconds: TASK_TIMEOUT_SECONDS,
    // A function that fails has an outcome; what breaks is ours: the store is throttled, Lambda has no room, a worker was ended.
    Retry: [
      {
        ErrorEquals: ['States.TaskFailed', 'States.Timeout'],
        IntervalSeconds: onFault.firstSeconds,
        MaxAttempts: onFault.retries,
        BackoffRate: onFault.factor,
        MaxDelaySeconds: onFault.mostSeconds,
      },
    ],
    // What broke is in the history of the execution already, and no business of the state to come.
    ...(name !== onFault.then && { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: onFault.then }] }),
    Next: choiceAfter(name),
  }
}

const choiceAfter = (name: string): string => `${name}Outcome`

const choiceOf = ({ next }: TaskState): State => ({
  Type: 'Choice',
  Choices: Object.entries(next).map(([outcome, to]) => ({ Variable: '$.outcome', StringEquals: outcome, Next: to })),
  Default: UNKNOWN,
})
