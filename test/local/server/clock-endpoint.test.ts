import type { RunningCoffer } from '../../../local/start.ts'
import { callSigned, startForTest } from '../support/running-server.ts'
import { stubServices } from '../support/stub-services.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()
const START = '2030-01-01T00:00:00.000Z'
const stub = stubServices()

let coffer: RunningCoffer
async function start(clock?: string): Promise<void> {
  ;({ coffer } = await startForTest(newDirectory(), clock === undefined ? {} : { clock }, { compose: stub.compose }))
}
afterEach(() => coffer.close())

async function clock(body?: unknown, service = 'coffer'): Promise<Record<string, unknown>> {
  const call = body === undefined ? { method: 'GET' } : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await callSigned(coffer.url, { ...call, path: '/_coffer/clock', service, headers: {} })
  return { status: response.status, ...((await response.json()) as object) }
}

/** Apart from the real seconds that pass during a test. */
const sinceStart = (answer: Record<string, unknown>): number =>
  Math.floor((Date.parse(String(answer.now)) - Date.parse(START)) / 3_600_000)

describe('the clock of a server that was started with --clock', () => {
  beforeEach(() => start(START))

  it('is told', async () => {
    const answer = await clock()
    expect(answer).toMatchObject({ status: 200, virtual: true })
    expect(sinceStart(answer)).toBe(0)
  })

  it.each([
    [{ advance: '30d' }, 720],
    [{ advance: 'PT36H' }, 36],
    [{ advance: 7200 }, 2],
    [{ to: '2030-01-02T00:00:00Z' }, 24],
  ])('moves forward by %j', async (body, hours) => {
    expect(sinceStart(await clock(body))).toBe(hours)
    expect(sinceStart(await clock())).toBe(hours)
  })

  it('has what fell due done before it answers', async () => {
    stub.sweeps.length = 0
    await clock({ advance: '30d' })
    expect(stub.sweeps).toHaveLength(1)
    expect(stub.sweeps[0]).toBeGreaterThanOrEqual(Date.parse(START) + 30 * 86_400_000)
  })

  it('leaves signatures and the Date header on real time', async () => {
    await clock({ advance: '400d' })
    const response = await callSigned(coffer.url)
    expect(response.status).toBe(200)
    expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now())).toBeLessThan(5000)
  })

  it.each<[unknown, string]>([
    [{ to: '2029-12-31T00:00:00Z' }, 'The clock never goes back'],
    [{ advance: '999999999w' }, 'The clock ends with the year 9999.'],
    [{ advance: -1 }, 'Expected {"advance": "30d"}'],
    [{ advance: '1d', to: '2031-01-01' }, 'Expected'],
    [{}, 'Expected'],
    ['', 'Expected'],
    ['{', 'Expected'],
    ['null', 'Expected'],
    [{ advance: ['1d'] }, 'Expected'],
  ])('refuses %j', async (body, message) => {
    const answer = await clock(body)
    expect(answer).toMatchObject({
      status: 400,
      __type: 'ValidationException',
      message: expect.stringContaining(message) as string,
    })
    expect(sinceStart(await clock())).toBe(0)
  })

  it('is not moved by a signature for another service, nor without one', async () => {
    expect(await clock({ advance: '1d' }, 'secretsmanager')).toMatchObject({
      status: 400,
      __type: 'InvalidSignatureException',
    })
    const response = await fetch(`${coffer.url}/_coffer/clock`, { method: 'POST', body: '{"advance":"1d"}' })
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' })
    expect(sinceStart(await clock())).toBe(0)
  })
})

it('the clock of a server on real time is told but not moved', async () => {
  await start()
  expect(await clock()).toMatchObject({ status: 200, virtual: false })
  expect(await clock({ advance: '1d' })).toMatchObject({
    status: 400,
    __type: 'InvalidRequestException',
    message: 'This Coffer runs on real time. Start it with --clock <time> to be able to move its clock.',
  })
})
