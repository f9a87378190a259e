import { parseDefinition } from '../../../../sandbox/aws/states/definition.ts'

const parse = (document: unknown) => parseDefinition(JSON.stringify(document), 'Machine')
const of = (state: object, more: object = {}) => ({ StartAt: 'A', States: { A: state, ...more } })
const task = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true }

it('reads a definition with every kind of state that is known', () => {
  const { startAt, states, timeoutSeconds } = parse({
    Comment: 'all of them',
    StartAt: 'Work',
    TimeoutSeconds: 60,
    QueryLanguage: 'JSONPath',
    States: {
      Work: {
        ...task,
        End: undefined,
        Next: 'Shape',
        Parameters: { FunctionName: 'f', 'Payload.$': '$$.Execution.Id' },
        ResultSelector: { 'outcome.$': '$.Payload.outcome' },
        ResultPath: '$.result',
        TimeoutSeconds: 910,
        Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 2, MaxAttempts: 5, MaxDelaySeconds: 60 }],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Bad' }],
      },
      Shape: { Type: 'Pass', Next: 'Look' },
      Look: {
        Type: 'Choice',
        Choices: [
          {
            And: [{ Variable: '$.a', IsPresent: true }, { Not: { Variable: '$.a', StringEquals: 'b' } }],
            Next: 'Rest',
          },
        ],
        Default: 'Good',
      },
      Rest: { Type: 'Wait', SecondsPath: '$.result.waitSeconds', Next: 'Work' },
      Good: { Type: 'Succeed' },
      Bad: { Type: 'Fail', Error: 'Gone', Cause: 'because' },
    },
  })
  expect({ startAt, timeoutSeconds, names: [...states.keys()] }).toEqual({
    startAt: 'Work',
    timeoutSeconds: 60,
    names: ['Work', 'Shape', 'Look', 'Rest', 'Good', 'Bad'],
  })
  expect(states.get('Work')).toMatchObject({
    timeoutSeconds: 910,
    retry: [{ errors: ['States.TaskFailed'], intervalSeconds: 2, maxAttempts: 5, backoffRate: 2, maxDelaySeconds: 60 }],
    catchers: [{ errors: ['States.ALL'], resultPath: null, next: 'Bad' }],
  })
})

describe('what Step Functions would refuse, or is not known, is refused with its place', () => {
  it.each<[string, unknown, string]>([
    ['no JSON object', [], 'Machine definition'],
    ['JSONata', { ...of({ Type: 'Succeed' }), QueryLanguage: 'JSONata' }, 'query language'],
    ['an unknown member', { ...of({ Type: 'Succeed' }), Owner: 'x' }, 'the field Owner'],
    ['a start that there is not', { StartAt: 'B', States: { A: { Type: 'Succeed' } } }, 'StartAt leads to B'],
    ['a transition to nowhere', of({ Type: 'Pass', Next: 'B' }), 'A leads to B'],
    ['a state that nothing leads to', of({ Type: 'Succeed' }, { B: { Type: 'Succeed' } }), 'nothing leads to B'],
    ['an unknown type', of({ Type: 'Map', End: true }), 'type Map'],
    ['an unknown field of a state', of({ ...task, HeartbeatSeconds: 5 }), 'the field HeartbeatSeconds'],
    ['neither Next nor End', of({ Type: 'Pass' }), 'Next or is an End'],
    ['both Next and End', of({ Type: 'Pass', Next: 'A', End: true }), 'Next or is an End'],
    [
      'a name of over 80 characters',
      { StartAt: 'x'.repeat(81), States: { ['x'.repeat(81)]: { Type: 'Succeed' } } },
      '80',
    ],
    ['a path with a filter', of({ ...task, InputPath: '$..book[?(@.x)]' }), 'does not know the path'],
    ['a path that is none', of({ ...task, Parameters: { 'a.$': 'b' } }), 'begins with $'],
    ['an intrinsic function', of({ ...task, Parameters: { 'a.$': 'States.UUID()' } }), 'intrinsic function'],
    ['States.ALL with others', of({ ...task, Retry: [{ ErrorEquals: ['States.ALL', 'x'] }] }), 'stands alone'],
    [
      'States.ALL before others',
      of({ ...task, Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['x'] }] }),
      'last',
    ],
    ['a retrier of nothing', of({ ...task, Retry: [{ ErrorEquals: [] }] }), 'names no error'],
    ['a backoff below one', of({ ...task, Retry: [{ ErrorEquals: ['x'], BackoffRate: 0.5 }] }), '1 at least'],
    [
      'an interval of nought',
      of({ ...task, Retry: [{ ErrorEquals: ['x'], IntervalSeconds: 0 }] }),
      'whole number from 1',
    ],
    ['a wait of no length', of({ Type: 'Wait', End: true }), 'one of Seconds and SecondsPath'],
    ['a wait of half a second', of({ Type: 'Wait', Seconds: 0.5, End: true }), 'whole number'],
    [
      'an unknown comparison',
      of({ Type: 'Choice', Choices: [{ Variable: '$.a', TimestampEquals: 'x', Next: 'A' }] }),
      'TimestampEquals',
    ],
    [
      'two comparisons',
      of({ Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, IsString: true, Next: 'A' }] }),
      'one comparison',
    ],
    [
      'a comparison of nothing',
      of({ Type: 'Choice', Choices: [{ StringEquals: 'x', Next: 'A' }] }),
      'without a Variable',
    ],
  ])('%s', (_, document, message) => {
    expect(() => parse(document)).toThrow(message)
  })
})
