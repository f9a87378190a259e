import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import type { WireResponse } from '../../../lambda/protocol/wire.ts'
import { LIMITS } from '../../../local/server/http-server.ts'
import type { RunningCoffer } from '../../../local/start.ts'
import { MemoryOutput } from '../support/memory-output.ts'
import { ADMIN, callSigned, startForTest } from '../support/running-server.ts'
import { stubServices } from '../support/stub-services.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const MIB = 1024 * 1024

let coffer: RunningCoffer
let output = new MemoryOutput()
let stub = stubServices()
afterEach(() => coffer.close())

async function start(behaviour: Parameters<typeof stubServices>[0] = {}): Promise<void> {
  stub = stubServices(behaviour)
  ;({ coffer, output } = await startForTest(newDirectory(), {}, { compose: stub.compose }))
}

function rawConnection(): Promise<Socket> {
  const socket = connect(Number(new URL(coffer.url).port), '127.0.0.1')
  return once(socket, 'connect').then(() => socket)
}

/** Everything the server says until it closes the connection. */
async function converse(text: string | Buffer): Promise<string> {
  const socket = await rawConnection()
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.end(text)
  await closed
  return answer
}

describe('a signed call', () => {
  beforeEach(() => start())

  it('reaches the service with the caller, the Region and a request id', async () => {
    const response = await callSigned(coffer.url, { region: 'eu-west-1', body: '{"SecretId":"a"}' })
    expect(await response.json()).toEqual({ account: '123456789012', region: 'eu-west-1' })
    const [seen] = stub.seen
    expect(seen).toMatchObject({
      method: 'POST',
      target: 'secretsmanager.GetSecretValue',
      contentType: 'application/x-amz-json-1.1',
      region: 'eu-west-1',
      principal: { accessKeyId: ADMIN.accessKeyId, arn: 'arn:aws:iam::123456789012:user/admin' },
    })
    expect(seen?.body.toString()).toBe('{"SecretId":"a"}')
    expect(seen?.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(response.headers.get('x-amzn-requestid')).toBe(seen?.requestId)
    expect(response.headers.get('content-length')).toBe('47')
    expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now())).toBeLessThan(5000)
  })

  it('may be signed for execute-api, as our own paths on AWS are', async () => {
    expect((await callSigned(coffer.url, { service: 'execute-api' })).status).toBe(200)
  })

  it('with a target of KMS goes to KMS, whose signatures are its own', async () => {
    const headers = { 'x-amz-target': 'TrentService.ListKeys' }
    expect((await callSigned(coffer.url, { service: 'kms', headers })).status).toBe(200)
    const crossed = await callSigned(coffer.url, { service: 'secretsmanager', headers })
    expect(await crossed.json()).toMatchObject({ message: "Credential should be scoped to correct service: 'kms'. " })
  })

  it('of CloudWatch Logs is told where the logs of functions are', async () => {
    const headers = { 'x-amz-target': 'Logs_20140328.FilterLogEvents', 'content-type': 'application/x-amz-json-1.1' }
    const response = await callSigned(coffer.url, { service: 'logs', headers })
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        __type: 'UnknownOperationException',
        message: expect.stringContaining('coffer functions logs <name>') as string,
      },
    ])
  })

  it('without a target is told so by the service', async () => {
    const response = await callSigned(coffer.url, { headers: {} })
    expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' })
  })

  it('leaves one line in the log and a count in the metrics', async () => {
    output.text = ''
    await callSigned(coffer.url, { body: '{"SecretString":"hunter2"}' })
    expect(output.lines).toHaveLength(1)
    expect(JSON.parse(output.text)).toMatchObject({
      event: 'request',
      service: 'secretsmanager',
      operation: 'GetSecretValue',
      account: '123456789012',
      region: 'us-east-1',
      accessKeyId: ADMIN.accessKeyId,
      principal: 'arn:aws:iam::123456789012:user/admin',
      status: 200,
      sourceIp: '127.0.0.1',
      resource: 'arn:aws:secretsmanager:us-east-1:1:secret:a',
      latencyMs: expect.any(Number) as number,
    })
    expect(output.text).not.toContain('hunter2')
    expect(await (await fetch(`${coffer.url}/metrics`)).text()).toContain(
      'coffer_requests_total{operation="GetSecretValue",code="OK"} 1',
    )
  })
})

