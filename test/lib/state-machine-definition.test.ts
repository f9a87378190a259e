/** The state machine of rotations as it is deployed. Whether it does what the embedded runner does is tested in test/handlers/rotation-on-aws.test.ts. */
import { rotationWorkflow, type Workflow } from '../../lambda/core/rotation/workflow.ts'
import { stateMachineDefinition } from '../../lib/state-machine-definition.ts'
import { parseDefinition } from '../../sandbox/aws/states/definition.ts'

const WORKER = 'arn:aws:lambda:eu-west-1:123456789012:function:coffer-rotation-worker'
const made = (workflow: Workflow = rotationWorkflow) =>
  stateMachineDefinition(workflow, { partition: 'aws', workerArn: WORKER })
const { States: states } = made()

test('is one that Step Functions takes: every transition leads somewhere, and every state is reached', () => {
  expect(() => parseDefinition(JSON.stringify(made()), 'the state machine')).not.toThrow()
})

test('every state of the workflow is there, each task with a choice by exactly its outcomes', () => {
  for (const [name, state] of Object.entries(rotationWorkflow.states)) {
    if (state.kind !== 'task') {
      expect(states[name]?.Type).toBe(
        state.kind === 'wait' ? 'Wait' : state.result === 'succeeded' ? 'Succeed' : 'Fail',
      )
      continue
    }
    expect(states[name]).toMatchObject({ Type: 'Task', Next: `${name}Outcome` })
    const { Choices, Default } = states[`${name}Outcome`] as { Choices: Record<string, string>[]; Default: string }
    expect(Object.fromEntries(Choices.map(({ StringEquals, Next }) => [StringEquals, Next]))).toEqual(state.next)
    expect(states[Default]).toMatchObject({ Type: 'Fail', Error: 'UnknownOutcome' })
  }
  const tasks = Object.values(rotationWorkflow.states).filter(({ kind }) => kind === 'task')
  expect(Object.keys(states)).toHaveLength(Object.keys(rotationWorkflow.states).length + tasks.length + 1)
})

test('a task tells the worker what started the execution, which task it is, and who asks', () => {
  expect(states.SetSecret).toMatchObject({
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      FunctionName: WORKER,
      Payload: {
        'execution.$': '$$.Execution.Input',
        task: 'step',
        step: 'setSecret',
        'executor.$': '$$.Execution.Id',
      },
    },
  })
  expect(states.Begin).toMatchObject({ Parameters: { Payload: { task: 'begin' } } })
})

test('of the answer of the worker nothing goes on but an outcome and a number of seconds', () => {
  for (const state of Object.values(states).filter(({ Type }) => Type === 'Task'))
    expect(state.ResultSelector).toEqual({ 'outcome.$': '$.Payload.outcome', 'waitSeconds.$': '$.Payload.waitSeconds' })
})

test('what breaks is repeated as the workflow says, and then taken as failed, but for the task that notes failures', () => {
  for (const [name, state] of Object.entries(states).filter(([, { Type }]) => Type === 'Task')) {
    expect(state.Retry).toEqual([
      {
        ErrorEquals: ['States.TaskFailed', 'States.Timeout'],
        IntervalSeconds: 2,
        MaxAttempts: 5,
        BackoffRate: 2,
        MaxDelaySeconds: 60,
      },
    ])
    expect(state.Catch).toEqual(
      name === 'Fail' ? undefined : [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Fail' }],
    )
    // Later than the worker's own end.
    expect(state.TimeoutSeconds).toBe(930)
  }
})

test('it is made of the data: another workflow is another state machine', () => {
  const { StartAt, States } = made({
    start: 'One',
    states: {
      One: { kind: 'task', task: 'finish', next: { yes: 'End', no: 'One' } },
      End: { kind: 'end', result: 'failed' },
    },
    onFault: { retries: 1, firstSeconds: 7, factor: 3, mostSeconds: 9, then: 'One' },
  })
  expect(StartAt).toBe('One')
  expect(Object.keys(States)).toEqual(['One', 'OneOutcome', 'End', 'UnknownOutcome'])
  expect(States.One).toMatchObject({
    Retry: [{ IntervalSeconds: 7, MaxAttempts: 1, BackoffRate: 3, MaxDelaySeconds: 9 }],
  })
})
