import { Agenda } from '../../../../sandbox/events/agenda.ts'
import { parseDefinition } from '../../../../sandbox/aws/states/definition.ts'
import { History } from '../../../../sandbox/aws/states/history.ts'
import { walk, type Outcome, type TaskCall, type TaskResult } from '../../../../sandbox/aws/states/walk.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const returned = (output: unknown): TaskResult => ({ kind: 'returned', output })
const failed = (error: string, cause?: string): TaskResult => ({
  kind: 'failed',
  error,
  ...(cause !== undefined && { cause }),
})
const context = { Execution: { Id: 'execution-1' }, StateMachine: { Name: 'machine' } }

interface Walk {
  readonly states: Record<string, object>
  readonly startAt?: string
  readonly timeoutSeconds?: number
  readonly input?: unknown
  /** Answers in turn; the last one again and again. */
  readonly answers?: readonly (TaskResult | Promise<TaskResult>)[]
}

function start({ states, startAt = 'A', timeoutSeconds, input = {}, answers = [] }: Walk) {
  const clock = new ManualClock()
  const begin = clock.now()
  const agenda = new Agenda(clock)
  const history = new History()
  const calls: (TaskCall & { after: number })[] = []
  const stop = new AbortController()
  const document = { StartAt: startAt, States: states, ...(timeoutSeconds && { TimeoutSeconds: timeoutSeconds }) }
  let resting = 0
  const ended = walk({
    definition: parseDefinition(JSON.stringify(document), 'Machine'),
    input,
    context,
    agenda,
    history,
    signal: stop.signal,
    onRest: (isResting) => (resting += isResting ? 1 : -1),
    performTask: (call) => {
      calls.push({ ...call, after: clock.now() - begin })
      return Promise.resolve(answers[Math.min(calls.length, answers.length) - 1] ?? returned({}))
    },
  })
  /** Lets everything be done that no time has to go by for. */
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  /** Moves the clock from one moment of the agenda to the next, to the end. */
  const finish = async (): Promise<Outcome> => {
    for (await settle(); agenda.next !== undefined; await settle()) {
      clock.advance(Math.max(0, agenda.next - clock.now()))
      await agenda.runDue()
    }
    return ended
  }
  const types = () => history.events.map(({ type }) => type)
  return { clock, agenda, history, calls, stop, ended, settle, finish, types, isResting: () => resting > 0 }
}
const task = (more: object) => ({ Type: 'Task', Resource: 'task', ...more })

describe('data on its way', () => {
  it('goes through InputPath, Parameters, ResultSelector, ResultPath and OutputPath', async () => {
    const walked = start({
      states: {
        A: task({
          InputPath: '$.inner',
          Parameters: {
            'id.$': '$$.Execution.Id',
            'state.$': '$$.State.Name',
            'name.$': '$.name',
            list: [{ 'x.$': "$['odd name'][1]" }],
            fixed: null,
          },
          ResultSelector: { 'kept.$': '$.Payload.outcome', 'whole.$': '$' },
          ResultPath: '$.deep.result',
          OutputPath: '$.deep',
          End: true,
        }),
      },
      input: { inner: { name: 'n', 'odd name': [0, 7] }, deep: { before: 1 } },
      answers: [returned({ Payload: { outcome: 'ok' } })],
    })
    expect(await walked.finish()).toEqual({
      status: 'SUCCEEDED',
      output: { before: 1, result: { kept: 'ok', whole: { Payload: { outcome: 'ok' } } } },
    })
    expect(walked.calls[0]).toMatchObject({
      state: 'A',
      resource: 'task',
      parameters: { id: 'execution-1', state: 'A', name: 'n', list: [{ x: 7 }], fixed: null },
    })
  })

  it.each<[string, object, unknown]>([
    ['replaces the input', {}, 'result'],
    ['is thrown away', { ResultPath: null }, { a: 1 }],
    ['is put into the input', { ResultPath: '$.r' }, { a: 1, r: 'result' }],
  ])('a result %s', async (_, more, output) => {
    const { finish } = start({
      states: { A: task({ ...more, End: true }) },
      input: { a: 1 },
      answers: [returned('result')],
    })
    expect(await finish()).toEqual({ status: 'SUCCEEDED', output })
  })

  it('a Pass state makes a result of its own', async () => {
    const { finish } = start({
      states: {
        A: { Type: 'Pass', Result: { x: 1 }, ResultPath: '$.p', Next: 'B' },
        B: { Type: 'Succeed', OutputPath: '$.p' },
      },
    })
    expect(await finish()).toEqual({ status: 'SUCCEEDED', output: { x: 1 } })
  })

  it.each<[string, object]>([
    ['Parameters', { Parameters: { 'a.$': '$.none' } }],
    ['ResultSelector', { ResultSelector: { 'a.$': '$.none' } }],
    ['InputPath', { InputPath: '$.none' }],
    ['OutputPath', { OutputPath: '$.none' }],
  ])('a path of %s that leads nowhere fails the execution, and nothing catches it', async (_, more) => {
    const { finish } = start({
      states: {
        A: task({ ...more, End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }),
        B: { Type: 'Succeed' },
      },
    })
    expect(await finish()).toMatchObject({ status: 'FAILED', error: 'States.Runtime' })
  })

  it('data of more than 256 KiB is too much', async () => {
    const { finish } = start({ states: { A: task({ End: true }) }, answers: [returned('x'.repeat(262_144))] })
    expect(await finish()).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' })
  })
})

