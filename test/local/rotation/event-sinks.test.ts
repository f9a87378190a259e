import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { EventPort, ServiceEvent } from '../../../lambda/core/ports/events.ts'
import { Log } from '../../../local/log/log.ts'
import { eventLog, eventsToAll } from '../../../local/rotation/event-log.ts'
import { EventWebhook, type EventWebhookOptions } from '../../../local/rotation/event-webhook.ts'
import { MemoryOutput } from '../support/memory-output.ts'

const KEY = 'a key for events'
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf'
const event = (more: Partial<ServiceEvent> = {}): ServiceEvent => ({
  name: 'RotationStarted',
  secret: { account: '123456789012', region: 'us-east-1', name: 'db' },
  secretArn: ARN,
  at: Date.parse('2026-03-01T10:20:30.456Z'),
  id: 'id-1',
  requestId: `Rotation-${ARN}-v1`,
  versionId: 'v1',
  ...more,
})
const FAILED = event({
  name: 'RotationFailed',
  errorMessage: 'Error when executing lambda f during setSecret step',
  step: 'setSecret',
  attempt: 2,
  diagnosis: 'Look at it.',
  retryAt: Date.parse('2026-03-01T10:24:30.456Z'),
})

let output: MemoryOutput
let log: Log
beforeEach(() => {
  output = new MemoryOutput()
  log = new Log({ format: 'json', output, wallClock: { now: () => 0 } })
})
const lines = () => output.lines.map((line) => JSON.parse(line) as Record<string, unknown>)

describe('events in the log', () => {
  it('are a line each, with what failed and when it is tried again', async () => {
    await eventLog(log).tell(event())
    await eventLog(log).tell(FAILED)
    await eventLog(log).tell(event({ name: 'RotationAbandoned' }))
    const time = '1970-01-01T00:00:00.000Z'
    const about = { time, event: 'rotation', resource: ARN, versionId: 'v1' }
    expect(lines()).toEqual([
      { ...about, level: 'info', name: 'RotationStarted' },
      {
        ...about,
        level: 'error',
        name: 'RotationFailed',
        step: 'setSecret',
        attempt: 2,
        error: 'Error when executing lambda f during setSecret step',
        diagnosis: 'Look at it.',
        retry: '2026-03-01T10:24:30.456Z',
      },
      { ...about, level: 'warn', name: 'RotationAbandoned' },
    ])
  })

  it('tell of a replication by the Region of the copy', async () => {
    const { versionId: _none, ...rest } = event({ name: 'ReplicationFailed', errorMessage: 'the name is taken' })
    await eventLog(log).tell({ ...rest, replicaRegion: 'eu-west-1', retryAt: Date.parse('2026-03-01T10:24:30Z') })
    expect(lines()).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'error',
        event: 'replication',
        name: 'ReplicationFailed',
        resource: ARN,
        replicaRegion: 'eu-west-1',
        error: 'the name is taken',
        retry: '2026-03-01T10:24:30.000Z',
      },
    ])
  })

  it('hold nothing that an event should happen to have besides', async () => {
    await eventLog(log).tell({ ...event(), value: 'canary' } as ServiceEvent)
    expect(output.text).not.toContain('canary')
  })

  it('and elsewhere: one port that fails keeps nothing from the others', async () => {
    const broken: EventPort = { tell: () => Promise.reject(new Error('broken')) }
    await eventsToAll([broken, eventLog(log)]).tell(event())
    expect(lines()).toHaveLength(1)
  })
})

interface Received {
  readonly headers: IncomingMessage['headers']
  readonly url: string | undefined
  readonly body: string
}

