import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { managedRotation } from '../../../lambda/managed-rotation/managed-rotation.ts'
import { webhookTo } from '../../../lambda/managed-rotation/strategies/webhook.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { failureOf, thrownBy } from '../support/failure-of.ts'
import { MemorySecrets, rotate, textAt, type MemorySecret } from '../support/memory-secrets.ts'

interface Call {
  readonly signature: string
  readonly body: string
  readonly path: string
}

describe('the webhook of the generic strategy', () => {
  const clock = new ManualClock()
  const secrets = new MemorySecrets()
  const calls: Call[] = []
  let answer: (response: ServerResponse) => void
  let origin: string
  const server = createServer((request, response) => void receive(request, response))

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    calls.push({ signature: String(request.headers['coffer-signature']), body, path: String(request.url) })
    answer(response)
  }

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  beforeEach(() => {
    calls.length = 0
    answer = (response) => response.writeHead(204).end()
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const rotation = (origins: string[] = [origin]): ReturnType<typeof managedRotation> =>
    managedRotation({ secrets: secrets.access, webhookOrigins: origins, clock })
  const secretWith = (webhookUrl = `${origin}/hook`): MemorySecret =>
    secrets.create('hooked', 'the-old-value', { settings: { strategy: 'generic', webhookUrl } })

  it('is told to set and to test, signed under the value that both sides know', async () => {
    const secret = secretWith()
    await rotate(rotation(), secrets, secret)
    const seconds = Math.floor(clock.now() / 1000)
    expect(calls.map(({ path }) => path)).toEqual(['/hook', '/hook'])
    for (const [index, step] of ['setSecret', 'testSecret'].entries()) {
      const { body, signature } = calls[index]!
      expect(JSON.parse(body)).toEqual({
        step,
        secretId: secret.arn,
        versionId: [...secret.versions.keys()].at(-1),
        current: 'the-old-value',
        pending: textAt(secret, 'AWSCURRENT'),
      })
      const expected = createHmac('sha256', 'the-old-value').update(`${seconds}.${body}`).digest('hex')
      expect(signature).toBe(`t=${seconds},v1=${expected}`)
    }
  })

  it.each([
    ['an error', 500, /answered 500/],
    ['a redirect, which is not followed', 307, /answered 307/],
  ])('fails the step by %s', async (_, status, message) => {
    answer = (response) => response.writeHead(status, { location: `${origin}/elsewhere` }).end('the-old-value')
    const failure = await failureOf(rotate(rotation(), secrets, secretWith()))
    expect(failure).toMatchObject({ name: 'WebhookFailed', message: expect.stringMatching(message) })
    expect(failure.message).not.toContain('the-old-value')
    expect(calls).toHaveLength(1)
  })

  it('fails the step when it does not answer in time', async () => {
    answer = () => undefined
    const target = { url: `${origin}/slow`, origins: [origin], secretArn: 'a', versionId: 'v', clock, timeoutMs: 50 }
    const failure = await failureOf(webhookTo(target)({ step: 'setSecret', current: 'c', pending: 'p' }))
    expect(failure).toMatchObject({ name: 'WebhookFailed', message: expect.stringContaining('no answer in time') })
  })

  it('fails the step when nobody is there', async () => {
    const failure = await failureOf(
      rotate(rotation(['http://127.0.0.1:1']), secrets, secretWith('http://127.0.0.1:1/')),
    )
    expect(failure).toMatchObject({ name: 'WebhookFailed' })
  })

  it('is refused at the first step where its origin is not allowed', async () => {
    const failure = await failureOf(rotate(rotation([]), secrets, secretWith()))
    expect(failure).toMatchObject({ name: 'BadSettings', message: expect.stringContaining('not among the origins') })
    expect(calls).toEqual([])
  })

  it.each([
    ['plain HTTP to another machine', 'http://hooks.example.com/', 'https://'],
    ['another scheme', 'file:///etc/passwd', 'https://'],
    ['a user and a password', 'https://u:p@hooks.example.com/', 'no user and password'],
    ['no URL', 'hooks.example.com', 'is no URL'],
    ['another port', 'https://hooks.example.com:444/', 'not among'],
    ['a host that begins alike', 'https://hooks.example.com.evil.example/', 'not among'],
  ])('is refused for %s', (_, url, message) => {
    const origins = ['https://hooks.example.com', 'http://hooks.example.com']
    const failure = thrownBy(() => webhookTo({ url, origins, secretArn: 'a', versionId: 'v', clock }))
    expect(failure).toMatchObject({ name: 'BadSettings', message: expect.stringContaining(message) })
  })
})
