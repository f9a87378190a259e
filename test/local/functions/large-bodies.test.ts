import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { zipSync } from 'fflate'
import { CreateFunctionCommand, InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { readServeConfig } from '../../../local/config.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { callSigned } from '../support/running-server.ts'
import { GIVEN, REGION, startFunctions, type FunctionsServer, type Signer } from './support/functions-server.ts'

const makeDirectory = suiteDirectories()
const MB = 1024 * 1024
let server: FunctionsServer
let admin: Signer

beforeAll(async () => {
  server = await startFunctions({ directory: makeDirectory() })
  await server.role('rotation')
  admin = await server.admin()
})
afterAll(() => server.close())

/** As much of a body as it takes until there is an answer. @returns its status, and how much was sent */
function pour(path: string, bytes: number, declared = bytes): Promise<{ status: number; sent: number }> {
  return new Promise((resolve, reject) => {
    const url = new URL(server.url)
    const { hostname, port } = url
    const call = request({ hostname, port, path, method: 'POST', headers: { 'content-length': declared } })
    const piece = Buffer.alloc(MB)
    let sent = 0
    let status = 0
    call.on('response', (response) => {
      status = response.statusCode ?? 0
      response.resume()
      response.on('end', () => resolve({ status, sent }))
    })
    call.on('error', (error) => (status === 0 ? reject(error) : resolve({ status, sent })))
    const more = (): void => {
      if (sent >= bytes || status !== 0) return
      sent += MB
      call.write(piece, more)
    }
    more()
  })
}

describe('the body of a request', () => {
  it('may be a package of nearly 50 MB', async () => {
    const data = randomBytes(45 * MB)
    const ZipFile = Buffer.from(zipSync({ 'data.bin': [data, { level: 0 }] }))
    expect(ZipFile.length).toBeGreaterThan(45 * MB)
    const Code = { ZipFile }
    const made = await server.client(admin).send(new CreateFunctionCommand({ FunctionName: 'big', ...GIVEN, Code }))
    expect(made.CodeSize).toBe(ZipFile.length)
  })

  it('may be no larger than Lambda takes, and is not read to its end', async () => {
    const { status, sent } = await pour('/2015-03-31/functions', 80 * MB)
    expect(status).toBe(413)
    expect(sent).toBeLessThan(20 * MB)
  })

  it('may be large where code or an event is sent, and nowhere else', async () => {
    const body = JSON.stringify({ Tags: { a: 'x'.repeat(2 * MB) } })
    const path = `/2017-03-31/tags/${encodeURIComponent(`arn:aws:lambda:${REGION}:123456789012:function:big`)}`
    const answer = await callSigned(server.url, {
      path,
      service: 'lambda',
      region: REGION,
      credentials: admin,
      body,
      headers: {},
    })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([413, 'RequestEntityTooLargeException'])
    expect(await answer.json()).toMatchObject({ Message: expect.stringContaining('1 MiB') })
  })

  it('may be 6 MB for an event, and far more is refused by name', async () => {
    const client = server.client(admin)
    const far = client.send(new InvokeCommand({ FunctionName: 'big', Payload: Buffer.alloc(9 * MB, '1') }))
    await expect(far).rejects.toMatchObject({ name: 'RequestEntityTooLargeException' })
  })

  it('takes no more memory than all large ones together may have, and that is given back', async () => {
    const held: ReturnType<typeof request>[] = []
    const url = new URL(server.url)
    // Each declares a body and sends most of it: nobody has signed anything.
    for (let index = 0; index < 4; index++) {
      const call = request({
        hostname: url.hostname,
        port: url.port,
        path: '/2015-03-31/functions',
        method: 'POST',
        headers: { 'content-length': 66 * MB },
      })
      call.on('error', () => undefined)
      await new Promise<void>((resolve) => call.write(Buffer.alloc(62 * MB), () => resolve()))
      held.push(call)
    }
    expect((await pour('/2015-03-31/functions', 40 * MB)).status).toBe(429)
    await expect(server.client(admin).send(new ListFunctionsCommand({}))).resolves.toBeDefined()
    for (const call of held) call.destroy()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await pour('/2015-03-31/functions', 40 * MB)).status).toBe(403)
  })
})

describe('--lambda-url', () => {
  const read = (lambdaUrl: string): string | undefined => readServeConfig({ lambdaUrl }, {}).lambdaUrl

  it.each([
    'https://lambda.example.com/base',
    'http://127.0.0.1:9001',
    'http://[::1]:9001',
    'http://localhost:3001',
    'http://rie:8080/2015-03-31/functions/function/invocations',
    'http://host.docker.internal:3001',
  ])('may be %s', (url) => {
    expect(read(url)).toBe(url)
  })

  it.each([
    'http://lambda.example.com',
    'http://192.168.1.1',
    'ftp://127.0.0.1',
    'https://user:password@example.com',
    'https://example.com?x=1',
    'nonsense',
  ])('may not be %s', (url) => {
    expect(() => read(url)).toThrow(/--lambda-url is .*, expected an https URL/)
  })

  it('is read from the environment too, as is the Python', () => {
    const environment = { COFFER_LAMBDA_URL: 'http://127.0.0.1:9001', COFFER_PYTHON: '/usr/bin/python3' }
    expect(readServeConfig({}, environment)).toMatchObject({
      lambdaUrl: 'http://127.0.0.1:9001',
      python: '/usr/bin/python3',
    })
    expect(readServeConfig({}, {})).not.toHaveProperty('lambdaUrl')
  })
})
