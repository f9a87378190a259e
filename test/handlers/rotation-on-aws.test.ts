/** The state machine that is deployed, walked through the cases that the embedded runner walks: both must come to the same end by the same steps. */
import { Printed } from './support/printed.ts'
import type { FunctionOutcome } from '../../lambda/core/ports/functions.ts'
import { DAY, goodFunction, HOUR, makeRotating, MINUTE, token, type Rotating } from '../support/rotating-coffer.ts'
import { makeRotatingOnAws, type RotatingOnAws } from '../support/rotating-on-aws.ts'

const failed: FunctionOutcome = { kind: 'failed', requestId: 'r', errorType: 'ValueError', message: 'no' }

type Place = Pick<
  Rotating,
  'call' | 'use' | 'rotate' | 'describe' | 'records' | 'names' | 'head' | 'pass' | 'functions' | 'faults' | 'close'
> & { readonly runner: { drain(): Promise<void> } }

/** What both must agree on: no times of day, since starts are drawn from windows. */
async function seen(place: Place) {
  const { LastRotatedDate, VersionIdsToStages, RotationEnabled } = await place.describe()
  const head = await place.head()
  const records = await place.records()
  return {
    stages: Object.values(VersionIdsToStages as Record<string, string[]>)
      .map((stages) => stages.toSorted().join())
      .toSorted(),
    RotationEnabled,
    hasRotated: LastRotatedDate !== undefined,
    isRunning: head?.rotation?.running !== undefined,
    isPlanned: head?.rotation?.due !== undefined,
    steps: place.functions.events.map(({ Step }) => Step),
    events: place.names(),
    attempts: records.map(({ kind, result, attempts }) => [
      kind,
      result,
      attempts.map(({ steps, error }) => [
        steps.map(({ step, outcome }) => [step, outcome]),
        withoutIds(error?.diagnosis),
      ]),
    ]),
  }
}

const withoutIds = (text: string | undefined): string | undefined =>
  text?.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')

const scheduled = { RotationRules: { ScheduleExpression: 'rate(30 days)', Duration: '6h' } }

const cases: Record<string, (place: Place) => Promise<void>> = {
  'a rotation that succeeds': async ({ rotate, runner }) => {
    await rotate()
    await runner.drain()
  },
  'a function that fails once': async ({ rotate, runner, use, call, pass }) => {
    let calls = 0
    use(async (event) => (++calls === 2 ? failed : goodFunction({ call })(event)))
    await rotate()
    await runner.drain()
    await pass(5 * MINUTE)
  },
  'a function that fails until it is given up': async ({ rotate, use, pass }) => {
    use(() => failed)
    await rotate()
    await pass(3 * HOUR)
  },
  'a function that succeeds without doing anything': async ({ rotate, use, pass }) => {
    use(() => undefined)
    await rotate()
    await pass(3 * HOUR)
  },
  'a function that cannot be invoked': async ({ rotate, use, runner, pass }) => {
    use(() => ({ kind: 'not-invoked', reason: 'not-allowed' }))
    await rotate()
    await runner.drain()
    await pass(2 * MINUTE)
  },
  'a test of the configuration': async ({ rotate, runner }) => {
    await rotate({ RotateImmediately: false, ...scheduled })
    await runner.drain()
  },
  'a test that fails': async ({ rotate, use, runner }) => {
    use(() => failed)
    await rotate({ RotateImmediately: false })
    await runner.drain()
  },
  'a schedule over three months': async ({ rotate, pass }) => {
    await rotate(scheduled)
    await pass(95 * DAY)
  },
  'a cancellation between two attempts': async ({ rotate, use, runner, call, pass }) => {
    use(() => failed)
    await rotate(scheduled)
    await runner.drain()
    await call('CancelRotateSecret', { SecretId: 'a' })
    await pass(40 * DAY)
  },
  'a deletion before the schedule': async ({ rotate, runner, call, pass }) => {
    await rotate(scheduled)
    await runner.drain()
    await call('DeleteSecret', { SecretId: 'a', RecoveryWindowInDays: 30 })
    await pass(20 * DAY)
    await call('RestoreSecret', { SecretId: 'a' })
    await pass(20 * DAY)
  },
  'a value by hand between two attempts': async ({ rotate, use, runner, call, pass }) => {
    use(() => failed)
    await rotate()
    await runner.drain()
    await call('PutSecretValue', { SecretId: 'a', SecretString: 'by hand' })
    await pass(HOUR)
  },
}

async function begin<T extends Place>(place: T): Promise<T> {
  await place.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
  place.use(goodFunction(place))
  return place
}

let printed: Printed
const open: Place[] = []
const onAws = async (options?: Parameters<typeof makeRotatingOnAws>[0]): Promise<RotatingOnAws> => {
  const place = await begin(makeRotatingOnAws(options))
  open.push(place)
  return place
}
beforeEach(() => (printed = new Printed()))
afterEach(() => {
  for (const place of open.splice(0)) place.close()
  jest.restoreAllMocks()
})

