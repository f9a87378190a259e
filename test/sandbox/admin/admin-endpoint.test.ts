import { request } from 'node:http'
import { adminEndpoint, type Controls } from '../../../sandbox/admin/admin-endpoint.ts'
import { Faults } from '../../../sandbox/aws/faults.ts'
import { SandboxClock } from '../../../sandbox/clock.ts'
import type { HttpListener } from '../../../sandbox/http.ts'

const clock = new SandboxClock()
const faults = new Faults()
const report = {
  violations: [],
  unusedGrants: [],
  functions: {},
  invocations: [],
  deadLetters: [],
  lostInvocations: [],
  executions: {},
}
const done: string[] = []
const controls: Controls = {
  faults,
  faultTargets: {
    services: new Map([
      ['kms', ['Decrypt', 'Encrypt']],
      ['lambda', ['Invoke']],
    ]),
    functions: ['f', 'g'],
  },
  advance: async (by) => {
    clock.advance(by)
    return clock.now()
  },
  settle: async () => void done.push('settle'),
  holdReplication: (isHeld) => done.push(`hold ${isHeld}`),
  report: () => report,
  resetCounts: () => done.push('reset'),
  logs: () => ({ one: 'line' }),
  executions: () => [{ name: 'walked' }],
  messages: () => [{ subject: 'said' }],
  schedules: () => [{ expression: 'at(...)' }],
  deliverSchedules: (delivery) => done.push(delivery),
  addFunction: async ({ name }) => `arn of ${String(name)}`,
}

let listener: HttpListener
let url: string
beforeAll(async () => {
  listener = adminEndpoint(controls, (fault) => done.push(String(fault)))
  url = await listener.listen()
})
afterAll(() => listener.close())

async function ask(method: string, path: string, body?: string): Promise<{ status: number; value: unknown }> {
  const response = await fetch(url + path, { method, ...(body !== undefined && { body }) })
  return { status: response.status, value: await response.json() }
}

it('moves the clock, and says what time it is then', async () => {
  const before = clock.now()
  const { status, value } = await ask('POST', '/clock', '{"advance":86400000}')
  expect(status).toBe(200)
  expect(Date.parse((value as { now: string }).now) - before).toBeGreaterThanOrEqual(86_400_000)
})

it.each([
  ['{"advance":-1}', 'forward'],
  ['{"advance":1.5}', 'whole number'],
  ['{"advance":900000000000000}', '9999'],
  ['{}', 'advance (milliseconds)'],
  ['[]', 'JSON object'],
  ['{"advance":', 'JSON object'],
])('refuses to move the clock by %s', async (body, message) => {
  expect(await ask('POST', '/clock', body)).toMatchObject({
    status: 400,
    value: { message: expect.stringContaining(message) },
  })
})

it('gives the report and the logs, resets counts, settles, holds copies back', async () => {
  expect(await ask('GET', '/report')).toEqual({ status: 200, value: report })
  expect(await ask('GET', '/logs')).toEqual({ status: 200, value: { one: 'line' } })
  for (const [path, body] of [
    ['/reset-counts'],
    ['/settle'],
    ['/replication', '{"hold":true}'],
    ['/replication', '{}'],
  ] as const)
    expect((await ask('POST', path, body)).status).toBe(200)
  expect(done).toEqual(['reset', 'settle', 'hold true', 'hold false'])
})

it('takes faults, and takes them back', async () => {
  const none = { status: 200, value: { faults: [] } }
  expect(await ask('GET', '/faults')).toEqual(none)
  expect(await ask('POST', '/faults', '{"service":"kms","code":"X","count":2}')).toMatchObject({
    status: 200,
    value: { faults: [{ service: 'kms', code: 'X', count: 2 }] },
  })
  const call = { service: 'kms', operation: 'Decrypt', function: 'f' }
  expect(faults.take(call)).toMatchObject({ code: 'X', status: 400 })
  expect(await ask('GET', '/faults')).toMatchObject({ value: { faults: [{ service: 'kms', code: 'X', count: 1 }] } })
  expect(await ask('DELETE', '/faults')).toEqual(none)
  expect(faults.take(call)).toBeUndefined()
})

it.each([
  ['{"code":"X"}', 'fault.service'],
  ['{"service":"s3","code":"X"}', 'fault.service is one of kms, lambda, not "s3"'],
  ['{"service":"kms","operation":"Invoke","code":"X"}', 'fault.operation is one of Decrypt, Encrypt, not "Invoke"'],
  ['{"service":"kms","function":"h","code":"X"}', 'fault.function is one of f, g, not "h"'],
  ['{"service":"kms","code":"no such thing"}', 'fault.code is the name of an error'],
  ['{"service":"kms","code":5}', 'fault.code'],
  ['{"service":"kms"}', 'a code, a delayMs or both'],
  [
    '{"service":"kms","code":"X","cuont":1}',
    'service, operation, function, code, status, message, delayMs, count, not',
  ],
  ['{"service":"kms","code":"X","count":0}', 'fault.count takes a whole number from 1'],
  ['{"service":"kms","code":"X","status":200}', 'fault.status takes a whole number from 400 to 599'],
  ['{"service":"kms","delayMs":"1"}', 'fault.delayMs takes a whole number'],
])('refuses the fault %s, which could not come about', async (body, message) => {
  expect(await ask('POST', '/faults', body)).toMatchObject({
    status: 400,
    value: { message: expect.stringContaining(message) },
  })
  expect(faults.inForce).toEqual([])
})

it('tells what there is, and answers no web page and no other name of this machine', async () => {
  expect(await ask('GET', '/nothing')).toMatchObject({
    status: 404,
    value: { message: expect.stringContaining('POST /clock') },
  })
  const statusWith = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve) => request(`${url}/report`, { headers }, ({ statusCode }) => resolve(statusCode)).end())
  expect(await statusWith({ origin: 'https://example.com' })).toBe(403)
  expect(await statusWith({ host: 'example.com' })).toBe(403)
})

it('shows executions, messages and schedules', async () => {
  expect((await ask('GET', '/executions')).value).toEqual({ executions: [{ name: 'walked' }] })
  expect((await ask('GET', '/messages')).value).toEqual({ messages: [{ subject: 'said' }] })
  expect((await ask('GET', '/schedules')).value).toEqual({ schedules: [{ expression: 'at(...)' }] })
})

it('has schedules fire twice or not at all, and takes functions in', async () => {
  for (const deliver of ['twice', 'never', 'once']) {
    expect(await ask('POST', '/schedules', JSON.stringify({ deliver }))).toEqual({ status: 200, value: { deliver } })
    expect(done.at(-1)).toBe(deliver)
  }
  expect(await ask('POST', '/schedules', '{"deliver":"thrice"}')).toMatchObject({
    status: 400,
    value: { message: 'deliver is one of once, twice, never' },
  })
  expect((await ask('POST', '/functions', '{"name":"f"}')).value).toEqual({ arn: 'arn of f' })
})
