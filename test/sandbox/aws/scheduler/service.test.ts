import { Scheduler as SchedulerClient, type CreateScheduleCommandInput } from '@aws-sdk/client-scheduler'
import { SCHEDULER } from '../../../../sandbox/aws/scheduler/schedules.ts'
import { SchedulerService } from '../../../../sandbox/aws/scheduler/service.ts'
import { definitionOf, hostFixture } from '../../support/fixture-functions.ts'
import { DEAD_LETTERS, trust, workflowFixture, workflowResources } from '../../support/fixture-workflow.ts'
import { serviceEndpoint } from '../../support/service-endpoint.ts'

const MINUTE = 60_000
const { host, define } = hostFixture()
define('worker', 'exports.handler = async () => ({ seconds: 0 })')

const closing: (() => Promise<void> | void)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

async function setting(resources: object = {}, actions = ['scheduler:*', 'iam:PassRole']) {
  const fixture = workflowFixture(host, resources)
  const { scheduler, ledger, gate, clock, machine, roleArn, executions } = fixture
  const service = new SchedulerService({ scheduler, ledger })
  const endpoint = await serviceEndpoint({ service, caller: definitionOf('caller', actions), gate })
  const client = new SchedulerClient(endpoint.client)
  closing.push(() => client.destroy(), endpoint.close)
  /** To the next second that is `afterMs` away at least. */
  const expression = (afterMs: number): string =>
    `at(${new Date(Math.ceil((clock.now() + afterMs) / 1000) * 1000).toISOString().slice(0, 19)})`
  const schedule = (Name: string, afterMs: number, more: Partial<CreateScheduleCommandInput> = {}) => ({
    Name,
    GroupName: 'group',
    ScheduleExpression: expression(afterMs),
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    ActionAfterCompletion: 'DELETE' as const,
    Target: { Arn: machine.arn, RoleArn: roleArn, Input: `{"run":"${Name}"}` },
    ...more,
  })
  const inputs = () => executions.all.map(({ input }) => (JSON.parse(input) as { run: string }).run)
  return { ...fixture, client, schedule, inputs }
}

