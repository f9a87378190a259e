import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AddPermissionCommand, CreateFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import type { FunctionUse, RotationEvent } from '../../../lambda/core/ports/functions.ts'
import { remoteFunctions } from '../../../local/functions/remote-functions.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import {
  ACCOUNT,
  GIVEN,
  OTHER,
  REGION,
  startFunctions,
  type FunctionsServer,
  type FunctionsServerOptions,
} from './support/functions-server.ts'
import { StubRunner } from './support/stub-runner.ts'

const makeDirectory = suiteDirectories()
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:db-AbCdEf`
const EVENT: RotationEvent = {
  Step: 'createSecret',
  SecretId: SECRET,
  ClientRequestToken: 'version',
  RotationToken: 'token',
}

const arnOf = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`
const useOf = (functionArn: string, secret: object = {}): FunctionUse => ({
  functionArn,
  secretArn: SECRET,
  secret: { account: ACCOUNT, region: REGION, name: 'db', ...secret },
})

const runner = new StubRunner()
let server: FunctionsServer
let lambda: LambdaClient

async function start(options: Partial<FunctionsServerOptions> = {}): Promise<FunctionsServer> {
  const started = await startFunctions({ directory: makeDirectory(), runner, ...options })
  await started.role('rotation')
  return started
}

beforeAll(async () => {
  server = await start()
  lambda = server.client(await server.admin())
})
afterAll(() => server.close())
beforeEach(() => {
  runner.result = {}
})

async function make(name: string, permission?: object): Promise<string> {
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, ...GIVEN }))
  if (permission !== undefined)
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: name,
        StatementId: 'rotation',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
        ...permission,
      }),
    )
  return arnOf(name)
}

describe('whether Secrets Manager may invoke a function', () => {
  it.each([
    ['without a policy', undefined, 'not-allowed'],
    ['for every secret', {}, 'allowed'],
    ['for secrets of the account', { SourceAccount: ACCOUNT }, 'allowed'],
    ['for secrets of another account', { SourceAccount: OTHER }, 'not-allowed'],
    ['for this secret', { SourceArn: SECRET }, 'allowed'],
    ['for some secrets, this among them', { SourceArn: `arn:aws:secretsmanager:*:*:secret:d*` }, 'allowed'],
    ['for another secret', { SourceArn: SECRET.replace('db-', 'other-') }, 'not-allowed'],
    ['for another service', { Principal: 's3.amazonaws.com' }, 'not-allowed'],
    ['for everybody', { Principal: '*' }, 'allowed'],
    ['for the account itself', { Principal: ACCOUNT }, 'not-allowed'],
    ['for an organisation', { Principal: '*', PrincipalOrgID: 'o-abcdefghij' }, 'not-allowed'],
    ['to do something else', { Action: 'lambda:GetFunction' }, 'not-allowed'],
    ['to do everything', { Action: 'lambda:*' }, 'allowed'],
  ])('is told by the policy: %s', async (name, permission, verdict) => {
    const arn = await make(name.replace(/\W+/g, '-'), permission)
    expect(await server.service.check(useOf(arn))).toBe(verdict)
    const ran = runner.ran.length
    const outcome = await server.service.invoke(useOf(arn), EVENT)
    expect(outcome).toMatchObject(
      verdict === 'allowed' ? { kind: 'returned' } : { kind: 'not-invoked', reason: 'not-allowed' },
    )
    expect(runner.ran.length - ran).toBe(verdict === 'allowed' ? 1 : 0)
  })

  it('a function of another Region, version or alias is none, nor is what is no function', async () => {
    const arn = await make('here', {})
    for (const other of [
      arn.replace(REGION, 'us-east-1'),
      `${arn}:1`,
      `${arn}:live`,
      arnOf('nowhere'),
      arn.replace(ACCOUNT, OTHER),
      'arn:aws:s3:::bucket',
      'x y',
    ]) {
      expect(await server.service.check(useOf(other))).toBe('missing')
      expect(await server.service.invoke(useOf(other), EVENT)).toEqual({ kind: 'not-invoked', reason: 'missing' })
    }
    expect(await server.service.check(useOf(`${arn}:$LATEST`))).toBe('allowed')
    expect(await server.service.check(useOf(arn, { region: 'us-east-1' }))).toBe('missing')
  })

  it('a function of another account serves secrets of this one where its policy says so', async () => {
    const arn = await make('foreign', { SourceAccount: OTHER })
    expect(await server.service.check(useOf(arn, { account: OTHER }))).toBe('allowed')
    expect(await server.service.check(useOf(arn))).toBe('not-allowed')
  })
})