describe('the webhook of events', () => {
  let server: Server
  let url: string
  let received: Received[]
  let statuses: (number | 'hang')[]
  let webhook: EventWebhook
  let pauses: number[]
  beforeEach(async () => {
    received = []
    statuses = []
    pauses = []
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      request.on('end', () => {
        received.push({ headers: request.headers, url: request.url, body })
        const status = statuses.shift() ?? 204
        if (status !== 'hang') response.writeHead(status, { location: '/elsewhere' }).end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events?token=in-the-url`
  })
  afterEach(async () => {
    await webhook.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  function start(options: Partial<EventWebhookOptions> = {}): EventWebhook {
    const pause = async (milliseconds: number) => void pauses.push(milliseconds)
    return (webhook = new EventWebhook({
      url,
      key: KEY,
      log,
      pause,
      clock: { now: () => 1_700_000_000_999 },
      ...options,
    }))
  }

  async function until(isSo: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2000 && !isSo(); turn++) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(isSo()).toBe(true)
  }

  it('is sent the record that CloudTrail would have, signed over time and body', async () => {
    await start().tell(FAILED)
    await until(() => received.length === 1)
    const [{ headers, body, url: path } = { headers: {}, body: '', url: '' }] = received
    expect(path).toBe('/events?token=in-the-url')
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toMatchObject({
      eventSource: 'secretsmanager.amazonaws.com',
      eventType: 'AwsServiceEvent',
      eventName: 'RotationFailed',
      eventTime: '2026-03-01T10:20:30Z',
      errorMessage: 'Error when executing lambda f during setSecret step',
      additionalEventData: {
        SecretId: ARN,
        Step: 'setSecret',
        Attempt: 2,
        Diagnosis: 'Look at it.',
        RetryTime: '2026-03-01T10:24:30Z',
      },
    })
    const mac = createHmac('sha256', KEY).update(`1700000000.${body}`).digest('hex')
    expect(headers['coffer-signature']).toBe(`t=1700000000,v1=${mac}`)
  })

  it('is sent what happened to a copy, with its Region and without a version', async () => {
    const { versionId: _none, ...rest } = event({ name: 'ReplicationSucceeded' })
    await start().tell({ ...rest, replicaRegion: 'eu-west-1' })
    await until(() => received.length === 1)
    const { eventName, awsRegion, additionalEventData } = JSON.parse(received[0]?.body ?? '') as Record<string, unknown>
    expect([eventName, awsRegion]).toEqual(['ReplicationSucceeded', 'us-east-1'])
    expect(additionalEventData).toEqual({ SecretId: ARN, SecretName: 'db', ReplicaRegion: 'eu-west-1' })
  })

  it('is not signed without a key', async () => {
    await start({ key: undefined }).tell(event())
    await until(() => received.length === 1)
    expect(received[0]?.headers).not.toHaveProperty('coffer-signature')
  })

  it('is tried again after failures that pass, in order', async () => {
    statuses = [500, 429, 503]
    start()
    await webhook.tell(event({ id: 'one' }))
    await webhook.tell(event({ id: 'two' }))
    await until(() => received.length === 5)
    const ids = received.map(({ body }) => (JSON.parse(body) as { eventID: string }).eventID)
    expect(ids).toEqual(['one', 'one', 'one', 'one', 'two'])
    expect(pauses).toEqual([1_000, 4_000, 16_000])
    expect(output.text).toBe('')
  })

  it('gives an event up after four attempts, and says so without the rest of the URL', async () => {
    statuses = [500, 500, 500, 500]
    start()
    await webhook.tell(event())
    await webhook.tell(event({ id: 'two' }))
    await until(() => received.length === 5)
    expect(lines()).toMatchObject([
      { level: 'warn', event: 'event-webhook', name: 'RotationStarted', resource: ARN, problem: 'it answered 500' },
    ])
    expect(output.text).not.toContain('in-the-url')
  })

  it.each([404, 302])('does not repeat what was answered %d, and follows no redirect', async (status) => {
    statuses = [status]
    await start().tell(event())
    await until(() => lines().length === 1)
    expect(received).toHaveLength(1)
    expect(lines()).toMatchObject([{ problem: `it answered ${status}` }])
  })

  it('does not keep a rotation waiting, and gives a receiver that hangs up in time', async () => {
    statuses = ['hang', 'hang', 'hang', 'hang']
    start({ timeoutMs: 20 })
    const began = performance.now()
    await webhook.tell(event())
    expect(performance.now() - began).toBeLessThan(15)
    await until(() => lines().length === 1)
    expect(lines()).toMatchObject([{ problem: 'no answer in time' }])
  })

  it('that nobody listens at is said to have no connection', async () => {
    await start({ url: 'http://127.0.0.1:1/' }).tell(event())
    await until(() => lines().length === 1)
    expect(lines()).toMatchObject([{ to: 'http://127.0.0.1:1', problem: 'no connection' }])
  })

  it('drops what is too much, and says how much', async () => {
    statuses = ['hang']
    start({ capacity: 2, timeoutMs: 50 })
    for (let count = 0; count < 5; count++) await webhook.tell(event())
    await until(() => received.length === 3)
    expect(lines()).toMatchObject([{ event: 'event-webhook', dropped: 3 }])
  })

  it('sends what is waiting when Coffer stops, and nothing after it', async () => {
    start()
    await webhook.tell(event())
    await webhook.tell(event())
    await webhook.close()
    expect(received).toHaveLength(2)
    await webhook.tell(event())
    await webhook.close()
    expect(received).toHaveLength(2)
    expect(lines()).toMatchObject([{ dropped: 1 }])
  })
})
