import { ApiError } from '../../support/coffer.ts'
import type { StubFunction } from '../../support/stub-functions.ts'
import { DAY, FUNCTION, goodFunction, HOUR, makeRotating, token, type Rotating } from '../../support/rotating-coffer.ts'

describe('a rotation among other changes', () => {
  let coffer: Rotating
  beforeEach(async () => {
    coffer = makeRotating()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => coffer.close())

  const stages = async () => (await coffer.describe()).VersionIdsToStages as Record<string, string[]>
  const put = (input: Record<string, unknown>) => coffer.call('PutSecretValue', { SecretId: 'a', ...input })
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof ApiError ? error.code : error),
    )

  describe('with RotateImmediately=false', () => {
    it.each(['PutSecretValue', 'UpdateSecret'])(
      'SM-ROTATE-19 %s with the id of the test is refused, before its copy is made and after, and no value is lost',
      async (operation) => {
        const write = () =>
          codeOf(coffer.call(operation, { SecretId: 'a', SecretString: 'mine', ClientRequestToken: token('t') }))
        const codes: unknown[] = []
        coffer.use(async () => {
          codes.push(await write())
          return undefined
        })
        await coffer.rotate({ RotateImmediately: false, ClientRequestToken: token('t') })
        codes.push(await write())
        await coffer.runner.drain()
        expect(codes).toEqual(['ResourceExistsException', 'ResourceExistsException'])
        expect(await stages()).toEqual({ [token('first')]: ['AWSCURRENT'] })
      },
    )

    it.each(['AWSCURRENT', 'GREEN'])('SM-LABEL-10 a version of the test that got %s meanwhile stays', async (label) => {
      coffer.use(async ({ SecretId, ClientRequestToken }) => {
        await coffer.call('UpdateSecretVersionStage', {
          SecretId,
          VersionStage: label,
          MoveToVersionId: ClientRequestToken,
          ...(label === 'AWSCURRENT' && { RemoveFromVersionId: token('first') }),
        })
        return undefined
      })
      await coffer.rotate({ RotateImmediately: false, ClientRequestToken: token('t') })
      await coffer.runner.drain()
      expect((await stages())[token('t')]).toEqual([label])
      expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'first' })
    })

    it('a value that is set by hand meanwhile fails the test, and abandons no rotation', async () => {
      coffer.use(async () => {
        await put({ SecretString: 'by hand' })
        return undefined
      })
      await coffer.rotate({ RotateImmediately: false })
      await coffer.runner.drain()
      expect(coffer.names()).toEqual(['TestRotationStarted', 'TestRotationFailed'])
    })
  })

  it.each(['abandoned', 'aborted'])(
    'SM-LABEL-06 a function that is late cannot bring AWSPENDING back after its rotation was %s',
    async (how) => {
      const late: unknown[] = []
      coffer.use(async ({ Step, SecretId, ClientRequestToken }) => {
        if (Step !== 'createSecret') return undefined
        if (how === 'abandoned') await put({ SecretString: 'by hand' })
        else {
          const { aborted } = await import('../../../lambda/core/domain/rotation-state.ts')
          const head = (await coffer.head())!
          const change = aborted(head as never, { now: coffer.clock.now(), fraction: 0 })
          await coffer.store.commit({ head: { ...change, revision: head.revision + 1 }, put: [], drop: [] })
        }
        late.push(
          await codeOf(put({ SecretId, ClientRequestToken, SecretString: 'late', VersionStages: ['AWSPENDING'] })),
        )
        return undefined
      })
      await coffer.rotate()
      await coffer.runner.drain()
      expect(late).toEqual(['ResourceExistsException'])
      expect(Object.values(await stages()).flat()).not.toContain('AWSPENDING')
    },
  )

  it('a planned rotation does not make current what somebody put AWSPENDING on', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 1 } })
    await coffer.runner.drain()
    const current = (await coffer.call('GetSecretValue', { SecretId: 'a' })).VersionId as string
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSPENDING',
      MoveToVersionId: token('first'),
      RemoveFromVersionId: current,
    })
    await coffer.pass(3 * DAY)
    expect((await coffer.call('GetSecretValue', { SecretId: 'a' })).VersionId).toBe(current)
    expect(coffer.events.at(-1)).toMatchObject({
      name: 'RotationFailed',
      errorMessage: expect.stringContaining(
        `AWSPENDING is on version ${token('first')}, which no rotation made`,
      ) as string,
    })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: token('first'),
    })
    await coffer.pass(2 * DAY)
    expect(coffer.names().at(-1)).toBe('RotationSucceeded')
  })

  it('SM-LABEL-12 is refused where its own labels would not fit when it is done', async () => {
    const VersionStages = ['AWSCURRENT', ...Array.from({ length: 17 }, (_, index) => `S${index}`)]
    await put({ SecretString: 'x', VersionStages })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'S99',
      MoveToVersionId: token('first'),
    })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSPREVIOUS',
      RemoveFromVersionId: token('first'),
    })
    await expect(coffer.rotate()).rejects.toMatchObject({ code: 'LimitExceededException' })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'S99',
      RemoveFromVersionId: token('first'),
    })
    await coffer.rotate()
    await coffer.runner.drain()
    expect(coffer.names().at(-1)).toBe('RotationSucceeded')
  })

  it('SM-LABEL-11 the first value after a first rotation that failed becomes current', async () => {
    await coffer.call('CreateSecret', { Name: 'empty' })
    const refusing: StubFunction = () => ({ kind: 'failed', errorType: 'E', message: 'm' })
    coffer.use(refusing)
    await coffer.rotate({ SecretId: 'empty' })
    await coffer.runner.drain()
    await coffer.call('PutSecretValue', { SecretId: 'empty', SecretString: 'v', VersionStages: ['X'] })
    expect(await coffer.call('GetSecretValue', { SecretId: 'empty' })).toMatchObject({
      SecretString: 'v',
      VersionStages: ['AWSCURRENT', 'X'],
    })
  })

  it.each([
    'rotate',
    'function:rotate',
    '123456789012:function:rotate',
    `${FUNCTION}:v1:v2`,
    FUNCTION.replace('arn:aws:', 'arn:aws-cn:'),
    FUNCTION.replace('us-east-1', 'eu-west-1'),
  ])('SM-ROTATE-04 a function is named by its full ARN: not %s', async (RotationLambdaARN) => {
    await expect(coffer.rotate({ RotationLambdaARN })).rejects.toMatchObject({ code: 'AccessDeniedException' })
  })

  it('a move of the clock goes on for the others where one secret is stuck', async () => {
    const stuck = makeRotating({
      wrapTasks: (tasks) => async (input) => {
        if (input.name === 'a') throw new Error('broken')
        return tasks(input)
      },
    })
    stuck.use(goodFunction(stuck))
    for (const name of ['a', 'b']) {
      await stuck.call('CreateSecret', { Name: name, SecretString: 'v' })
      await stuck.rotate({ SecretId: name, RotationRules: { AutomaticallyAfterDays: 1 } })
    }
    await stuck.runner.drain()
    await stuck.pass(30 * DAY + HOUR)
    expect((await stuck.records('b')).length).toBeGreaterThanOrEqual(25)
    stuck.close()
  })
})