describe('one-time schedules, by the stock client', () => {
  it('fire once when the clock has reached them, the earliest first, and are gone then', async () => {
    const { client, schedule, advance, inputs, scheduler, ledger } = await setting()
    const { ScheduleArn } = await client.createSchedule(schedule('late', 10 * MINUTE))
    expect(ScheduleArn).toBe('arn:aws:scheduler:eu-central-1:111122223333:schedule/group/late')
    await client.createSchedule(schedule('early', 5 * MINUTE))
    await advance(5 * MINUTE - 1)
    expect(inputs()).toEqual([])
    await advance(20 * MINUTE)
    expect(inputs()).toEqual(['early', 'late'])
    expect(scheduler.all).toEqual([])
    await expect(client.getSchedule({ Name: 'late', GroupName: 'group' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    expect(ledger.violations).toEqual([])
  })

  it('are replaced and deleted, and shown as they were given', async () => {
    const { client, schedule, advance, inputs } = await setting()
    await client.createSchedule(schedule('kept', 5 * MINUTE))
    await client.createSchedule(schedule('dropped', 5 * MINUTE))
    await expect(client.createSchedule(schedule('kept', MINUTE))).rejects.toMatchObject({ name: 'ConflictException' })
    const later = schedule('kept', 60 * MINUTE)
    await client.updateSchedule(later)
    expect(await client.getSchedule({ Name: 'kept', GroupName: 'group' })).toMatchObject({
      Name: 'kept',
      GroupName: 'group',
      ScheduleExpression: later.ScheduleExpression,
      Target: later.Target,
      CreationDate: expect.any(Date),
    })
    await client.deleteSchedule({ Name: 'dropped', GroupName: 'group' })
    for (const work of [
      client.deleteSchedule({ Name: 'dropped', GroupName: 'group' }),
      client.updateSchedule(schedule('dropped', MINUTE)),
    ])
      await expect(work).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await advance(10 * MINUTE)
    expect(inputs()).toEqual([])
    await advance(60 * MINUTE)
    expect(inputs()).toEqual(['kept'])
  })

  it('stay where nothing says that they are deleted; those that are switched off do not fire', async () => {
    const { client, schedule, advance, inputs, scheduler } = await setting()
    await client.createSchedule({ ...schedule('stays', MINUTE), ActionAfterCompletion: 'NONE' })
    await client.createSchedule(schedule('off', MINUTE, { State: 'DISABLED' }))
    await advance(5 * MINUTE)
    expect(inputs()).toEqual(['stays'])
    expect(scheduler.all.map(({ name }) => name).sort()).toEqual(['off', 'stays'])
  })

  it('may fire twice, or never: the controls make them', async () => {
    const { client, schedule, advance, inputs, scheduler } = await setting()
    scheduler.delivery = 'twice'
    await client.createSchedule(schedule('twice', MINUTE))
    await advance(2 * MINUTE)
    scheduler.delivery = 'never'
    await client.createSchedule(schedule('lost', MINUTE))
    await advance(2 * MINUTE)
    expect(inputs()).toEqual(['twice', 'twice'])
    expect(scheduler.all).toEqual([])
  })
})

describe('what Scheduler refuses', () => {
  it.each<[string, Partial<CreateScheduleCommandInput>, string]>([
    ['a group that there is not', { GroupName: 'other' }, 'ResourceNotFoundException'],
    ['a day that there is not', { ScheduleExpression: 'at(2026-02-30T00:00:00)' }, 'ValidationException'],
    ['a time with a zone', { ScheduleExpression: 'at(2027-01-01T00:00:00Z)' }, 'ValidationException'],
    ['no target', { Target: { Arn: '', RoleArn: 'arn:aws:iam::111122223333:role/schedule' } }, 'ValidationException'],
  ])('%s', async (_, more, name) => {
    const { client, schedule, ledger } = await setting()
    await expect(client.createSchedule({ ...schedule('x', MINUTE), ...more })).rejects.toMatchObject({ name })
    expect(ledger.violations).toEqual([])
  })

  it.each<[string, Partial<CreateScheduleCommandInput>, string]>([
    ['a moment that is over', { ScheduleExpression: 'at(2026-02-28T00:00:00)' }, 'has passed'],
    ['a rate', { ScheduleExpression: 'rate(1 day)' }, 'rate(1 day)'],
    ['a zone', { ScheduleExpressionTimezone: 'Europe/Berlin' }, 'Europe/Berlin'],
    ['a flexible window', { FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 } }, 'the mode OFF'],
    [
      'another target',
      {
        Target: { Arn: 'arn:aws:sqs:eu-central-1:111122223333:q', RoleArn: 'arn:aws:iam::111122223333:role/schedule' },
      },
      'does not know the target',
    ],
    [
      'a role that does not let it in',
      {
        Target: {
          Arn: 'arn:aws:states:eu-central-1:111122223333:stateMachine:work',
          RoleArn: 'arn:aws:iam::111122223333:role/machine',
        },
      },
      'assume the role',
    ],
  ])('%s is besides a violation: it would not work, or nobody knows how', async (_, more, reason) => {
    const { client, schedule, ledger } = await setting()
    await expect(client.createSchedule({ ...schedule('x', MINUTE), ...more })).rejects.toMatchObject({
      name: 'ValidationException',
    })
    expect(ledger.violations).toMatchObject([{ function: 'caller', reason: expect.stringContaining(reason) as string }])
  })
})

describe('permissions', () => {
  it('whoever makes a schedule must be allowed to pass its role', async () => {
    const { client, schedule, ledger } = await setting({}, ['scheduler:CreateSchedule'])
    await expect(client.createSchedule(schedule('x', MINUTE))).rejects.toMatchObject({ name: 'AccessDeniedException' })
    expect(ledger.violations).toMatchObject([
      { function: 'caller', action: 'iam:PassRole', resource: 'arn:aws:iam::111122223333:role/schedule' },
    ])
  })

  it('the role of the schedule must let it start executions; what does not go to the dead-letter queue, as far as the role lets it', async () => {
    const ScheduleRole = {
      ...workflowResources.ScheduleRole,
      Properties: { ...workflowResources.ScheduleRole.Properties, Policies: [] },
    }
    const { client, schedule, advance, ledger, scheduler, machine, roleArn } = await setting({ ScheduleRole })
    const Target = { Arn: machine.arn, RoleArn: roleArn, DeadLetterConfig: { Arn: DEAD_LETTERS } }
    await client.createSchedule(schedule('poor', MINUTE, { Target }))
    await advance(5 * MINUTE)
    expect(ledger.violations.map(({ function: name, action }) => `${name} ${action}`)).toEqual([
      `${SCHEDULER} states:StartExecution`,
      `${SCHEDULER} sqs:SendMessage`,
    ])
    expect(scheduler.lost).toMatchObject([
      { schedule: 'poor', destination: DEAD_LETTERS, code: 'AccessDeniedException', attempts: 1 },
    ])
    expect(scheduler.all).toEqual([])
  })

  it('a group that the role’s trust does not name is not let in', async () => {
    const ScheduleRole = {
      ...workflowResources.ScheduleRole,
      Properties: {
        ...workflowResources.ScheduleRole.Properties,
        AssumeRolePolicyDocument: trust('scheduler.amazonaws.com', {
          Condition: {
            ArnEquals: { 'aws:SourceArn': 'arn:aws:scheduler:eu-central-1:111122223333:schedule-group/other' },
          },
        }),
      },
    }
    const { client, schedule } = await setting({ ScheduleRole })
    await expect(client.createSchedule(schedule('x', MINUTE))).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('a target that does not take it', () => {
  const fault = {
    service: 'states',
    operation: 'StartExecution',
    function: SCHEDULER,
    status: 400,
    message: 'm',
    delayMs: 0,
  }

  it('is tried again by the clock until it does', async () => {
    const { client, schedule, advance, inputs, faults, scheduler } = await setting()
    faults.add({ ...fault, code: 'ThrottlingException', count: 3 })
    await client.createSchedule(schedule('again', MINUTE))
    await advance(MINUTE + 6000)
    expect(inputs()).toEqual([])
    await advance(3000)
    expect(inputs()).toEqual(['again'])
    expect([scheduler.lost, scheduler.all]).toEqual([[], []])
  })

  it.each([
    [{ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 }, 3],
    [{ MaximumRetryAttempts: 100, MaximumEventAgeInSeconds: 60 }, 6],
  ])('is given up as %j says, after %d attempts', async (RetryPolicy, attempts) => {
    const { client, schedule, advance, faults, scheduler, machine, roleArn } = await setting()
    faults.add({ ...fault, code: 'ThrottlingException' })
    const Target = { Arn: machine.arn, RoleArn: roleArn, RetryPolicy, DeadLetterConfig: { Arn: DEAD_LETTERS } }
    await client.createSchedule(schedule('lost', MINUTE, { Target }))
    await advance(120 * MINUTE)
    expect(scheduler.lost).toEqual([
      {
        schedule: 'lost',
        group: 'group',
        region: 'eu-central-1',
        destination: DEAD_LETTERS,
        code: 'ThrottlingException',
        attempts,
      },
    ])
    expect(scheduler.all).toEqual([])
  })
})