describe('a refused call', () => {
  beforeEach(() => start())

  it('is answered with the code in body and header, a lower-case message and status 400', async () => {
    const response = await fetch(coffer.url, { method: 'POST', body: '{}' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1')
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException')
    expect(await response.json()).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    })
    expect(stub.seen).toEqual([])
  })

  it('of a known key has that key in its log line, and of an unknown one has none', async () => {
    output.text = ''
    await callSigned(coffer.url, { credentials: { ...ADMIN, secretAccessKey: 'wrong' } })
    await callSigned(coffer.url, { credentials: { ...ADMIN, accessKeyId: 'AKIA\nX'.replace('\n', '') } })
    const [known, unknown] = output.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(known).toMatchObject({ code: 'InvalidSignatureException', accessKeyId: ADMIN.accessKeyId })
    expect(unknown).not.toHaveProperty('accessKeyId')
  })

  it.each([
    ['GET', '/'],
    ['PUT', '/'],
    ['DELETE', '/'],
    ['OPTIONS', '/'],
    ['POST', '/GetSecretValue'],
    ['POST', '/health'],
    ['GET', '/../etc/passwd'],
    ['GET', '/_coffer/other'],
    ['PATCH', '/?x'],
    ['GET', '/_coffer/clock'],
  ])('by %s %s gets an error of the service', async (method, path) => {
    const response = await fetch(`${coffer.url}${path}`, { method })
    expect([400, 404]).toContain(response.status)
    expect(await response.json()).toEqual({
      __type: expect.any(String) as string,
      message: expect.any(String) as string,
    })
  })
})

describe('large bodies', () => {
  beforeEach(() => start())

  it('of 1 MiB are served', async () => {
    expect((await callSigned(coffer.url, { body: 'x'.repeat(MIB) })).status).toBe(200)
    expect(stub.seen[0]?.body.length).toBe(MIB)
  })

  it('over 1 MiB get 413, and the connection lives on', async () => {
    const response = await callSigned(coffer.url, { body: 'x'.repeat(MIB + 1) })
    expect(response.status).toBe(413)
    expect(response.headers.get('connection')).toBe('keep-alive')
    expect(await response.json()).toMatchObject({ __type: 'RequestEntityTooLargeException' })
    expect(stub.seen).toEqual([])
  })

  it('over 16 MiB are not even read', async () => {
    const answer = await converse(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${100 * MIB}\r\n\r\nstart`)
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toContain('Connection: close')
  })

  it('in chunks without an end are cut off', async () => {
    const socket = await rawConnection()
    socket.on('error', () => undefined)
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const send = (): void => {
      if (!socket.destroyed) socket.write(chunk, () => setImmediate(send))
    }
    send()
    await closed
    expect(answer).toMatch(/^(HTTP\/1.1 413 |$)/)
    expect((await callSigned(coffer.url)).status).toBe(200)
  })

  it('are refused before they are sent when the client asks first', async () => {
    const answer = await converse(
      `POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${2 * MIB}\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
  })

  it('that are small are asked for when the client asks first', async () => {
    const answer = await converse(
      'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
    )
    expect(answer).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 400 /)
  })
})

describe('slow clients', () => {
  it('are cut off by limits that node:http enforces', async () => {
    await start()
    expect(LIMITS).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5000,
      keepAliveTimeout: 75_000,
      maxHeaderSize: 16_384,
    })
    const server = createServer(LIMITS)
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 75_000 })
  })

  it('that go away in the middle of a body are forgotten', async () => {
    await start()
    const socket = await rawConnection()
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
    await new Promise(setImmediate)
    socket.destroy()
    expect((await callSigned(coffer.url)).status).toBe(200)
  })
})