describe('an invocation for a rotation', () => {
  beforeAll(() => make('rotate', {}))

  it('gives the function the event to the letter', async () => {
    await server.service.invoke(useOf(arnOf('rotate')), EVENT)
    expect(JSON.parse(runner.last.payload.toString())).toEqual(EVENT)
  })

  it.each([
    [{ status: 'failed', payload: '{"errorType":"KeyError","errorMessage":"no"}' }, 'failed', 'KeyError', 'no'],
    [{ status: 'failed', payload: 'garbage' }, 'failed', undefined, undefined],
    [{ status: 'failed', payload: '{"errorType":7}' }, 'failed', undefined, undefined],
    [
      { status: 'timed-out', payload: '{"errorMessage":"Task timed out after 3.00 seconds"}' },
      'timed-out',
      undefined,
      'Task timed out after 3.00 seconds',
    ],
  ] as const)('%j is told as %s', async (result, kind, errorType, message) => {
    runner.result = { status: result.status, payload: Buffer.from(result.payload) }
    const outcome = await server.service.invoke(useOf(arnOf('rotate')), EVENT)
    expect(outcome).toEqual({
      kind,
      requestId: expect.any(String),
      ...(errorType !== undefined && { errorType }),
      ...(message !== undefined && { message }),
    })
  })

  it('that found no process is throttled', async () => {
    runner.result = { status: 'throttled' }
    expect(await server.service.invoke(useOf(arnOf('rotate')), EVENT)).toEqual({
      kind: 'not-invoked',
      reason: 'throttled',
    })
  })

  it('fails without its role', async () => {
    await server.role('short-lived')
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'roleless',
        ...GIVEN,
        Role: `arn:aws:iam::${ACCOUNT}:role/short-lived`,
      }),
    )
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: 'roleless',
        StatementId: 's',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
      }),
    )
    await server.dropRole('short-lived')
    expect(await server.service.invoke(useOf(arnOf('roleless')), EVENT)).toMatchObject({
      kind: 'failed',
      errorType: 'RoleNotAssumable',
    })
  })
})

