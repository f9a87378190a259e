import { sameAccountOnly, type Authorizer } from '../../../lambda/auth/authorizer.ts'
import { makeRotating, DAY, FUNCTION, goodFunction, token, type Rotating } from '../../support/rotating-coffer.ts'

describe('RotateSecret', () => {
  let coffer: Rotating
  beforeEach(async () => {
    coffer = makeRotating()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => coffer.close())

  it('SM-ROTATE-07 answers at once with the id of the version that is being made', async () => {
    const answer = await coffer.rotate({ ClientRequestToken: token('two') })
    expect(answer).toEqual({ ARN: expect.any(String), Name: 'a', VersionId: token('two') })
    expect(coffer.functions.events).toEqual([])
  })

  it('SM-TOKEN-09 misses the token with another code than the other operations, before it looks for the secret', async () => {
    await expect(coffer.rotate({ SecretId: 'nothing', ClientRequestToken: null })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: 'You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    })
  })

  it('SM-ROTATE-01 a second call with the SecretId alone uses what is stored, and other rules replace the stored ones as a whole', async () => {
    await coffer.rotate({ RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '2h' } })
    await coffer.runner.drain()
    await coffer.call('RotateSecret', { SecretId: 'a' })
    await coffer.runner.drain()
    expect(await coffer.describe()).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: FUNCTION,
      RotationRules: { ScheduleExpression: 'rate(10 days)', Duration: '2h', AutomaticallyAfterDays: 10 },
    })
    await coffer.call('RotateSecret', { SecretId: 'a', RotationRules: { AutomaticallyAfterDays: 7 } })
    expect((await coffer.describe()).RotationRules).toEqual({ AutomaticallyAfterDays: 7 })
  })

  it('SM-ROTATE-02 refuses a function for a secret that a service owns', async () => {
    const stored = await coffer.head()
    const head = { ...stored!, owningService: 'rds', revision: stored!.revision + 1 }
    await coffer.store.commit({ head, put: [], drop: [] })
    await expect(coffer.rotate()).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: 'Rotation Lambda ARN is not supported for a service-managed secret.',
    })
  })

  it('SM-ROTATE-03 misses a function where none is given and none is stored', async () => {
    await expect(coffer.call('RotateSecret', { SecretId: 'a' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: 'No Lambda rotation function ARN is associated with this secret.',
    })
  })

  it.each(['missing', 'not-allowed'] as const)(
    'SM-ROTATE-04 refuses a function that is %s, and stores nothing',
    async (checked) => {
      coffer.functions.checked = checked
      const before = await coffer.describe()
      await expect(coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 1 } })).rejects.toMatchObject({
        code: 'AccessDeniedException',
        message:
          'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
      })
      expect(await coffer.describe()).toEqual(before)
      expect(before).not.toHaveProperty('RotationEnabled')
    },
  )

  it('SM-ROTATE-05 refuses a caller who may not invoke the function, but for managed rotation', async () => {
    const authorizer: Authorizer = {
      ...sameAccountOnly,
      decide: (request) =>
        request.action === 'lambda:InvokeFunction'
          ? { verdict: 'implicit-deny', layer: 'identity' }
          : sameAccountOnly.decide(request),
    }
    const other = makeRotating({ authorizer })
    await other.call('CreateSecret', { Name: 'a', SecretString: 'first' })
    await expect(other.rotate()).rejects.toMatchObject({
      code: 'AccessDeniedException',
      message: `User: arn:aws:iam::123456789012:user/admin is not authorized to perform: lambda:InvokeFunction on resource: ${FUNCTION} because no identity-based policy allows the lambda:InvokeFunction action`,
    })
    other.functions.checked = 'missing'
    const managed = FUNCTION.replace(/rotate$/, 'coffer-managed-rotation')
    expect(await other.rotate({ RotationLambdaARN: managed })).toMatchObject({ Name: 'a' })
    await expect(other.rotate({ RotationLambdaARN: managed.replace('123456789012', '210987654321') })).rejects.toThrow()
    other.close()
  })

  it('SM-ROTATE-06 refuses while AWSPENDING is on another version than AWSCURRENT, whoever put it there', async () => {
    await coffer.call('PutSecretValue', { SecretId: 'a', SecretString: 'x', VersionStages: ['AWSPENDING'] })
    await expect(coffer.rotate()).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: "A previous rotation isn't complete. That rotation will be reattempted.",
    })
  })

  it('SM-ROTATE-06 refuses a second rotation at the same time: of two calls one starts it', async () => {
    const results = await Promise.allSettled([coffer.rotate(), coffer.rotate()])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await coffer.runner.drain()
    expect(coffer.functions.events).toHaveLength(4)
  })

  it('SM-ROTATE-08 the same call again starts no second rotation, neither while the first runs nor after it', async () => {
    const first = await coffer.rotate({ ClientRequestToken: token('two') })
    expect(await coffer.rotate({ ClientRequestToken: token('two') })).toEqual(first)
    await coffer.runner.drain()
    expect(await coffer.rotate({ ClientRequestToken: token('two') })).toEqual(first)
    await coffer.runner.drain()
    expect(coffer.functions.events).toHaveLength(4)
  })

  it('SM-ROTATE-08 refuses the id of a version that no rotation made', async () => {
    await expect(coffer.rotate({ ClientRequestToken: token('first') })).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: expect.stringContaining(`You can't use ClientRequestToken ${token('first')}`) as string,
    })
  })

  it('SM-ROTATE-20 refuses days and an expression together', async () => {
    const RotationRules = { AutomaticallyAfterDays: 10, ScheduleExpression: 'rate(10 days)' }
    await expect(coffer.rotate({ RotationRules })).rejects.toMatchObject({
      code: 'InvalidParameterException',
      message: 'You cannot specify both rotation frequency and schedule expression together.',
    })
  })

  it('stores the settings of managed rotation and shows them', async () => {
    const ExternalSecretRotationMetadata = [{ Key: 'strategy', Value: 'generic' }]
    const ExternalSecretRotationRoleArn = 'arn:aws:iam::123456789012:role/rotation'
    await coffer.rotate({ ExternalSecretRotationMetadata, ExternalSecretRotationRoleArn })
    expect(await coffer.describe()).toMatchObject({ ExternalSecretRotationMetadata, ExternalSecretRotationRoleArn })
    const [listed] = (await coffer.call('ListSecrets')).SecretList as Record<string, unknown>[]
    expect(listed).toMatchObject({ ExternalSecretRotationMetadata, RotationEnabled: true, RotationLambdaARN: FUNCTION })
  })

  it('an empty list takes the settings back, and they are shown no more', async () => {
    await coffer.rotate({ ExternalSecretRotationMetadata: [{ Key: 'strategy', Value: 'generic' }] })
    await coffer.runner.drain()
    await coffer.rotate()
    await coffer.runner.drain()
    expect(await coffer.describe()).toHaveProperty('ExternalSecretRotationMetadata')
    await coffer.rotate({ ExternalSecretRotationMetadata: [] })
    await coffer.runner.drain()
    expect(await coffer.describe()).not.toHaveProperty('ExternalSecretRotationMetadata')
    const [listed] = (await coffer.call('ListSecrets')).SecretList as Record<string, unknown>[]
    expect(listed).not.toHaveProperty('ExternalSecretRotationMetadata')
    // It stays so when a later call gives none.
    await coffer.rotate()
    expect(await coffer.describe()).not.toHaveProperty('ExternalSecretRotationMetadata')
  })

  it('given settings replace all that were stored', async () => {
    await coffer.rotate({ ExternalSecretRotationMetadata: [{ Key: 'strategy', Value: 'generic' }] })
    await coffer.runner.drain()
    const ExternalSecretRotationMetadata = [{ Key: 'passwordLength', Value: '40' }]
    await coffer.rotate({ ExternalSecretRotationMetadata })
    expect(await coffer.describe()).toMatchObject({ ExternalSecretRotationMetadata })
  })

  describe('settings that its function calls wrong', () => {
    const bad = [{ Key: 'strategy', Value: 'none' }]
    const asked: unknown[] = []
    beforeEach(() => {
      asked.length = 0
      coffer.functions.settingsProblem = (use, settings) => {
        asked.push([use.functionArn, use.secret.name, settings])
        return settings.some(({ value }) => value === 'none') ? 'strategy must be another.' : undefined
      }
    })
    const refusal = { code: 'InvalidParameterException', message: 'strategy must be another.' }

    it('are refused, and nothing is stored', async () => {
      const before = await coffer.describe()
      const RotationRules = { AutomaticallyAfterDays: 1 }
      await expect(coffer.rotate({ RotationRules, ExternalSecretRotationMetadata: bad })).rejects.toMatchObject(refusal)
      expect(asked).toEqual([[FUNCTION, 'a', [{ key: 'strategy', value: 'none' }]]])
      expect(await coffer.describe()).toEqual(before)
      expect(before).not.toHaveProperty('RotationEnabled')
      expect(coffer.functions.events).toEqual([])
    })

    it('are refused where they were stored for another function, until they are replaced or taken back', async () => {
      const other = FUNCTION.replace(/rotate$/, 'other')
      coffer.functions.byArn.set(other, goodFunction(coffer))
      const { settingsProblem } = coffer.functions
      coffer.functions.settingsProblem = (use, settings) =>
        use.functionArn === other ? undefined : settingsProblem?.(use, settings)
      await coffer.rotate({ RotationLambdaARN: other, ExternalSecretRotationMetadata: bad })
      await coffer.runner.drain()
      await coffer.rotate({ RotationLambdaARN: other })
      await coffer.runner.drain()
      await expect(coffer.rotate()).rejects.toMatchObject(refusal)
      expect(await coffer.describe()).toMatchObject({ RotationLambdaARN: other })
      await coffer.rotate({ ExternalSecretRotationMetadata: [] })
      expect(await coffer.describe()).toMatchObject({ RotationLambdaARN: FUNCTION })
    })

    it('are no matter for a call that is made again', async () => {
      await coffer.rotate({ ClientRequestToken: token('two') })
      const again = { ClientRequestToken: token('two'), ExternalSecretRotationMetadata: bad }
      expect(await coffer.rotate(again)).toMatchObject({ VersionId: token('two') })
    })
  })

  it('refuses a setting twice', async () => {
    const setting = { Key: 'strategy', Value: 'generic' }
    await expect(coffer.rotate({ ExternalSecretRotationMetadata: [setting, setting] })).rejects.toMatchObject({
      code: 'InvalidParameterException',
    })
  })

  it('refuses a secret that is marked for deletion', async () => {
    await coffer.call('DeleteSecret', { SecretId: 'a' })
    await expect(coffer.rotate()).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    })
  })

  it('a secret without a value can be rotated: its first version comes from the function', async () => {
    await coffer.call('CreateSecret', { Name: 'empty' })
    coffer.use(async ({ Step, SecretId, ClientRequestToken }) => {
      if (Step === 'createSecret')
        await coffer.call('PutSecretValue', {
          SecretId,
          ClientRequestToken,
          SecretString: 'v',
          VersionStages: ['AWSPENDING'],
        })
      if (Step === 'finishSecret')
        await coffer.call('UpdateSecretVersionStage', {
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: ClientRequestToken,
        })
      return undefined
    })
    await coffer.rotate({ SecretId: 'empty', ClientRequestToken: token('one') })
    expect((await coffer.describe('empty')).VersionIdsToStages).toEqual({ [token('one')]: ['AWSPENDING'] })
    await coffer.runner.drain()
    expect((await coffer.describe('empty')).VersionIdsToStages).toEqual({
      [token('one')]: ['AWSCURRENT', 'AWSPENDING'],
    })
    expect(await coffer.call('GetSecretValue', { SecretId: 'empty' })).toMatchObject({ SecretString: 'v' })
  })
})

