import type { RotationRecord } from '../../../lambda/core/rotation/rotation-record.ts'
import type { TaskInput } from '../../../lambda/core/rotation/workflow.ts'
import type { SecretStore } from '../../../lambda/core/ports/secret-store.ts'
import { bound } from '../../support/coffer.ts'
import {
  DAY,
  goodFunction,
  HOUR,
  keyOf,
  makeRotating,
  MINUTE,
  token,
  type Rotating,
} from '../../support/rotating-coffer.ts'

describe('the tasks of a rotation', () => {
  let coffer: Rotating
  const failing: Partial<Record<keyof SecretStore, boolean>> = {}

  beforeEach(async () => {
    failing.saveRotation = false
    coffer = makeRotating({
      wrapStore: (store) => ({
        ...bound(store),
        saveRotation: async (secret, record) => {
          if (failing.saveRotation === true) throw new Error('ended between a commit and the line after it')
          return store.saveRotation(secret, record)
        },
      }),
    })
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => coffer.close())

  async function inputOf(task: TaskInput['task'], rest: Partial<TaskInput> = {}): Promise<TaskInput> {
    const { key, suffix, rotation } = (await coffer.head())!
    return { ...key, suffix, run: rotation!.running?.run ?? rotation!.runs, task, executor: 'one', ...rest }
  }
  const failedOutcome = { kind: 'failed', errorType: 'E', message: 'm' } as const

  it('SM-ROTATE-08 an execution of another run does nothing while one runs', async () => {
    await coffer.rotate()
    const { run } = await inputOf('begin')
    expect(await coffer.tasks(await inputOf('begin', { run: run - 1 }))).toEqual({ outcome: 'stale' })
    expect(await coffer.tasks(await inputOf('begin', { run: run + 1 }))).toEqual({ outcome: 'stale' })
    expect((await coffer.head())?.rotation?.running).not.toHaveProperty('executor')
  })

  it('a planned start of another number does nothing, when its time has come', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 1 } })
    await coffer.runner.drain()
    const { due } = (await coffer.head())!.rotation!
    coffer.clock.moveTo(due!.at)
    expect(await coffer.tasks(await inputOf('begin', { run: due!.run - 1 }))).toEqual({ outcome: 'stale' })
    expect(await coffer.tasks(await inputOf('begin', { run: due!.run }))).toEqual({ outcome: 'createSecret' })
  })

  it('an execution that another one has taken over from does nothing any more', async () => {
    await coffer.rotate()
    await coffer.tasks(await inputOf('begin'))
    await coffer.tasks(await inputOf('begin', { executor: 'other', takeOver: true }))
    for (const task of ['step', 'finish', 'fail', 'retry'] as const)
      expect(await coffer.tasks(await inputOf(task, task === 'step' ? { step: 'createSecret' } : {}))).toEqual({
        outcome: 'stale',
      })
    expect(coffer.functions.events).toEqual([])
  })

  it('a start that was cancelled meanwhile does nothing', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 1 } })
    await coffer.runner.drain()
    const input = await inputOf('begin')
    await coffer.call('CancelRotateSecret', { SecretId: 'a' })
    coffer.clock.advance(2 * DAY)
    expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
  })

  it('a secret that was made again under the name is another, also for a run of the same number', async () => {
    await coffer.rotate()
    const input = await inputOf('begin')
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'other' })
    await coffer.rotate()
    expect((await inputOf('begin')).run).toBe(input.run)
    expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
  })

  it.each(['step', 'finish', 'fail', 'retry'] as const)(
    'SM-ROTATE-24 a %s of a secret that was made again under the name does nothing, with the run and the executor of the new one',
    async (task) => {
      const { suffix } = (await coffer.head())!
      await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
      await coffer.call('CreateSecret', { Name: 'a', SecretString: 'other' })
      await coffer.rotate()
      await coffer.tasks(await inputOf('begin'))
      const input = await inputOf(task, { suffix, ...(task === 'step' && { step: 'createSecret' as const }) })
      expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
      expect(coffer.functions.events).toEqual([])
    },
  )

  it('a step whose rotation was taken away while the function ran does not go on, whatever it returned', async () => {
    await coffer.rotate()
    await coffer.tasks(await inputOf('begin'))
    const input = await inputOf('step', { step: 'createSecret' })
    coffer.use(async () => {
      await coffer.call('CancelRotateSecret', { SecretId: 'a' })
      return undefined
    })
    expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
  })

  it('a success that was committed and not told is told when the task is repeated', async () => {
    await coffer.rotate()
    await coffer.tasks(await inputOf('begin'))
    for (const step of ['createSecret', 'finishSecret'] as const) await coffer.tasks(await inputOf('step', { step }))
    const input = await inputOf('finish')
    failing.saveRotation = true
    await expect(coffer.tasks(input)).rejects.toThrow('ended between')
    failing.saveRotation = false
    expect(await coffer.tasks(input)).toEqual({ outcome: 'succeeded' })
    // Once more rather than never.
    expect(coffer.names()).toEqual(['RotationStarted', 'RotationSucceeded', 'RotationSucceeded'])
    expect(await coffer.records()).toMatchObject([{ result: 'succeeded' }])
    expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
  })

  it('a failure that was committed and not told is told when the task is repeated', async () => {
    coffer.use(() => failedOutcome)
    await coffer.rotate({ RotateImmediately: false })
    await coffer.tasks(await inputOf('begin'))
    await coffer.tasks(await inputOf('step', { step: 'testSecret' }))
    const input = await inputOf('fail')
    failing.saveRotation = true
    await expect(coffer.tasks(input)).rejects.toThrow('ended between')
    failing.saveRotation = false
    expect(await coffer.tasks(input)).toEqual({ outcome: 'gave-up' })
    expect(coffer.names()).toEqual(['TestRotationStarted', 'TestRotationFailed', 'TestRotationFailed'])
    expect(await coffer.records()).toMatchObject([{ result: 'failed' }])
  })

  it('a failure that is counted already is not counted again: what is left of the wait is told', async () => {
    coffer.use(() => failedOutcome)
    await coffer.rotate()
    await coffer.tasks(await inputOf('begin'))
    await coffer.tasks(await inputOf('step', { step: 'createSecret' }))
    const input = await inputOf('fail')
    expect(await coffer.tasks(input)).toEqual({ outcome: 'retry', waitSeconds: 60 })
    coffer.clock.advance(20_000)
    expect(await coffer.tasks(input)).toEqual({ outcome: 'retry', waitSeconds: 40 })
    expect((await coffer.head())?.rotation?.running).toMatchObject({ attempt: 1 })
  })

  it('a start that is taken up twice by the same execution is told once', async () => {
    await coffer.rotate()
    const input = await inputOf('begin')
    expect(await coffer.tasks(input)).toEqual({ outcome: 'createSecret' })
    expect(await coffer.tasks(input)).toEqual({ outcome: 'createSecret' })
    expect(coffer.names()).toEqual(['RotationStarted'])
  })

  it('SM-ROTATE-06 refuses another rotation also when AWSPENDING has gone from the one that runs', async () => {
    await coffer.rotate({ ClientRequestToken: token('two') })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: token('two'),
    })
    await expect(coffer.rotate()).rejects.toMatchObject({ code: 'InvalidRequestException' })
  })

  it('SM-ROTATE-13 a token of the invocation that runs is no good for another version', async () => {
    let answer: unknown
    coffer.use(async ({ Step, SecretId, RotationToken }) => {
      if (Step !== 'createSecret') return undefined
      answer = await coffer
        .call('PutSecretValue', { SecretId, SecretString: 'v', RotationToken, VersionStages: ['X'] })
        .catch((error: unknown) => error)
      return undefined
    })
    await coffer.rotate()
    await coffer.runner.drain()
    expect(answer).toMatchObject({ code: 'InvalidRequestException' })
  })

  it('SM-ROTATE-13 no token is good after a rotation that has no record', async () => {
    await coffer.rotate({ ClientRequestToken: token('two') })
    const input = { SecretId: 'a', SecretString: 'v', ClientRequestToken: token('two'), RotationToken: 'a'.repeat(36) }
    await expect(coffer.call('PutSecretValue', input)).rejects.toMatchObject({ code: 'InvalidRequestException' })
  })

  it('the end of a record is the first one', async () => {
    const good = goodFunction(coffer)
    coffer.use(async (event) => {
      await good(event)
      if (event.Step === 'createSecret') {
        await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'by hand' })
        await coffer.call('CancelRotateSecret', { SecretId: 'a' })
      }
      return undefined
    })
    await coffer.rotate()
    await coffer.runner.drain()
    expect(await coffer.records()).toMatchObject([{ result: 'abandoned' }])
  })

  it('keeps no message of a function where the values that it may hold cannot be read', async () => {
    const key = coffer.keys.addKey('mine')
    await coffer.call('CreateSecret', { Name: 'keyed', SecretString: 'hidden horse', KmsKeyId: key })
    coffer.use(() => {
      coffer.keys.fail(key, 'unwrap', 'unusable')
      return { kind: 'failed', errorType: 'ValueError', message: 'login with hidden horse failed' }
    })
    await coffer.rotate({ SecretId: 'keyed' })
    await coffer.runner.drain()
    const [step] = (await coffer.records('keyed'))[0]!.attempts[0]!.steps
    expect(step?.error).toMatchObject({ type: 'ValueError' })
    expect(step?.error).not.toHaveProperty('message')
  })

  it('SM-ROTATE-24 a secret that is deleted between two executions is not gone on with after its restoring by the former one', async () => {
    await coffer.rotate()
    const input = await inputOf('begin')
    await coffer.tasks(input)
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    await coffer.call('RestoreSecret', { SecretId: 'a' })
    expect(await coffer.tasks({ ...input, task: 'step', step: 'createSecret' })).toEqual({ outcome: 'stale' })
    expect(coffer.functions.events).toEqual([])
    for (let hour = 0; hour < 30; hour++) await coffer.pass(HOUR)
    expect((await coffer.records())[0]).toMatchObject({ result: 'succeeded' })
  })

  it('counts from the configuration when the rules change, and not when only the function does', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 30 } })
    await coffer.runner.drain()
    const before = await coffer.describe()
    coffer.clock.advance(5 * DAY)
    await coffer.rotate({ RotateImmediately: false })
    await coffer.runner.drain()
    expect((await coffer.describe()).NextRotationDate).toBe(before.NextRotationDate)
    await coffer.rotate({ RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 30 } })
    await coffer.runner.drain()
    expect((await coffer.describe()).NextRotationDate).toBe((before.NextRotationDate as number) + (5 * DAY) / 1000)
  })

  it('a window that was missed is not tried again in itself: it waits for the next one', async () => {
    await coffer.rotate({ RotationRules: { ScheduleExpression: 'cron(0 0/6 * * ? *)', Duration: '6h' } })
    await coffer.runner.drain()
    coffer.use(() => failedOutcome)
    await coffer.pass(Date.parse('2026-03-01T12:00:00Z') - coffer.clock.now())
    for (let minute = 0; minute < 6 * 60; minute++) await coffer.pass(MINUTE)
    const { due } = (await coffer.head())!.rotation!
    expect(due!.at).toBeGreaterThanOrEqual(Date.parse('2026-03-01T18:00:00Z'))
  })

  it('keeps the newest 25 attempts of a rotation that fails for long', async () => {
    coffer.use(() => failedOutcome)
    await coffer.rotate()
    await coffer.runner.drain()
    for (let hour = 0; hour < 10 * 24; hour++) await coffer.pass(HOUR)
    const [record] = (await coffer.records()) as RotationRecord[]
    expect(record?.attempts).toHaveLength(25)
    expect(record?.attempts.at(-1)!.run).toBeGreaterThan(record!.attempts[0]!.run)
    expect(await coffer.store.rotations((await coffer.store.load(keyOf('a')))!.head)).toHaveLength(1)
  })

  it('where all labels are taken it says so, and is tried again another day', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 1 } })
    await coffer.runner.drain()
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: (await coffer.head())!.versions.at(-1)!.id,
    })
    const stages = Array.from({ length: 18 }, (_, index) => `S${index}`)
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'x', VersionStages: stages })
    for (let hour = 0; hour < 50; hour++) await coffer.pass(HOUR)
    expect(coffer.events.at(-1)).toMatchObject({
      name: 'RotationFailed',
      errorMessage:
        'The rotation could not begin: You have exceeded the maximum number of staging labels for this secret.',
    })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'S0',
      RemoveFromVersionId: (await coffer.head())!.versions.at(-1)!.id,
    })
    for (let hour = 0; hour < 50; hour++) await coffer.pass(HOUR)
    expect(coffer.names()).toContain('RotationSucceeded')
    expect(coffer.names().at(-1)).toBe('RotationSucceeded')
  })
})
