/** What is asked of EventBridge Scheduler and of Step Functions, request by request. */
import { RotationExecutions } from '../../../../lambda/adapters/aws/rotation/rotation-executions.ts'
import { RotationSchedules } from '../../../../lambda/adapters/aws/rotation/rotation-schedules.ts'
import { isSameWanted, wantedBy, wantedText } from '../../../../lambda/adapters/aws/rotation/wanted.ts'
import type { Rotation } from '../../../../lambda/core/domain/rotation.ts'
import type { SecretHead } from '../../../../lambda/core/domain/secret.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const place = { deployment: 'coffer', account: '123456789012', region: 'eu-west-1' }
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf'
const input = { account: place.account, region: place.region, name: 'db', suffix: 'AbCdEf', run: 3, takeOver: false }
const clock = new ManualClock('2026-03-01T10:20:30.456Z')

const asked: [string, Record<string, unknown>][] = []
let refusals: (string | undefined)[] = []
const client = {
  send: async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
    asked.push([command.constructor.name, command.input])
    const refusal = refusals.shift()
    if (refusal !== undefined) throw Object.assign(new Error(refusal), { name: refusal })
    return {}
  },
} as never
beforeEach(() => {
  asked.length = 0
  refusals = []
})
const names = () => asked.map(([name]) => name)

describe('schedules', () => {
  const schedules = new RotationSchedules({ client, place, clock })
  const at = Date.parse('2026-03-31T02:03:04.001Z')

  test('one per secret, that fires once at the planned second and is gone', async () => {
    await schedules.put({ secretArn: SECRET, at, input })
    expect(asked).toEqual([
      [
        'CreateScheduleCommand',
        {
          Name: expect.stringMatching(/^[0-9a-f]{64}$/),
          GroupName: 'coffer',
          Description: 'Next rotation of db',
          ScheduleExpression: 'at(2026-03-31T02:03:05)',
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          State: 'ENABLED',
          Target: {
            Arn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:coffer-rotation',
            RoleArn: 'arn:aws:iam::123456789012:role/coffer/coffer/coffer-rotation-schedule-eu-west-1',
            Input: JSON.stringify(input),
            RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600 },
            DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-west-1:123456789012:coffer-dead-letters' },
          },
        },
      ],
    ])
  })

  test('one that is there is replaced, also when it fires in that moment', async () => {
    refusals = ['ConflictException']
    await schedules.put({ secretArn: SECRET, at, input })
    expect(names()).toEqual(['CreateScheduleCommand', 'UpdateScheduleCommand'])
    expect(asked[1]![1]).toEqual(asked[0]![1])
    asked.length = 0
    refusals = ['ConflictException', 'ResourceNotFoundException']
    await schedules.put({ secretArn: SECRET, at, input })
    expect(names()).toEqual(['CreateScheduleCommand', 'UpdateScheduleCommand', 'CreateScheduleCommand'])
  })

  test('what is refused otherwise, or for ever, is thrown', async () => {
    refusals = ['ServiceQuotaExceededException']
    await expect(schedules.put({ secretArn: SECRET, at, input })).rejects.toThrow('ServiceQuotaExceededException')
    refusals = ['ConflictException', 'ResourceNotFoundException', 'ConflictException']
    await expect(schedules.put({ secretArn: SECRET, at, input })).rejects.toThrow('ConflictException')
  })

  test('a start that is near is not planned for a time that has passed when Scheduler hears of it', async () => {
    await schedules.put({ secretArn: SECRET, at: clock.now() + 1, input })
    expect(asked[0]![1].ScheduleExpression).toBe('at(2026-03-01T10:21:31)')
  })

  test('is removed by the same name, and one that is gone is no fault', async () => {
    await schedules.put({ secretArn: SECRET, at, input })
    await schedules.remove(SECRET)
    expect(asked[1]).toEqual(['DeleteScheduleCommand', { Name: asked[0]![1].Name, GroupName: 'coffer' }])
    refusals = ['ResourceNotFoundException']
    await schedules.remove(SECRET)
    refusals = ['InternalServerException']
    await expect(schedules.remove(SECRET)).rejects.toThrow('InternalServerException')
  })

  test('two incarnations of a secret have two schedules', async () => {
    await schedules.put({ secretArn: SECRET, at, input })
    await schedules.put({ secretArn: `${SECRET.slice(0, -6)}GhIjKl`, at, input })
    expect(asked[0]![1].Name).not.toBe(asked[1]![1].Name)
  })
})

describe('executions', () => {
  const executions = new RotationExecutions({ client, place })

  test('are named for the secret and the run, and for when one that is taken over was last heard of', async () => {
    expect(await executions.start({ secretArn: SECRET, input })).toBe(true)
    await executions.start({ secretArn: SECRET, input: { ...input, run: 4 } })
    await executions.start({ secretArn: SECRET, input, since: 5 })
    const started = asked.map(([, given]) => given.name as string)
    expect(new Set(started).size).toBe(3)
    expect(asked[0]).toEqual([
      'StartExecutionCommand',
      {
        stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:coffer-rotation',
        name: expect.stringMatching(/^[0-9a-f]{64}$/),
        input: JSON.stringify(input),
      },
    ])
  })

  test('one that was started before is no fault; anything else is', async () => {
    refusals = ['ExecutionAlreadyExists', 'StateMachineDoesNotExist']
    expect(await executions.start({ secretArn: SECRET, input })).toBe(false)
    await expect(executions.start({ secretArn: SECRET, input })).rejects.toThrow('StateMachineDoesNotExist')
  })
})

describe('what a head wants', () => {
  const head = (rotation: Partial<Rotation> | undefined, state: SecretHead['state'] = 'active') =>
    ({
      key: { account: place.account, region: place.region, name: 'db' },
      suffix: 'AbCdEf',
      state,
      ...(rotation && { rotation: { isEnabled: true, base: 0, runs: 9, ...rotation } }),
    }) as SecretHead
  const due = { run: 2, at: 1_000 }
  const running = { kind: 'rotation', run: 1, token: 't', startedAt: 1, attempt: 1, checkAt: 1 } as const

  test.each<[string, SecretHead, object, string | undefined]>([
    ['nothing, without a configuration', head(undefined), {}, undefined],
    ['nothing, where nothing is planned', head({}), {}, 'w1::'],
    ['the planned start', head({ due }), { schedule: due }, 'w1:2@1000:'],
    ['the start that was asked for', head({ running }), { start: { run: 1 } }, 'w1::1'],
    ['both, of a test', head({ due, running }), { schedule: due, start: { run: 1 } }, 'w1:2@1000:1'],
    ['nothing more, once it was taken up', head({ running: { ...running, executor: 'e' } }), {}, 'w1::'],
    ['nothing, when it is off', head({ due, isEnabled: false }), {}, 'w1::'],
    ['nothing, when it is to be deleted', head({ due, running }, 'scheduled'), {}, 'w1::'],
  ])('%s', (_title, given, wanted, text) => {
    expect(wantedBy(given)).toEqual(wanted)
    expect(wantedText(given)).toBe(text)
  })

  test('images that certainly want the same are told from others', () => {
    expect(isSameWanted('w1:2@1000:', 'w1:2@1000:')).toBe(true)
    expect(isSameWanted('w1:2@1000:', 'w1::')).toBe(false)
    expect(isSameWanted(undefined, undefined)).toBe(false)
    expect(isSameWanted(undefined, 'w1::')).toBe(false)
    // Of an earlier or later version, which may mean anything by it.
    expect(isSameWanted('y', 'y')).toBe(false)
  })
})
