import { Printed } from '../support/printed.ts'
import type { DynamoDBStreamEvent, StreamRecord } from 'aws-lambda'
import { changeFeedHandler } from '../../../lambda/handlers/edge/change-feed-handler.ts'
import { streamArnHandler, type CustomResourceAnswer } from '../../../lambda/handlers/edge/stream-arn-handler.ts'
import { sweeperHandler } from '../../../lambda/handlers/edge/sweeper-handler.ts'
import type { SecretHead, SecretKey } from '../../../lambda/core/domain/secret.ts'
import { bound, makeCoffer, REGION, type Coffer } from '../../support/coffer.ts'
import { lambdaContext } from '../support/proxy-event.ts'

let coffer: Coffer
let printed: Printed
beforeEach(() => {
  coffer = makeCoffer({ purgesLater: true })
  printed = new Printed()
})
afterEach(() => {
  coffer.close()
  jest.restoreAllMocks()
})

const secretKeyOf = (keys: NonNullable<StreamRecord['Keys']>) => ({
  account: '123456789012',
  region: keys.region!.S!,
  name: keys.name!.S!,
})
const recordsOf = (...names: string[]): DynamoDBStreamEvent => ({
  Records: names.map((name, index) => ({
    dynamodb: { Keys: { name: { S: name }, region: { S: REGION } }, SequenceNumber: String(index) },
  })),
})

describe('the change feed', () => {
  const armed: string[] = []
  let trouble: Error | undefined
  const starter = {
    arm: async ({ key, state }: SecretHead) => {
      armed.push(`${key.name} ${state}`)
      if (trouble) throw trouble
      return 'scheduled' as const
    },
  }
  const feed = (services = coffer.services, region = REGION) =>
    changeFeedHandler({ services, starter, region, secretKeyOf })
  beforeEach(() => {
    armed.length = 0
    trouble = undefined
  })
  const ROTATION = { RotationLambdaARN: 'arn:aws:lambda:us-east-1:123456789012:function:rotate' }

  it('purges a secret that was deleted by force, and leaves one that was not', async () => {
    for (const name of ['a', 'b']) await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    expect(await feed()(recordsOf('a', 'b', 'a', 'gone'), lambdaContext)).toEqual({ batchItemFailures: [] })
    expect(await coffer.store.load({ account: '123456789012', region: REGION, name: 'a' })).toBeUndefined()
    expect(coffer.keys.retired).toHaveLength(1)
    expect(await coffer.call('GetSecretValue', { SecretId: 'b' })).toMatchObject({ SecretString: 'v' })
  })

  it('leaves the items of other Regions to those', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    await feed(coffer.services, 'eu-west-1')(recordsOf('a'), lambdaContext)
    expect(await coffer.store.load({ account: '123456789012', region: REGION, name: 'a' })).toBeDefined()
  })

  it('tells Lambda from which record to come back, with the trouble in the log', async () => {
    const load = jest.fn(async () => Promise.reject(new Error('down')))
    const store = { ...bound(coffer.store), load }
    expect(await feed({ ...coffer.services, store })(recordsOf('a', 'b'), lambdaContext)).toEqual({
      batchItemFailures: [{ itemIdentifier: '0' }],
    })
    expect(load).toHaveBeenCalledTimes(2)
    expect(printed.metrics).toEqual(['Faults change-feed', 'Faults change-feed'])
  })

  it('comes back for the first record that failed, and has seen to the others', async () => {
    for (const name of ['a', 'b', 'c']) await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'c', ForceDeleteWithoutRecovery: true })
    const load = async (key: SecretKey) =>
      key.name === 'b' ? Promise.reject(new Error('down')) : coffer.store.load(key)
    const store = { ...bound(coffer.store), load }
    expect(await feed({ ...coffer.services, store })(recordsOf('a', 'b', 'c', 'b'), lambdaContext)).toEqual({
      batchItemFailures: [{ itemIdentifier: '1' }],
    })
    expect(await coffer.store.load({ account: '123456789012', region: REGION, name: 'c' })).toBeUndefined()
  })

  it('has the rotation that a head plans or asks for scheduled and started, once for a batch', async () => {
    for (const name of ['a', 'b']) await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
    await coffer.call('RotateSecret', { SecretId: 'a', ...ROTATION })
    await feed()(recordsOf('a', 'b', 'a'), lambdaContext)
    expect(armed).toEqual(['a active'])
    expect(printed.of('arm')).toMatchObject([{ resource: 'a', outcome: 'scheduled' }])
  })

  it('has nothing planned any more for a secret that is purged', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('RotateSecret', { SecretId: 'a', ...ROTATION })
    await coffer.call('DeleteSecret', { SecretId: 'a', ForceDeleteWithoutRecovery: true })
    await feed()(recordsOf('a'), lambdaContext)
    expect(armed).toEqual(['a purging'])
    expect(printed.of('purge')).toMatchObject([{ isPurged: true }])
  })

  it('leaves alone what is not about rotation, as far as the images tell', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('RotateSecret', { SecretId: 'a', ...ROTATION })
    const changed = async (before: string | undefined, after: string | undefined, state?: string) => {
      const { Records } = recordsOf('a')
      const image = (rotates: string | undefined) => ({ ...(rotates !== undefined && { rotates: { S: rotates } }) })
      Object.assign(Records[0]!.dynamodb!, {
        OldImage: image(before),
        NewImage: { ...image(after), ...(state !== undefined && { state: { S: state } }) },
      })
      await feed()({ Records }, lambdaContext)
      return armed.splice(0).length
    }
    expect(await changed('w1:1@5:', 'w1:1@5:')).toBe(0)
    expect(await changed('w1:1@5:', 'w1:1@5:', 'purging')).toBe(1)
    expect(await changed('w1:1@5:', 'w1::1')).toBe(1)
    expect(await changed(undefined, 'w1::1')).toBe(1)
    expect(await changed('y', 'y')).toBe(1)
  })

  it('comes back when a rotation could not be scheduled', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('RotateSecret', { SecretId: 'a', ...ROTATION })
    trouble = new Error('throttled')
    expect(await feed()(recordsOf('a'), lambdaContext)).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] })
  })
})