describe('CancelRotateSecret', () => {
  let coffer: Rotating
  beforeEach(async () => {
    coffer = makeRotating()
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'first', ClientRequestToken: token('first') })
    coffer.use(goodFunction(coffer))
  })
  afterEach(() => coffer.close())

  const cancel = () => coffer.call('CancelRotateSecret', { SecretId: 'a' })

  it('SM-ROTATE-23 turns rotation off and keeps its function and rules', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
    await coffer.runner.drain()
    expect(await cancel()).toEqual({ ARN: expect.any(String), Name: 'a' })
    const described = await coffer.describe()
    expect(described).toMatchObject({
      RotationEnabled: false,
      RotationLambdaARN: FUNCTION,
      RotationRules: { AutomaticallyAfterDays: 10 },
    })
    expect(described).not.toHaveProperty('NextRotationDate')
    await coffer.pass(40 * DAY)
    expect(coffer.functions.events).toHaveLength(4)
  })

  it('SM-ROTATE-23 stops a running rotation, names its version, and leaves AWSPENDING where it is, which blocks the next one', async () => {
    await coffer.rotate({ ClientRequestToken: token('two') })
    expect(await cancel()).toMatchObject({ VersionId: token('two') })
    await coffer.runner.drain()
    expect(coffer.functions.events).toEqual([])
    expect((await coffer.describe()).VersionIdsToStages).toMatchObject({ [token('two')]: ['AWSPENDING'] })
    await expect(coffer.rotate()).rejects.toMatchObject({ code: 'InvalidRequestException' })
    await coffer.call('UpdateSecretVersionStage', {
      SecretId: 'a',
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: token('two'),
    })
    await coffer.rotate({ ClientRequestToken: token('three') })
    await coffer.runner.drain()
    expect((await coffer.describe()).VersionIdsToStages).toMatchObject({
      [token('three')]: ['AWSCURRENT', 'AWSPENDING'],
    })
  })

  it('SM-ROTATE-23 cancelled between two steps, no further step runs', async () => {
    const good = goodFunction(coffer)
    coffer.use(async (event) => {
      const outcome = await good(event)
      if (event.Step === 'setSecret') await cancel()
      return outcome
    })
    await coffer.rotate({ ClientRequestToken: token('two') })
    await coffer.runner.drain()
    expect(coffer.functions.events.map(({ Step }) => Step)).toEqual(['createSecret', 'setSecret'])
    expect(await coffer.records()).toMatchObject([{ token: token('two'), result: 'cancelled' }])
  })

  it('SM-ROTATE-23 RotateSecret turns it on again', async () => {
    await coffer.rotate({ RotationRules: { AutomaticallyAfterDays: 10 } })
    await coffer.runner.drain()
    await cancel()
    await coffer.call('RotateSecret', { SecretId: 'a' })
    await coffer.runner.drain()
    expect(await coffer.describe()).toMatchObject({ RotationEnabled: true, NextRotationDate: expect.any(Number) })
  })

  it('refuses a secret whose rotation was never configured', async () => {
    await expect(cancel()).rejects.toMatchObject({ code: 'InvalidRequestException' })
  })

  it('cancelling twice changes nothing', async () => {
    await coffer.rotate()
    await coffer.runner.drain()
    await cancel()
    const before = await coffer.describe()
    coffer.clock.advance(DAY)
    await cancel()
    expect(await coffer.describe()).toEqual(before)
  })
})