describe('functions that are run elsewhere', () => {
  let elsewhere: Server
  let url: string
  let seen: { path: string | undefined; headers: IncomingMessage['headers']; body: string }[]
  let answer: { status?: number; headers?: Record<string, string>; body?: string; hangs?: boolean }

  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        seen.push({ path: request.url, headers: request.headers, body })
        if (answer.hangs === true) return
        response.writeHead(answer.status ?? 200, answer.headers ?? {}).end(answer.body ?? 'null')
      })
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
  })
  afterAll(() => {
    elsewhere.closeAllConnections()
    elsewhere.close()
  })
  beforeEach(() => {
    seen = []
    answer = {}
  })

  it('are every function that is not known here, and no other', async () => {
    const both = await start({ lambdaUrl: url })
    const client = both.client(await both.admin())
    await client.send(new CreateFunctionCommand({ FunctionName: 'known', ...GIVEN }))
    expect(await both.service.check(useOf(arnOf('unknown')))).toBe('allowed')
    expect(await both.service.check(useOf(arnOf('known')))).toBe('not-allowed')
    expect(await both.service.invoke(useOf(arnOf('known')), EVENT)).toMatchObject({ reason: 'not-allowed' })
    expect(seen).toEqual([])
    expect(await both.service.invoke(useOf(arnOf('unknown')), EVENT)).toEqual({ kind: 'returned' })
    expect(seen).toHaveLength(1)
    await both.close()
  })

  it('are invoked as Lambda is: the name in the path, the event as the body, no credentials', async () => {
    answer = { headers: { 'x-amzn-requestid': 'abc-1' } }
    expect(await remoteFunctions({ url: `${url}/base/` })(arnOf('far'), EVENT)).toEqual({
      kind: 'returned',
      requestId: 'abc-1',
    })
    expect(seen).toEqual([
      {
        path: `/base/2015-03-31/functions/${encodeURIComponent(arnOf('far'))}/invocations`,
        headers: expect.objectContaining({
          'content-type': 'application/json',
          'x-amz-invocation-type': 'RequestResponse',
        }),
        body: JSON.stringify(EVENT),
      },
    ])
    expect(seen[0]?.headers.authorization).toBeUndefined()
  })

  it('are all invoked at one path where the URL is one, as of the runtime interface emulator', async () => {
    await remoteFunctions({ url: `${url}/2015-03-31/functions/function/invocations` })(arnOf('far'), EVENT)
    expect(seen[0]?.path).toBe('/2015-03-31/functions/function/invocations')
  })

  it.each([
    [
      { headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"errorType":"E","errorMessage":"m"}' },
      { kind: 'failed', errorType: 'E', message: 'm' },
    ],
    [{ headers: { 'x-amz-function-error': 'Unhandled' }, body: '<html>' }, { kind: 'failed' }],
    [
      {
        headers: { 'x-amz-function-error': 'Unhandled' },
        body: '{"errorMessage":"2026 x Task timed out after 3.00 seconds"}',
      },
      { kind: 'timed-out', message: '2026 x Task timed out after 3.00 seconds' },
    ],
    [{ status: 404 }, { kind: 'not-invoked', reason: 'missing' }],
    [{ status: 403 }, { kind: 'not-invoked', reason: 'not-allowed' }],
    [{ status: 429 }, { kind: 'not-invoked', reason: 'throttled' }],
    [{ status: 503 }, { kind: 'not-invoked', reason: 'unreachable' }],
    [{ status: 500 }, { kind: 'failed', errorType: 'Http500', message: 'Answered with status 500' }],
    [{ status: 400 }, { kind: 'failed', errorType: 'Http400', message: 'Answered with status 400' }],
  ])('that answer %j come to %j', async (given, outcome) => {
    answer = given
    expect(await remoteFunctions({ url })('far', EVENT)).toEqual(outcome)
  })

  it('are unreachable where they answer with more than Lambda lets them', async () => {
    answer = { body: 'x'.repeat(7 * 1024 * 1024) }
    expect(await remoteFunctions({ url })('far', EVENT)).toEqual({ kind: 'not-invoked', reason: 'unreachable' })
  })

  it('are not followed elsewhere', async () => {
    answer = { status: 307, headers: { location: `${url}/other` } }
    expect(await remoteFunctions({ url })('far', EVENT)).toEqual({ kind: 'not-invoked', reason: 'unreachable' })
    expect(seen).toHaveLength(1)
  })

  it('have timed out when there is no answer in time', async () => {
    answer = { hangs: true }
    expect(await remoteFunctions({ url, limitMs: 50 })('far', EVENT)).toEqual({
      kind: 'timed-out',
      message: 'There was no answer within 0.05 seconds',
    })
  })

  it('are unreachable where nobody listens', async () => {
    expect(await remoteFunctions({ url: 'http://127.0.0.1:1' })('far', EVENT)).toEqual({
      kind: 'not-invoked',
      reason: 'unreachable',
    })
  })
})