test.each(Object.entries(cases))('%s ends on AWS as it does embedded', async (_title, run) => {
  const embedded = await begin(makeRotating())
  open.push(embedded)
  const aws = await onAws()
  await run(embedded)
  await run(aws)
  const expected = await seen(embedded)
  expect(await seen(aws)).toEqual(expected)
  expect(expected.events.length).toBeGreaterThan(0)
  expect([...embedded.faults, ...aws.faults]).toEqual([])
  expect(printed.of('fault')).toEqual([])
})

describe('on AWS', () => {
  const statuses = (aws: RotatingOnAws) => [...aws.executions.values()].map(({ status }) => status)

  test('what travels between states, and so what is kept, is ids and outcomes: no token and no value', async () => {
    const aws = await onAws()
    await aws.rotate()
    await aws.runner.drain()
    const [execution] = aws.executions.values()
    const kept = JSON.stringify(execution?.history.events)
    expect(kept.length).toBeGreaterThan(1_000)
    const { functions } = aws
    expect(functions.events).toHaveLength(4)
    for (const secret of [...functions.events.map(({ RotationToken }) => RotationToken), 'made for', 'first']) {
      expect(kept).not.toContain(secret)
      expect(printed.text).not.toContain(secret)
    }
    expect(JSON.parse(execution?.input ?? '')).toEqual({
      account: '123456789012',
      region: 'us-east-1',
      name: 'a',
      suffix: expect.stringMatching(/^[A-Za-z0-9]{6}$/),
      run: 1,
      takeOver: false,
    })
  })

  test('one start has one execution, however often the change feed tells of it', async () => {
    const aws = await onAws()
    await aws.rotate()
    const head = (await aws.head())!
    for (let times = 0; times < 3; times++) expect(await aws.starter.arm(head)).toBe('started')
    await aws.runner.drain()
    await aws.starter.arm(head)
    await aws.runner.drain()
    expect(statuses(aws)).toEqual(['SUCCEEDED'])
    expect(aws.functions.events).toHaveLength(4)
  })

  test('a schedule that fires twice rotates once', async () => {
    const aws = await onAws()
    await aws.rotate({ ...scheduled, RotateImmediately: false })
    await aws.runner.drain()
    const [{ input } = {}] = aws.schedules.values()
    const twice = input?.Target?.Input ?? ''
    const due = (await aws.head())!.rotation!.due!.at
    await aws.pass(due - aws.clock.now() + MINUTE)
    aws.startExecution('again', twice)
    await aws.runner.drain()
    expect(aws.names().filter((name) => name === 'RotationSucceeded')).toHaveLength(1)
    // The test, the start, and the second time.
    expect(statuses(aws)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED'])
  })

  test('the schedule is at the planned start, once, and is replaced when the plan changes', async () => {
    const aws = await onAws()
    await aws.rotate({ ...scheduled, RotateImmediately: false })
    await aws.runner.drain()
    const armed = () =>
      [...aws.schedules.values()].map(({ input }) => Date.parse(`${input.ScheduleExpression!.slice(3, -1)}Z`))
    const due = async () => Math.ceil((await aws.head())!.rotation!.due!.at / 1000) * 1000
    expect(armed()).toEqual([await due()])
    aws.clock.advance(2 * DAY)
    await aws.call('PutSecretValue', { SecretId: 'a', SecretString: 'by hand' })
    await aws.runner.drain()
    expect(armed()).toEqual([await due()])
    await aws.call('CancelRotateSecret', { SecretId: 'a' })
    await aws.runner.drain()
    expect(armed()).toEqual([])
  })

  test('changes that have nothing to do with rotation cost no call', async () => {
    const aws = await onAws()
    await aws.rotate(scheduled)
    await aws.runner.drain()
    const calls = aws.calls.length
    await aws.call('TagResource', { SecretId: 'a', Tags: [{ Key: 'k', Value: 'v' }] })
    await aws.call('UpdateSecret', { SecretId: 'a', Description: 'other' })
    expect(aws.changes).toHaveLength(2)
    await aws.runner.drain()
    expect(aws.calls).toHaveLength(calls)
  })

  test('a task that breaks is repeated with growing pauses, and the function is called no more often than it must', async () => {
    let broken = 3
    const aws = await onAws({
      disturb: ({ task }) =>
        task === 'finish' && broken-- > 0 ? { kind: 'failed', error: 'Lambda.Unknown' } : undefined,
    })
    await aws.rotate()
    await aws.pass(13_000)
    expect(statuses(aws)).toEqual(['RUNNING'])
    await aws.pass(2_000)
    expect(statuses(aws)).toEqual(['SUCCEEDED'])
    expect(aws.functions.events).toHaveLength(4)
  })

  test('a task that never works is taken as failed, and the rotation is attempted again', async () => {
    let isBroken = true
    const aws = await onAws({
      disturb: ({ step }) =>
        step === 'testSecret' && isBroken ? { kind: 'failed', error: 'Sandbox.Timedout' } : undefined,
    })
    await aws.rotate()
    await aws.pass(70_000)
    isBroken = false
    await aws.pass(2 * MINUTE)
    expect(statuses(aws)).toEqual(['SUCCEEDED'])
    expect(aws.functions.events.map(({ Step }) => Step)).toEqual(
      'createSecret setSecret createSecret setSecret testSecret finishSecret'.split(' '),
    )
  })

  test('an execution whose worker is gone for good fails, and the sweeper has another one take over', async () => {
    let isBroken = true
    const aws = await onAws({
      disturb: ({ task }) => (task !== 'begin' && isBroken ? { kind: 'failed', error: 'Lambda.Unknown' } : undefined),
    })
    await aws.rotate()
    await aws.pass(5 * MINUTE)
    expect(statuses(aws)).toEqual(['FAILED'])
    isBroken = false
    expect(await aws.sweep()).toEqual({ done: 0, faults: [] })
    aws.clock.advance(91 * MINUTE)
    expect(await aws.sweep()).toEqual({ done: 1, faults: [] })
    await aws.runner.drain()
    expect(statuses(aws)).toEqual(['FAILED', 'SUCCEEDED'])
    expect(aws.names()).toEqual(['RotationStarted', 'RotationSucceeded'])
  })

  test('an outcome that the state machine does not know fails the execution', async () => {
    const aws = await onAws({
      disturb: () => ({ kind: 'returned', output: { Payload: { outcome: 'of a later version', waitSeconds: 0 } } }),
    })
    await aws.rotate()
    await aws.runner.drain()
    expect(statuses(aws)).toEqual(['FAILED'])
    expect(JSON.stringify([...aws.executions.values()].map(({ history }) => history.events))).toContain(
      'UnknownOutcome',
    )
  })

  test('a start that the change feed never heard of, and a schedule that was lost, are made good by the sweeper', async () => {
    const aws = await onAws()
    await aws.rotate(scheduled)
    aws.changes.length = 0
    expect(await aws.sweep()).toEqual({ done: 0, faults: [] })
    aws.clock.advance(11 * MINUTE)
    expect(await aws.sweep()).toEqual({ done: 1, faults: [] })
    await aws.runner.drain()
    expect(aws.names()).toEqual(['RotationStarted', 'RotationSucceeded'])
    for (const { cancel } of aws.schedules.values()) cancel()
    const due = (await aws.head())!.rotation!.due!.at
    await aws.pass(due - aws.clock.now() + 11 * MINUTE)
    expect(aws.names()).toHaveLength(2)
    expect(await aws.sweep()).toEqual({ done: 1, faults: [] })
    await aws.runner.drain()
    expect(aws.names()).toEqual(['RotationStarted', 'RotationSucceeded', 'RotationStarted', 'RotationSucceeded'])
  })

  test('what the index said a moment ago, and the head does not, is let be', async () => {
    const aws = await onAws()
    await aws.rotate(scheduled)
    const before = aws.clock.now() - 1
    expect(await aws.starter.revive((await aws.head())!, before)).toBe('nothing due')
    await aws.runner.drain()
    expect(await aws.starter.revive((await aws.head())!, before)).toBe('nothing due')
    await aws.call('DeleteSecret', { SecretId: 'a' })
    expect(await aws.starter.revive((await aws.head())!, aws.clock.now() + 400 * DAY)).toBe('nothing due')
    expect(aws.executions.size).toBe(1)
  })

  test('a rotation that only waits for its next attempt is not taken for lost', async () => {
    const aws = await onAws()
    aws.use(() => failed)
    await aws.rotate()
    // The fourth attempt has failed, and the last one is an hour away.
    await aws.pass(30 * MINUTE)
    expect(await aws.sweep()).toEqual({ done: 0, faults: [] })
    await aws.pass(40 * MINUTE)
    expect(await aws.sweep()).toEqual({ done: 0, faults: [] })
    expect(aws.executions.size).toBe(1)
  })

  test('a hundred secrets on a schedule: none is lost, and none is rotated twice', async () => {
    const aws = await onAws()
    for (let index = 0; index < 100; index++) {
      const SecretId = `s${index}`
      await aws.call('CreateSecret', { Name: SecretId, SecretString: 'v' })
      await aws.rotate({ SecretId, ...scheduled, RotateImmediately: false })
    }
    await aws.runner.drain()
    expect(aws.schedules.size).toBe(100)
    await aws.pass(31 * DAY)
    const rotated = aws.events.filter(({ name }) => name === 'RotationSucceeded').map(({ secret }) => secret.name)
    expect(rotated).toHaveLength(100)
    expect(new Set(rotated).size).toBe(100)
    expect(await aws.sweep()).toEqual({ done: 0, faults: [] })
  })
})