describe('choices', () => {
  const choose = async (choice: object, input: unknown): Promise<unknown> => {
    const { finish, types, history } = start({
      states: {
        A: { Type: 'Choice', Choices: [{ ...choice, Next: 'Yes' }], Default: 'No' },
        Yes: { Type: 'Succeed' },
        No: { Type: 'Succeed' },
      },
      input,
    })
    const outcome = await finish()
    if (outcome.status !== 'SUCCEEDED') return outcome.error
    return history.events[types().indexOf('SucceedStateEntered')]?.details.name
  }
  const on = (comparison: object) => ({ Variable: '$.v', ...comparison })
  it.each<[object, unknown, string]>([
    [on({ StringEquals: 'a' }), 'a', 'Yes'],
    [on({ StringEquals: 'a' }), 'b', 'No'],
    [on({ StringEquals: '1' }), 1, 'No'],
    [on({ StringMatches: 'a*c.\\*' }), 'abbc.*', 'Yes'],
    [on({ StringMatches: 'a*c.\\*' }), 'abbcx*', 'No'],
    [on({ BooleanEquals: true }), true, 'Yes'],
    [on({ BooleanEquals: true }), false, 'No'],
    [on({ NumericGreaterThan: 3 }), 4, 'Yes'],
    [on({ NumericGreaterThan: 3 }), 3, 'No'],
    [on({ NumericLessThanEquals: 3 }), 3, 'Yes'],
    [on({ IsPresent: false }), undefined, 'Yes'],
    [on({ IsPresent: true }), null, 'Yes'],
    [on({ IsNull: true }), null, 'Yes'],
    [on({ IsString: true }), 5, 'No'],
    [{ And: [on({ IsPresent: true }), on({ StringEquals: 'a' })] }, undefined, 'No'],
    [{ Or: [on({ StringEquals: 'a' }), on({ StringEquals: 'b' })] }, 'b', 'Yes'],
    [{ Not: on({ StringEquals: 'a' }) }, 'a', 'No'],
    [on({ StringEquals: 'a' }), undefined, 'States.Runtime'],
  ])('%j of %j: %s', async (choice, v, expected) => {
    expect(await choose(choice, v === undefined ? {} : { v })).toBe(expected)
  })

  it('that do not match and have no default fail the execution', async () => {
    const { finish } = start({
      states: { A: { Type: 'Choice', Choices: [{ ...on({ StringEquals: 'a' }), Next: 'B' }] }, B: { Type: 'Succeed' } },
      input: { v: 'z' },
    })
    expect(await finish()).toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' })
  })
})

describe('waits', () => {
  it('are over when the clock says so, and meanwhile the execution rests', async () => {
    const { clock, agenda, settle, isResting, ended, types } = start({
      states: { A: { Type: 'Wait', SecondsPath: '$.s', Next: 'B' }, B: { Type: 'Succeed' } },
      input: { s: 90 },
    })
    await settle()
    expect(isResting()).toBe(true)
    clock.advance(89_999)
    await agenda.runDue()
    await settle()
    expect(types()).not.toContain('WaitStateExited')
    clock.advance(1)
    await agenda.runDue()
    expect(isResting()).toBe(false)
    expect(await ended).toMatchObject({ status: 'SUCCEEDED' })
    expect(agenda.next).toBeUndefined()
  })

  it.each(['soon', -1, 1.5, null])('of %j seconds fail the execution', async (s) => {
    const { finish } = start({ states: { A: { Type: 'Wait', SecondsPath: '$.s', End: true } }, input: { s } })
    expect(await finish()).toMatchObject({ status: 'FAILED', error: 'States.Runtime' })
  })
})