describe('the sweeper', () => {
  const positions = new Map<string, string | undefined>()
  const checkpoints = {
    read: async (task: string) => positions.get(task),
    write: async (task: string, position: string | undefined) => void positions.set(task, position),
  }
  const revived: string[] = []
  const starter = {
    revive: async ({ key }: SecretHead, before: number) => {
      revived.push(`${key.name} before ${new Date(before).toISOString()}`)
      if (key.name === 'broken') throw new Error('no')
      return key.name === 'idle' ? ('nothing due' as const) : ('started' as const)
    },
  }
  beforeEach(() => {
    positions.clear()
    revived.length = 0
  })
  const DAY = 86_400_000

  it('purges what is due when told so', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    await coffer.call('DeleteSecret', { SecretId: 'a', RecoveryWindowInDays: 7 })
    coffer.clock.advance(8 * DAY)
    await sweeperHandler({ services: coffer.services, starter, checkpoints })({ task: 'purges' }, lambdaContext)
    expect(printed.of('sweep')).toMatchObject([{ task: 'purges', done: 1, faults: 0 }])
  })

  it('leaves its place when time runs out, and goes on from there', async () => {
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })
    const stored = (await coffer.store.load({ account: '123456789012', region: REGION, name: 'a' }))!
    const put = Array.from({ length: 700 }, (_, index) => ({ id: `left.${index}`, sealed: new Uint8Array(1) }))
    await coffer.store.commit({ head: { ...stored.head, revision: 2 }, put, drop: [] })
    coffer.clock.advance(2 * DAY)
    const sweep = sweeperHandler({ services: coffer.services, starter, checkpoints })
    await sweep({ task: 'values' }, { ...lambdaContext, getRemainingTimeInMillis: () => 1_000 })
    expect(positions.get('values')).toEqual(expect.any(String))
    await sweep({ task: 'values' }, { ...lambdaContext, getRemainingTimeInMillis: () => 600_000 })
    expect(positions.get('values')).toBeUndefined()
    expect(printed.of('sweep').map(({ done }) => done)).toEqual([500, 200])
  })

  it('fails, so that it is tried again, when a step failed, and has seen to the others', async () => {
    for (const name of ['a', 'b']) {
      await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
      await coffer.call('DeleteSecret', { SecretId: name, ForceDeleteWithoutRecovery: true })
    }
    const retireServiceKey = coffer.keys.retireServiceKey.bind(coffer.keys)
    jest
      .spyOn(coffer.keys, 'retireServiceKey')
      .mockRejectedValueOnce(new Error('no'))
      .mockImplementation(retireServiceKey)
    const sweep = sweeperHandler({ services: coffer.services, starter, checkpoints })
    await expect(sweep({ task: 'purges' }, lambdaContext)).rejects.toThrow('1 of the sweeper')
    expect(printed.of('sweep')).toMatchObject([{ done: 1, faults: 1 }])
    expect(printed.metrics).toEqual(['Faults sweep purges'])
  })

  it('starts rotations that are ten minutes late, and lets none keep back another', async () => {
    const ROTATION = { RotationLambdaARN: 'arn:aws:lambda:us-east-1:123456789012:function:rotate' }
    for (const name of ['late', 'broken', 'idle']) {
      await coffer.call('CreateSecret', { Name: name, SecretString: 'v' })
      await coffer.call('RotateSecret', { SecretId: name, ...ROTATION })
    }
    const sweep = sweeperHandler({ services: coffer.services, starter, checkpoints })
    coffer.clock.advance(9 * 60_000)
    await sweep({ task: 'rotations' }, lambdaContext)
    expect(revived).toEqual([])
    coffer.clock.advance(60_000)
    await expect(sweep({ task: 'rotations' }, lambdaContext)).rejects.toThrow('1 of the sweeper')
    const before = new Date(coffer.clock.now() - 600_000).toISOString()
    expect(revived.toSorted()).toEqual(['broken', 'idle', 'late'].map((name) => `${name} before ${before}`))
    expect(printed.of('sweep').at(-1)).toMatchObject({ task: 'rotations', done: 1, faults: 1 })
  })

  it('gets to the end of a long list of them', async () => {
    for (let index = 0; index < 230; index++) {
      await coffer.call('CreateSecret', { Name: `s${index}`, SecretString: 'v' })
      await coffer.call('RotateSecret', {
        SecretId: `s${index}`,
        RotationLambdaARN: 'arn:aws:lambda:us-east-1:123456789012:function:rotate',
      })
    }
    coffer.clock.advance(60 * 60_000)
    await sweeperHandler({ services: coffer.services, starter, checkpoints })({ task: 'rotations' }, lambdaContext)
    expect(new Set(revived).size).toBe(230)
    expect(revived).toHaveLength(230)
  })

  it.each([[undefined], [{}], [{ task: 'everything' }], [{ task: 'toString' }]])(
    'refuses the task %j',
    async (event) => {
      await expect(
        sweeperHandler({ services: coffer.services, starter, checkpoints })(event, lambdaContext),
      ).rejects.toThrow('must be told a task')
    },
  )
})

