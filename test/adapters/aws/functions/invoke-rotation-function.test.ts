import type { InvokeCommand, InvokeCommandOutput } from '@aws-sdk/client-lambda'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  invokeRotationFunction,
  rotationLambdaClient,
} from '../../../../lambda/adapters/aws/functions/invoke-rotation-function.ts'
import type { RotationEvent } from '../../../../lambda/core/ports/functions.ts'

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:rotate:live'
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf'
const use = {
  functionArn: ARN,
  secretArn: SECRET,
  secret: { account: '123456789012', region: 'eu-west-1', name: 'db' },
}
const event: RotationEvent = { Step: 'setSecret', SecretId: SECRET, ClientRequestToken: 'c', RotationToken: 't' }

const sent: InvokeCommand[] = []
beforeEach(() => (sent.length = 0))

function invoke(answer: Partial<InvokeCommandOutput> | Error, elapsed = 5) {
  let time = 0
  const client = {
    send: async (command: InvokeCommand) => {
      sent.push(command)
      time += elapsed
      if (answer instanceof Error) throw answer
      return { $metadata: { requestId: 'r-1' }, ...answer }
    },
  } as never
  return invokeRotationFunction(client, { limitMs: 1_000, now: () => time })(use, event)
}

const payload = (text: string) => Buffer.from(text) as never
const error = (name: string) => Object.assign(new Error('said'), { name })

test('the function is given the event, and waited for', async () => {
  expect(await invoke({ Payload: payload('"anything: nobody looks"') })).toEqual({ kind: 'returned', requestId: 'r-1' })
  const { FunctionName, InvocationType, LogType, Payload } = sent[0]!.input
  expect([FunctionName, InvocationType, LogType]).toEqual([ARN, 'RequestResponse', 'None'])
  expect(JSON.parse(Buffer.from(Payload as Uint8Array).toString())).toEqual(event)
})

test.each([
  [
    '{"errorType":"ValueError","errorMessage":"no","trace":[]}',
    { kind: 'failed', errorType: 'ValueError', message: 'no' },
  ],
  ['{"errorMessage":"no"}', { kind: 'failed', message: 'no' }],
  ['{"errorType":7}', { kind: 'failed' }],
  ['garbage', { kind: 'failed' }],
  ['', { kind: 'failed' }],
  [
    '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r-1 Error: Task timed out after 3.00 seconds"}',
    { kind: 'timed-out', message: 'RequestId: r-1 Error: Task timed out after 3.00 seconds' },
  ],
  [
    '{"errorMessage":"2026-01-01T00:00:00.000Z r-1 Task timed out after 3.00 seconds"}',
    { kind: 'timed-out', message: '2026-01-01T00:00:00.000Z r-1 Task timed out after 3.00 seconds' },
  ],
  [
    '{"errorType":"MyError","errorMessage":"Task timed out after 3.00 seconds"}',
    { kind: 'failed', errorType: 'MyError', message: 'Task timed out after 3.00 seconds' },
  ],
])('a function that ends with %s', async (text, expected) => {
  expect(await invoke({ FunctionError: 'Unhandled', Payload: payload(text) })).toEqual({
    ...expected,
    requestId: 'r-1',
  })
})

test.each([
  ['ResourceNotFoundException', 'missing'],
  ['AccessDeniedException', 'not-allowed'],
  ['TooManyRequestsException', 'throttled'],
  ['EC2ThrottledException', 'throttled'],
  ['ServiceException', 'unreachable'],
  ['TimeoutError', 'unreachable'],
  ['ECONNREFUSED', 'unreachable'],
])('%s of Lambda is %s', async (name, reason) => {
  expect(await invoke(error(name))).toEqual({ kind: 'not-invoked', reason })
})

test('a function that is not heard of in time has timed out', async () => {
  expect(await invoke(error('TimeoutError'), 1_000)).toEqual({
    kind: 'timed-out',
    message: 'no answer after 1 seconds',
  })
})

test('a throttled call is made once: whether a step is repeated is for the workflow to say', async () => {
  let calls = 0
  const server = createServer((_request, response) => {
    calls++
    response.writeHead(429, { 'x-amzn-errortype': 'TooManyRequestsException' }).end('{"message":"slow down"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = rotationLambdaClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'not-a-secret' },
  })
  try {
    expect(await invokeRotationFunction(client)(use, event)).toEqual({ kind: 'not-invoked', reason: 'throttled' })
    expect(calls).toBe(1)
  } finally {
    client.destroy()
    server.closeAllConnections()
    server.close()
  }
})