describe('tasks that fail', () => {
  const Retry = [{ ErrorEquals: ['Slow'], IntervalSeconds: 2, MaxAttempts: 4, BackoffRate: 2, MaxDelaySeconds: 5 }]

  it('are tried again after growing delays of the clock, up to the longest', async () => {
    const { finish, calls } = start({ states: { A: task({ Retry, End: true }) }, answers: [failed('Slow', 'why')] })
    expect(await finish()).toEqual({ status: 'FAILED', error: 'Slow', cause: 'why' })
    expect(calls.map(({ after }) => after)).toEqual([0, 2000, 6000, 11_000, 16_000])
  })

  it('go on when they come to work', async () => {
    const { finish, calls } = start({
      states: { A: task({ Retry, Parameters: { 'n.$': '$$.State.RetryCount' }, End: true }) },
      answers: [failed('Slow'), returned('done')],
    })
    expect(await finish()).toEqual({ status: 'SUCCEEDED', output: 'done' })
    expect(calls.map(({ parameters }) => parameters)).toEqual([{ n: 0 }, { n: 1 }])
  })

  it('each retrier counts its own attempts; an error that none names is not tried again', async () => {
    const { finish, calls } = start({
      states: {
        A: task({
          Retry: [
            { ErrorEquals: ['One'], MaxAttempts: 1 },
            { ErrorEquals: ['Two'], MaxAttempts: 1 },
          ],
          End: true,
        }),
      },
      answers: [failed('One'), failed('Two'), failed('Other')],
    })
    expect(await finish()).toMatchObject({ status: 'FAILED', error: 'Other' })
    expect(calls).toHaveLength(3)
  })

  it.each<[string, string, boolean]>([
    ['States.ALL', 'Anything', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.TaskFailed', 'Anything', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['Anything', 'Anything', true],
    ['Anything', 'anything', false],
  ])('a catcher of %s has %s: %s', async (name, error, isCaught) => {
    const { finish } = start({
      states: {
        A: task({ Catch: [{ ErrorEquals: [name], ResultPath: '$.error', Next: 'B' }], End: true }),
        B: { Type: 'Succeed' },
      },
      input: { kept: 1 },
      answers: [failed(error, 'cause')],
    })
    expect(await finish()).toEqual(
      isCaught
        ? { status: 'SUCCEEDED', output: { kept: 1, error: { Error: error, Cause: 'cause' } } }
        : { status: 'FAILED', error, cause: 'cause' },
    )
  })

  it('are caught only when no attempt is left', async () => {
    const { finish, calls } = start({
      states: {
        A: task({ Retry, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], End: true }),
        B: { Type: 'Fail', Error: 'Own', Cause: 'c' },
      },
      answers: [failed('Slow')],
    })
    expect(await finish()).toEqual({ status: 'FAILED', error: 'Own', cause: 'c' })
    expect(calls).toHaveLength(5)
  })

  it('that do not come to an end are given up after their TimeoutSeconds', async () => {
    const never = new Promise<TaskResult>(() => undefined)
    const { finish, clock, types } = start({
      states: { A: task({ TimeoutSeconds: 910, End: true }) },
      answers: [never],
    })
    const before = clock.now()
    expect(await finish()).toEqual({ status: 'FAILED', error: 'States.Timeout' })
    expect(clock.now() - before).toBe(910_000)
    expect(types()).toContain('TaskTimedOut')
  })

  it('leave nothing on the agenda when they come to an end in time', async () => {
    const { agenda, ended } = start({ states: { A: task({ TimeoutSeconds: 910, End: true }) }, answers: [returned(1)] })
    expect(await ended).toEqual({ status: 'SUCCEEDED', output: 1 })
    expect(agenda.next).toBeUndefined()
  })
})

describe('an end from outside', () => {
  const never = new Promise<TaskResult>(() => undefined)
  it.each<[string, object]>([
    ['a wait', { Type: 'Wait', Seconds: 1000, End: true }],
    ['a task', task({ End: true })],
  ])('stops %s with its reason', async (_, state) => {
    const { stop, ended, settle, agenda, types } = start({ states: { A: state }, answers: [never] })
    await settle()
    stop.abort({ error: 'Enough', cause: 'of this' })
    expect(await ended).toEqual({ status: 'ABORTED', error: 'Enough', cause: 'of this' })
    expect(agenda.next).toBeUndefined()
    expect(types().at(-1)).toBe('ExecutionAborted')
  })

  it('is the timeout of the execution, too', async () => {
    const { finish, types } = start({
      states: { A: { Type: 'Wait', Seconds: 1000, End: true } },
      timeoutSeconds: 10,
    })
    expect(await finish()).toEqual({ status: 'TIMED_OUT' })
    expect(types().at(-1)).toBe('ExecutionTimedOut')
  })

  it('is an execution without end: its history is full some time', async () => {
    const { finish } = start({
      states: {
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Choice', Choices: [{ Variable: '$.x', IsPresent: true, Next: 'C' }], Default: 'A' },
        C: { Type: 'Succeed' },
      },
    })
    expect(await finish()).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('history') as string })
  })
})

it('the history shows what went in and out of each state, and whole answers of tasks', async () => {
  const { finish, history } = start({
    states: { A: task({ Parameters: { p: 1 }, ResultSelector: { 'r.$': '$.kept' }, End: true }) },
    input: { i: 1 },
    answers: [returned({ kept: 2, dropped: 3 })],
  })
  await finish()
  expect(history.events.map(({ type, details }) => [type, details])).toEqual([
    ['ExecutionStarted', { input: '{"i":1}' }],
    ['TaskStateEntered', { name: 'A', input: '{"i":1}' }],
    ['TaskScheduled', { resource: 'task', parameters: '{"p":1}' }],
    ['TaskSucceeded', { resource: 'task', output: '{"kept":2,"dropped":3}' }],
    ['TaskStateExited', { name: 'A', output: '{"r":2}' }],
    ['ExecutionSucceeded', { output: '{"r":2}' }],
  ])
})