describe('garbage on the socket', () => {
  beforeEach(() => start())

  it.each<[string, string, RegExp]>([
    ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1.1 400 Bad Request[^]*SerializationException/],
    ['TLS on a plain port', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', /^HTTP\/1.1 400 /],
    [
      'headers over 16 KiB',
      `POST / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 [^]*16 KiB/,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', /^HTTP\/1.1 400 /],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1.1 400 /,
    ],
    ['no host', 'POST / HTTP/1.1\r\n\r\n', /^HTTP\/1.1 400 /],
    ['a CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', /^$/],
    ['an absolute URL', 'POST http://other/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 404 /],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', /^HTTP\/1.1 400 /],
  ])('%s is answered in order', async (_, text, expected) => {
    expect(await converse(Buffer.from(text, 'latin1'))).toMatch(expected)
    expect((await fetch(`${coffer.url}/health`)).status).toBe(200)
  })

  it('at random never gets a 500 and never stops the server', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'POST',
        ' ',
        '/',
        ' HTTP/1.1',
        '\r\n',
        'Host: x',
        'Authorization: AWS4-HMAC-SHA256',
        'Content-Length: 3',
        'X-Amz-Target: secretsmanager.GetSecretValue',
        '\r\n\r\n',
        '\u0000',
        ': ',
        '{}',
      ),
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 10 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 20 }), async (pieces) => {
        expect(await converse(Buffer.from(pieces.join(''), 'latin1'))).not.toMatch(/HTTP\/1.1 5/)
      }),
      { numRuns: 200 },
    )
    expect((await callSigned(coffer.url)).status).toBe(200)
  })
})

describe('an unexpected error', () => {
  it.each([
    [
      'thrown',
      () => {
        throw new TypeError('hunter2')
      },
    ],
    ['rejected', () => Promise.reject(new TypeError('hunter2'))],
  ])(
    'that is %s gives InternalServiceError with a request id, its cause only in the log',
    async (_, secretsmanager) => {
      await start({ secretsmanager })
      output.text = ''
      const response = await callSigned(coffer.url)
      expect(response.status).toBe(500)
      expect(await response.json()).toEqual({
        __type: 'InternalServiceError',
        message: 'An error occurred on the server side.',
      })
      const [fault, request] = output.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(fault).toMatchObject({
        level: 'error',
        event: 'fault',
        error: 'TypeError',
        requestId: response.headers.get('x-amzn-requestid'),
      })
      expect(request).toMatchObject({ level: 'error', status: 500, code: 'InternalServiceError' })
      expect(output.text).not.toContain('hunter2')
    },
  )

  it('that a service reports is in the log', async () => {
    const answer: WireResponse = {
      status: 500,
      headers: {},
      body: '{}',
      report: { operation: 'X', code: 'InternalServiceError', fault: new RangeError('a') },
    }
    await start({ secretsmanager: () => Promise.resolve(answer) })
    output.text = ''
    await callSigned(coffer.url)
    expect(output.lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['fault', 'request'])
  })
})

describe('shutting down', () => {
  it('lets running requests finish and takes no more', async () => {
    let arrived = (): void => undefined
    let release = (): void => undefined
    const inside = new Promise<void>((resolve) => (arrived = resolve))
    const gate = new Promise<void>((resolve) => (release = resolve))
    await start({
      secretsmanager: async () => {
        arrived()
        await gate
        return { status: 200, headers: {}, body: '{"done":true}', report: { operation: 'X' } }
      },
    })
    const running = callSigned(coffer.url)
    await inside
    const closing = coffer.close()
    await expect(fetch(`${coffer.url}/health`)).rejects.toThrow()
    release()
    const response = await running
    expect(await response.json()).toEqual({ done: true })
    expect(response.headers.get('connection')).toBe('close')
    await closing
    expect(output.lines.at(-1)).toContain('"event":"stop"')
  })
})
