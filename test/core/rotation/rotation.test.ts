import {
  goodFunction,
  DAY,
  FUNCTION,
  HOUR,
  makeRotating,
  MINUTE,
  promote,
  token,
  type Rotating,
} from '../../support/rotating-coffer.ts'
import { ApiError } from '../../support/coffer.ts'
import type { FunctionOutcome } from '../../../lambda/core/ports/functions.ts'

const failed = (message = 'no'): FunctionOutcome => ({
  kind: 'failed',
  requestId: 'r',
  errorType: 'ValueError',
  message,
})

describe('a rotation', () => {
  let coffer: Rotating
  beforeEach(async () => {
    coffer = makeRotating()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => {
    expect(coffer.faults).toEqual([])
    coffer.close()
  })

  const stages = async () => (await coffer.describe()).VersionIdsToStages
  const steps = () => coffer.functions.events.map(({ Step }) => Step)

  describe('that succeeds', () => {
    it('SM-ROTATE-10 calls the function for the four steps in their order, with the ARN and the id of the version', async () => {
      const { ARN } = await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect(steps()).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
      for (const event of coffer.functions.events)
        expect(event).toEqual({
          Step: expect.any(String),
          SecretId: ARN,
          ClientRequestToken: token('two'),
          RotationToken: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        })
    })

    it('SM-ROTATE-11 there is an empty version with AWSPENDING before createSecret, which reads as not found', async () => {
      let before: unknown
      let value: unknown
      coffer.use(async (event) => {
        if (event.Step !== 'createSecret') return goodFunction(coffer)(event)
        before = await coffer.describe()
        value = await coffer
          .call('GetSecretValue', { SecretId: 'a', VersionId: event.ClientRequestToken, VersionStage: 'AWSPENDING' })
          .catch((error: unknown) => error)
        return goodFunction(coffer)(event)
      })
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect(before).toMatchObject({
        RotationEnabled: true,
        VersionIdsToStages: { [token('first')]: ['AWSCURRENT'], [token('two')]: ['AWSPENDING'] },
      })
      expect(value).toMatchObject({ code: 'ResourceNotFoundException' })
    })

    it('SM-ROTATE-14 both ends are good: AWSPENDING on the current version, or nowhere', async () => {
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect(await stages()).toEqual({
        [token('first')]: ['AWSPREVIOUS'],
        [token('two')]: ['AWSCURRENT', 'AWSPENDING'],
      })
      coffer.use(async (event) => {
        await goodFunction(coffer)(event)
        if (event.Step === 'finishSecret')
          await coffer.call('UpdateSecretVersionStage', {
            SecretId: 'a',
            VersionStage: 'AWSPENDING',
            RemoveFromVersionId: event.ClientRequestToken,
          })
        return undefined
      })
      await coffer.rotate({ ClientRequestToken: token('three') })
      await coffer.runner.drain()
      expect(await stages()).toEqual({ [token('two')]: ['AWSPREVIOUS'], [token('three')]: ['AWSCURRENT'] })
    })

    it('SM-ROTATE-15 sets LastRotatedDate, LastChangedDate and NextRotationDate', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 30 } })
      coffer.clock.advance(5 * MINUTE)
      await coffer.runner.drain()
      const now = coffer.clock.now() / 1000
      expect(await coffer.describe()).toMatchObject({
        LastRotatedDate: now,
        LastChangedDate: now,
        // 2026-03-01 and thirty days.
        NextRotationDate: Date.parse('2026-03-31T23:59:59Z') / 1000,
      })
    })

    it('SM-ROTATE-22 NextRotationDate counts from a value that was set by hand, and LastRotatedDate does not', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 30 } })
      await coffer.runner.drain()
      const { LastRotatedDate } = await coffer.describe()
      coffer.clock.advance(DAY)
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'by hand' })
      expect(await coffer.describe()).toMatchObject({
        LastRotatedDate,
        NextRotationDate: Date.parse('2026-04-01T23:59:59Z') / 1000,
      })
    })

    it('SM-ROTATE-22 a value beside the current one moves nothing', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 30 } })
      await coffer.runner.drain()
      const { NextRotationDate } = await coffer.describe()
      coffer.clock.advance(DAY)
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'x', VersionStages: ['BLUE'] })
      expect(await coffer.describe()).toMatchObject({ NextRotationDate })
    })

    it('SM-ROTATE-21 shows days beside an expression after it', async () => {
      await coffer.rotate({ RotationRules: { ScheduleExpression: 'rate(30 days)' } })
      expect((await coffer.describe()).RotationRules).toEqual({ ScheduleExpression: 'rate(30 days)' })
      await coffer.runner.drain()
      const RotationRules = { ScheduleExpression: 'rate(30 days)', AutomaticallyAfterDays: 30 }
      expect(await coffer.describe()).toMatchObject({ RotationRules })
      await coffer.call('RotateSecret', { SecretId: 'a' })
      await coffer.runner.drain()
      expect(await coffer.describe()).toMatchObject({ RotationRules })
    })

    it('tells that it started and succeeded, without a secret', async () => {
      const { ARN } = await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect(coffer.events).toMatchObject([
        { name: 'RotationStarted', secretArn: ARN, requestId: `Rotation-${ARN as string}-${token('two')}` },
        { name: 'RotationSucceeded', secretArn: ARN, versionId: token('two') },
      ])
    })

    it('is recorded step by step, with the labels that moved', async () => {
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      const [record] = await coffer.records()
      expect(record).toMatchObject({
        kind: 'rotation',
        token: token('two'),
        functionArn: FUNCTION,
        result: 'succeeded',
      })
      expect(record).not.toHaveProperty('tokenHash')
      expect(record?.attempts).toHaveLength(1)
      expect(record?.attempts[0]?.steps).toMatchObject([
        { step: 'createSecret', outcome: 'ok', requestId: 'request-1' },
        { step: 'setSecret', outcome: 'ok' },
        { step: 'testSecret', outcome: 'ok' },
        {
          step: 'finishSecret',
          outcome: 'ok',
          moves: [
            { label: 'AWSCURRENT', from: token('first'), to: token('two') },
            { label: 'AWSPREVIOUS', to: token('first') },
          ],
        },
      ])
    })
  })

  describe('by schedule', () => {
    it('SM-ROTATE-25 starts once inside each window, at a moment that differs from secret to secret', async () => {
      const names = Array.from({ length: 100 }, (_, index) => `s${index}`)
      for (const name of names) {
        await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
        await coffer.rotate({
          SecretId: name,
          RotateImmediately: false,
          RotationRules: { ScheduleExpression: 'rate(10 days)' },
        })
      }
      await coffer.runner.drain()
      coffer.functions.events.length = 0
      const starts = new Map<string, number[]>()
      coffer.use(async (event) => {
        if (event.Step === 'createSecret')
          starts.set(event.SecretId, [...(starts.get(event.SecretId) ?? []), coffer.clock.now()])
        return goodFunction(coffer)(event)
      })
      const day = Date.parse('2026-03-11T00:00:00Z')
      for (let hour = 0; hour < 13 * 24; hour++) await coffer.pass(HOUR)
      expect(starts.size).toBe(100)
      for (const times of starts.values()) {
        expect(times).toHaveLength(1)
        expect(times[0]).toBeGreaterThanOrEqual(day)
        expect(times[0]).toBeLessThan(day + DAY)
      }
      expect(new Set([...starts.values()].flat()).size).toBeGreaterThan(8)
    })

    it('rotates again and again, each time from the last success', async () => {
      await coffer.rotate({ RotationRules: { ScheduleExpression: 'rate(30 days)' } })
      await coffer.runner.drain()
      for (let day = 0; day < 365; day++) await coffer.pass(DAY)
      expect(steps().filter((step) => step === 'finishSecret').length).toBe(12 + 1)
      expect((await coffer.records()).filter(({ result }) => result === 'succeeded')).toHaveLength(13)
    })

    it('a window that went by while nothing ran is not made up for outside of it: the next one is taken', async () => {
      await coffer.rotate({ RotationRules: { ScheduleExpression: 'cron(0 8 1 * ? *)', Duration: '2h' } })
      await coffer.runner.drain()
      expect(await coffer.describe()).toMatchObject({ NextRotationDate: Date.parse('2026-04-01T09:59:59Z') / 1000 })
      coffer.clock.advance(Date.parse('2026-04-02T12:00:00Z') - coffer.clock.now())
      await coffer.runner.drain()
      expect(steps()).toHaveLength(4)
      coffer.clock.advance(Date.parse('2026-05-01T09:45:00Z') - coffer.clock.now())
      await coffer.runner.drain()
      expect(steps()).toHaveLength(8)
    })

    it('a schedule that was replaced does nothing', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      const stale = (await coffer.head())!.rotation!.due!.run
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'by hand' })
      coffer.clock.advance(30 * DAY)
      const { key, suffix } = (await coffer.head())!
      const input = { ...key, suffix, run: stale, task: 'begin', executor: 'late' } as const
      expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
      expect(await coffer.tasks({ ...input, suffix: 'Other1' })).toEqual({ outcome: 'stale' })
    })

    it('a schedule that fires twice begins once', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      const { key, suffix, rotation } = (await coffer.head())!
      coffer.clock.advance(rotation!.due!.at - coffer.clock.now())
      const input = { ...key, suffix, run: rotation!.due!.run, task: 'begin' } as const
      const outcomes = await Promise.all(['one', 'other'].map((executor) => coffer.tasks({ ...input, executor })))
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['createSecret', 'stale'])
      expect(await coffer.tasks({ ...input, executor: 'third', takeOver: true })).toEqual({ outcome: 'createSecret' })
    })

    it('a schedule that fires before its time does nothing', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      const { key, suffix, rotation } = (await coffer.head())!
      const input = { ...key, suffix, run: rotation!.due!.run, task: 'begin', executor: 'early' } as const
      expect(await coffer.tasks(input)).toEqual({ outcome: 'stale' })
    })
  })

  describe('that fails', () => {
    it('SM-ROTATE-16 is attempted again as a whole under the same id, and keeps the value that was stored', async () => {
      let failures = 2
      coffer.use((event) => (event.Step === 'setSecret' && failures-- > 0 ? failed() : goodFunction(coffer)(event)))
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect(steps()).toEqual(['createSecret', 'setSecret'])
      await coffer.pass(MINUTE)
      await coffer.pass(3 * MINUTE)
      expect(steps()).toEqual(['createSecret', 'setSecret', 'createSecret', 'setSecret'])
      await coffer.pass(MINUTE)
      expect(steps().slice(4)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])
      expect(new Set(coffer.functions.events.map(({ ClientRequestToken: id }) => id)).size).toBe(1)
      expect(await stages()).toMatchObject({ [token('two')]: ['AWSCURRENT', 'AWSPENDING'] })
      const [record] = await coffer.records()
      expect(record?.attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
      expect(coffer.names()).toEqual(
        [
          'RotationStarted',
          'RotationFailed',
          'RotationStarted',
          'RotationFailed',
          'RotationStarted',
          'RotationSucceeded',
        ].filter((name, index) => index === 0 || name !== 'RotationStarted'),
      )
    })

    it('says in its event which function failed in which step', async () => {
      coffer.use(({ Step }) => (Step === 'setSecret' ? failed() : undefined))
      await coffer.rotate()
      await coffer.runner.drain()
      expect(coffer.events[1]).toMatchObject({
        name: 'RotationFailed',
        errorMessage: `Error when executing lambda ${FUNCTION} during setSecret step`,
        step: 'setSecret',
        attempt: 1,
        retryAt: coffer.clock.now() + MINUTE,
      })
    })

    it('SM-ROTATE-17 after five attempts it waits, keeps the pending version, and goes on with it a day later', async () => {
      coffer.use(({ Step }) => (Step === 'testSecret' ? failed() : undefined))
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      for (const minutes of [1, 4, 16, 60]) await coffer.pass(minutes * MINUTE)
      expect(steps().filter((step) => step === 'testSecret')).toHaveLength(5)
      await coffer.pass(2 * HOUR)
      expect(steps().filter((step) => step === 'testSecret')).toHaveLength(5)
      expect(await stages()).toMatchObject({ [token('two')]: ['AWSPENDING'] })
      await expect(coffer.rotate()).rejects.toMatchObject({ code: 'InvalidRequestException' })
      coffer.use(goodFunction(coffer))
      await coffer.pass(DAY)
      expect(await stages()).toMatchObject({ [token('two')]: ['AWSCURRENT', 'AWSPENDING'] })
      expect(await coffer.records()).toMatchObject([{ token: token('two'), result: 'succeeded' }])
    })

    it('SM-ROTATE-17 NextRotationDate stays in the past while it fails, and the next day is tried', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      const { NextRotationDate } = await coffer.describe()
      coffer.use(() => failed())
      for (let hour = 0; hour < 11 * 24 + 12; hour++) await coffer.pass(HOUR)
      expect(await coffer.describe()).toMatchObject({ NextRotationDate })
      expect((NextRotationDate as number) * 1000).toBeLessThan(coffer.clock.now())
      coffer.use(goodFunction(coffer))
      for (let hour = 0; hour < 48; hour++) await coffer.pass(HOUR)
      const { NextRotationDate: next } = await coffer.describe()
      expect((next as number) * 1000).toBeGreaterThan(coffer.clock.now())
    })

    it('SM-ROTATE-17 one that is overdue is tried in one round of attempts a day, at the moments that were said', async () => {
      await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      const days = new Map<string, number>()
      coffer.use(({ Step }) => {
        const day = new Date(coffer.clock.now()).toISOString().slice(0, 10)
        if (Step === 'createSecret') days.set(day, (days.get(day) ?? 0) + 1)
        return failed()
      })
      await coffer.pass(30 * DAY)
      expect(days.size).toBeGreaterThan(18)
      expect([...days.keys()][0]).toBe('2026-03-11')
      for (const count of days.values()) expect(count).toBeLessThanOrEqual(5)
      const failures = coffer.events.filter(({ name }) => name === 'RotationFailed')
      const promised = failures.flatMap(({ retryAt }) => (retryAt === undefined ? [] : [retryAt]))
      const begun = (await coffer.records())[0]!.attempts.map(({ startedAt }) => startedAt)
      expect(begun.slice(1).filter((time) => promised.includes(time)).length).toBeGreaterThan(15)
      const [record] = await coffer.records()
      expect(record?.attempts).toHaveLength(25)
      expect(record?.attempts[0]?.number).toBe(1)
      expect(record?.attempts.at(-1)?.number).toBe(failures.length)
    })

    it('no attempt begins after the end of the window', async () => {
      await coffer.rotate({ RotationRules: { ScheduleExpression: 'cron(0 8 * * ? *)', Duration: '1h' } })
      await coffer.runner.drain()
      const times: number[] = []
      coffer.use(({ Step }) => {
        if (Step === 'createSecret') times.push(coffer.clock.now())
        return failed()
      })
      coffer.clock.advance(Date.parse('2026-03-02T08:00:00Z') - coffer.clock.now())
      for (let minute = 0; minute < 5 * 60; minute++) await coffer.pass(MINUTE)
      expect(times.length).toBeGreaterThan(1)
      for (const time of times) expect(time).toBeLessThan(Date.parse('2026-03-02T09:00:00Z'))
    })

    it('SM-ROTATE-14 a function that does nothing and succeeds leaves it incomplete, and the next call is refused', async () => {
      coffer.use(() => undefined)
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      await expect(coffer.rotate()).rejects.toMatchObject({
        message: "A previous rotation isn't complete. That rotation will be reattempted.",
      })
      const [record] = await coffer.records()
      expect(record?.attempts[0]?.error?.diagnosis).toMatch(/stored no value: version two-+ is still empty/)
      expect(coffer.events.at(-1)).toMatchObject({ name: 'RotationFailed' })
    })

    it('SM-ROTATE-14 a function that moves another label leaves it incomplete', async () => {
      coffer.use(async (event) => {
        if (event.Step !== 'finishSecret') return goodFunction(coffer)(event)
        await coffer.call('UpdateSecretVersionStage', {
          SecretId: 'a',
          VersionStage: 'GREEN',
          MoveToVersionId: event.ClientRequestToken,
        })
        return undefined
      })
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect((await coffer.records())[0]?.attempts[0]?.error?.diagnosis).toMatch(/must move AWSCURRENT/)
    })

    it.each([
      [{ kind: 'timed-out', requestId: 'r' }, /no network route/],
      [{ kind: 'not-invoked', reason: 'missing' }, /There is no function/],
      [{ kind: 'not-invoked', reason: 'not-allowed' }, /may not invoke/],
      [{ kind: 'not-invoked', reason: 'throttled' }, /no capacity/],
      [{ kind: 'not-invoked', reason: 'unreachable' }, /could not be reached/],
      [{ kind: 'failed', errorType: 'AccessDeniedException', message: 'Access to KMS is not allowed' }, /KMS refused/],
      [
        {
          kind: 'failed',
          errorType: 'OperationalError',
          message: 'FATAL: password authentication failed for user "app"',
        },
        /refused the stored password/,
      ],
      [
        { kind: 'failed', errorType: 'Error', message: 'connect ECONNREFUSED 10.0.0.5:5432' },
        /No connection came about/,
      ],
      [
        { kind: 'failed', errorType: 'Runtime.ImportModuleError', message: "No module named 'psycopg2'" },
        /could not be loaded/,
      ],
      [{ kind: 'failed', errorType: 'ValueError', message: 'x' }, /failed in createSecret: its message says why/],
    ] as [FunctionOutcome, RegExp][])('%j is diagnosed', async (outcome, diagnosis) => {
      coffer.use(() => outcome)
      await coffer.rotate()
      await coffer.runner.drain()
      expect((await coffer.records())[0]?.attempts[0]?.steps[0]?.error?.diagnosis).toMatch(diagnosis)
    })

    it('keeps no secret of what a function says', async () => {
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: '{"password":"correct horse","port":5432}' })
      coffer.use(async (event) => {
        await goodFunction(coffer)(event)
        const { RotationToken: rotationToken, ClientRequestToken: id } = event
        return event.Step === 'setSecret'
          ? failed(`login with correct horse to db:5432 failed; made for ${id}; ${rotationToken}; try Xy7#kQ2!mm9`)
          : undefined
      })
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      const text = JSON.stringify([await coffer.records(), coffer.events])
      for (const secret of [
        'correct horse',
        `made for ${token('two')}`,
        'Xy7#kQ2',
        ...coffer.functions.events.map(({ RotationToken }) => RotationToken),
      ])
        expect(text).not.toContain(secret)
      expect((await coffer.records())[0]?.attempts[0]?.steps[1]?.error).toMatchObject({
        type: 'ValueError',
        message: expect.stringMatching(/^login with \[redacted\] to db/) as string,
      })
    })
  })

  describe('that fails with a database', () => {
    const MANAGED = FUNCTION.replace(/rotate$/, 'coffer-managed-rotation')
    const value = {
      engine: 'mariadb',
      host: 'orders-db-2.example.com',
      port: 27803,
      username: 'App-User-17',
      password: 'sommerregen',
    }
    const failedWith = async (outcome: FunctionOutcome, functionArn = MANAGED) => {
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: JSON.stringify(value) })
      coffer.functions.byArn.set(functionArn, () => outcome)
      await coffer.rotate({ RotationLambdaARN: functionArn })
      await coffer.runner.drain()
      return (await coffer.records())[0]?.attempts[0]?.steps[0]?.error
    }
    const message =
      'No connection to mariadb at orders-db-2.example.com:27803 as user "App-User-17": the server offers no TLS.'

    it('keeps what managed rotation says, since it names nothing but public members', async () => {
      expect(await failedWith({ kind: 'failed', errorType: 'DatabaseUnreachable', message })).toEqual({
        type: 'DatabaseUnreachable',
        message,
        diagnosis: expect.stringMatching(/^The server offers no TLS\. Turn it on there\./) as string,
      })
    })

    it('takes names for those of managed rotation only from it', async () => {
      const error = await failedWith({ kind: 'failed', errorType: 'BadSettings', message: 'x' }, FUNCTION)
      expect(error?.diagnosis).toMatch(/^The function failed in createSecret: its message says why\./)
    })

    it('keeps neither a message nor a name that holds the password', async () => {
      const outcome = {
        kind: 'failed',
        errorType: 'SommerregenError',
        message: 'c29tbWVycmVnZW4= is Sommer\nregen',
      } as const
      expect(await failedWith(outcome, FUNCTION)).toEqual({
        message: '[redacted] is [redacted]',
        diagnosis: expect.any(String) as string,
      })
    })
  })

  describe('that is left behind', () => {
    it('SM-LABEL-06 a value that is set by hand abandons it: AWSPENDING goes, no step follows, and it is told', async () => {
      const good = goodFunction(coffer)
      coffer.use(async (event) => {
        await good(event)
        if (event.Step === 'setSecret')
          await coffer.call('PutSecretValue', {
            SecretId: 'a',
            SecretString: 'by hand',
            ClientRequestToken: token('hand'),
          })
        return undefined
      })
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      expect(steps()).toEqual(['createSecret', 'setSecret'])
      expect(await stages()).toEqual({ [token('first')]: ['AWSPREVIOUS'], [token('hand')]: ['AWSCURRENT'] })
      expect(coffer.names()).toEqual(['RotationStarted', 'RotationAbandoned'])
      expect((await coffer.records())[0]).toMatchObject({ result: 'abandoned' })
      await coffer.pass(3 * DAY)
      expect(steps()).toHaveLength(2)
    })

    it('SM-LABEL-06 so does UpdateSecret, and after all attempts have failed', async () => {
      coffer.use(() => failed())
      await coffer.rotate({ ClientRequestToken: token('two') })
      await coffer.runner.drain()
      for (const minutes of [1, 4, 16, 60]) await coffer.pass(minutes * MINUTE)
      await coffer.call('UpdateSecret', { SecretId: 'a', SecretString: 'by hand', ClientRequestToken: token('hand') })
      expect(await stages()).toEqual({ [token('first')]: ['AWSPREVIOUS'], [token('hand')]: ['AWSCURRENT'] })
      expect(coffer.names().at(-1)).toBe('RotationAbandoned')
      coffer.use(goodFunction(coffer))
      await coffer.rotate()
      await coffer.runner.drain()
      expect(coffer.names().at(-1)).toBe('RotationSucceeded')
    })

    it('SM-LABEL-06 without a rotation AWSPENDING on another version stays where somebody put it', async () => {
      await coffer.call('PutSecretValue', {
        SecretId: 'a',
        SecretString: 'x',
        VersionStages: ['AWSPENDING'],
        ClientRequestToken: token('two'),
      })
      await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'y' })
      expect(await stages()).toMatchObject({ [token('two')]: ['AWSPENDING'] })
    })

    it('SM-ROTATE-24 a secret that is deleted does not rotate, and goes on when it is restored', async () => {
      const good = goodFunction(coffer)
      let isDeleted = false
      coffer.use(async (event) => {
        await good(event)
        if (event.Step === 'setSecret' && !isDeleted) {
          isDeleted = true
          await coffer.call('DeleteSecret', { SecretId: 'a' })
        }
        return undefined
      })
      await coffer.rotate({ ClientRequestToken: token('two'), RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      expect(steps()).toEqual(['createSecret', 'setSecret'])
      expect((await coffer.records())[0]).toMatchObject({ result: 'stopped' })
      await coffer.pass(DAY)
      expect(steps()).toHaveLength(2)
      await coffer.call('RestoreSecret', { SecretId: 'a' })
      for (let hour = 0; hour < 48; hour++) await coffer.pass(HOUR)
      expect(await stages()).toMatchObject({ [token('two')]: ['AWSCURRENT', 'AWSPENDING'] })
    })

    it('SM-ROTATE-24 a secret that was made again under the name has nothing to do with it', async () => {
      coffer.use(async ({ Step }) => {
        if (Step !== 'createSecret') return undefined
        await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
        await coffer.call('CreateSecret', { Name: 'a', SecretString: 'other', ClientRequestToken: token('other') })
        return undefined
      })
      await coffer.rotate()
      await coffer.runner.drain()
      expect(steps()).toEqual(['createSecret'])
      expect(await stages()).toEqual({ [token('other')]: ['AWSCURRENT'] })
      expect(await coffer.records()).toEqual([])
    })
  })

  describe('with RotateImmediately=false', () => {
    it('SM-ROTATE-18 calls testSecret alone on a copy of the current value under an id of its own, and SM-ROTATE-19 takes it away', async () => {
      const before = await coffer.describe()
      let seen: unknown
      let labels: unknown
      coffer.use(async ({ SecretId, ClientRequestToken: id }) => {
        seen = await coffer.call('GetSecretValue', { SecretId, VersionId: id, VersionStage: 'AWSPENDING' })
        labels = await stages()
        return undefined
      })
      await coffer.rotate({ RotateImmediately: false, ClientRequestToken: token('test') })
      await coffer.runner.drain()
      expect(steps()).toEqual(['testSecret'])
      expect(seen).toMatchObject({ SecretString: 'first', VersionId: token('test'), VersionStages: ['AWSPENDING'] })
      expect(labels).toEqual({ [token('first')]: ['AWSCURRENT'], [token('test')]: ['AWSPENDING'] })
      expect((await coffer.describe()).VersionIdsToStages).toEqual(before.VersionIdsToStages)
      const { Versions } = await coffer.call('ListSecretVersionIds', { SecretId: 'a', IncludeDeprecated: true })
      expect(Versions).toHaveLength(1)
      expect(await coffer.describe()).not.toHaveProperty('LastRotatedDate')
      expect(coffer.names()).toEqual(['TestRotationStarted', 'TestRotationSucceeded'])
    })

    it('SM-ROTATE-19 a test that fails is told and not repeated, and what it was made with goes', async () => {
      coffer.use(() => failed())
      await coffer.rotate({ RotateImmediately: false })
      await coffer.runner.drain()
      await coffer.pass(2 * DAY)
      expect(steps()).toEqual(['testSecret'])
      expect(coffer.names()).toEqual(['TestRotationStarted', 'TestRotationFailed'])
      expect(await stages()).toEqual({ [token('first')]: ['AWSCURRENT'] })
    })

    it('plans the first rotation from the day of the configuration', async () => {
      await coffer.rotate({ RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 10 } })
      await coffer.runner.drain()
      expect(await coffer.describe()).toMatchObject({ NextRotationDate: Date.parse('2026-03-11T23:59:59Z') / 1000 })
      for (let hour = 0; hour < 11 * 24; hour++) await coffer.pass(HOUR)
      expect(steps()).toEqual(['testSecret', 'createSecret', 'setSecret', 'testSecret', 'finishSecret'])
    })

    it('fails where there is no value to test with', async () => {
      await coffer.call('CreateSecret', { Name: 'empty' })
      await coffer.rotate({ SecretId: 'empty', RotateImmediately: false })
      await coffer.runner.drain()
      expect(coffer.events.at(-1)).toMatchObject({
        name: 'TestRotationFailed',
        errorMessage: expect.stringContaining(
          "can't find the specified secret value for staging label: AWSCURRENT",
        ) as string,
      })
    })

    it('SM-LABEL-06 a value that is set by hand ends the test too', async () => {
      coffer.use(async () => {
        await coffer.call('PutSecretValue', {
          SecretId: 'a',
          SecretString: 'by hand',
          ClientRequestToken: token('hand'),
        })
        return undefined
      })
      await coffer.rotate({ RotateImmediately: false })
      await coffer.runner.drain()
      expect(await stages()).toEqual({ [token('first')]: ['AWSPREVIOUS'], [token('hand')]: ['AWSCURRENT'] })
    })
  })

  describe('RotationToken', () => {
    it('SM-ROTATE-13 lets the running invocation alone write, and is another for each', async () => {
      const answers: unknown[] = []
      coffer.use(async ({ Step, SecretId, ClientRequestToken, RotationToken }) => {
        const put = (RotationToken: string, SecretString = 'v') =>
          coffer
            .call('PutSecretValue', {
              SecretId,
              ClientRequestToken,
              SecretString,
              VersionStages: ['AWSPENDING'],
              RotationToken,
            })
            .catch((error: unknown) => (error instanceof ApiError ? `${error.code}: ${error.message}` : error))
        if (Step === 'createSecret') answers.push(await put('0'.repeat(36)), await put(RotationToken))
        if (Step === 'setSecret')
          answers.push(await put(coffer.functions.events[0]!.RotationToken), await put(RotationToken))
        if (Step === 'finishSecret') await promote(coffer, SecretId, ClientRequestToken)
        return undefined
      })
      await coffer.rotate()
      await coffer.runner.drain()
      const refused =
        'InvalidRequestException: The RotationToken does not belong to a rotation of this version that is running now.'
      expect(answers).toEqual([
        refused,
        expect.objectContaining({ Name: 'a' }),
        refused,
        expect.objectContaining({ Name: 'a' }),
      ])
      expect(new Set(coffer.functions.events.map(({ RotationToken }) => RotationToken)).size).toBe(4)
    })

    it('SM-ROTATE-13 is refused where no rotation runs, and never repeated', async () => {
      const RotationToken = 'a'.repeat(36)
      const error = await coffer
        .call('PutSecretValue', { SecretId: 'a', SecretString: 'v', RotationToken })
        .catch((refused: unknown) => refused)
      expect(error).toMatchObject({ code: 'InvalidRequestException' })
      expect(String(error)).not.toContain(RotationToken)
    })
  })
})