describe('the custom resource that finds the stream', () => {
  const event = {
    RequestType: 'Create' as const,
    ResponseURL: 'https://example.com/answer',
    StackId: 's',
    RequestId: 'r',
    LogicalResourceId: 'l',
    ResourceProperties: { TableName: 'coffer' },
  }
  const sent: [string, CustomResourceAnswer][] = []
  const send = async (url: string, answer: CustomResourceAnswer) => void sent.push([url, answer])
  const pauses: number[] = []
  const pause = async (milliseconds: number) => void pauses.push(milliseconds)
  beforeEach(() => (sent.length = pauses.length = 0))

  it('answers with the ARN, and on deletion without looking', async () => {
    const streamArn = jest.fn(async (table: string) => `arn:stream/${table}`)
    const handler = streamArnHandler({ streamArn, send, pause })
    await handler(event)
    await handler({ ...event, RequestType: 'Delete' })
    expect(sent).toMatchObject([
      [
        event.ResponseURL,
        {
          Status: 'SUCCESS',
          Data: { StreamArn: 'arn:stream/coffer' },
          PhysicalResourceId: 'coffer-stream',
          RequestId: 'r',
        },
      ],
      [event.ResponseURL, { Status: 'SUCCESS', PhysicalResourceId: 'coffer-stream' }],
    ])
    expect(streamArn).toHaveBeenCalledTimes(1)
  })

  it('says why it failed, so that the stack need not wait an hour', async () => {
    await streamArnHandler({ streamArn: async () => undefined, send, pause })(event)
    await streamArnHandler({ streamArn: () => Promise.reject(new Error('x')), send, pause })(event)
    expect(sent.map(([, { Status }]) => Status)).toEqual(['FAILED', 'FAILED'])
    expect(sent[0]![1].Reason).toContain('coffer has no stream')
  })

  it('waits a little for a role that was only just made', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' })
    const streamArn = jest.fn().mockRejectedValueOnce(denied).mockRejectedValueOnce(denied).mockResolvedValue('arn')
    await streamArnHandler({ streamArn, send, pause })(event)
    expect(sent.map(([, { Status }]) => Status)).toEqual(['SUCCESS'])
    expect(pauses).toEqual([2_000, 4_000])
    const always = jest.fn().mockRejectedValue(denied)
    await streamArnHandler({ streamArn: always, send, pause })(event)
    expect(sent.at(-1)![1].Status).toBe('FAILED')
    expect(always).toHaveBeenCalledTimes(4)
  })
})
