import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { inspect } from 'node:util'
import type { AddressInfo } from 'node:net'
import { dynamoDbClient } from '../../../../lambda/adapters/aws/clients.ts'
import { DynamoDbSecretStore } from '../../../../lambda/adapters/aws/dynamo/dynamodb-secret-store.ts'
import { headOf, keyOf } from '../../../contracts/secret-store-contract.ts'
import { emulated } from '../../../support/dynamo-table.ts'
import { ManualClock } from '../../../support/manual-clock.ts'

const TYPE = 'com.amazonaws.dynamodb.v20120810#'
const SEALED = 'sealed bytes that nobody should see'

/** Answers every request alike, or never. */
type Script = { readonly status: number; readonly type: string } | 'silence' | 'hang up'

describe('what goes wrong at DynamoDB', () => {
  let server: Server
  let script: Script
  let requests: number
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests++
      if (script === 'silence') return
      if (script === 'hang up') return void request.socket.destroy()
      const { status, type } = script
      request
        .resume()
        .on('end', () => response.writeHead(status).end(JSON.stringify({ __type: TYPE + type, message: 'no' })))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  beforeEach(() => {
    requests = 0
    jest.spyOn(Math, 'random').mockReturnValue(0)
  })
  afterEach(() => jest.restoreAllMocks())

  function storeWith(overrides: Parameters<typeof dynamoDbClient>[0] = {}) {
    const { port } = server.address() as AddressInfo
    const client = dynamoDbClient({ ...emulated(`http://127.0.0.1:${port}`), ...overrides })
    return new DynamoDbSecretStore({
      client,
      table: 'coffer',
      clock: new ManualClock(),
      region: 'us-east-1',
      pause: async () => undefined,
    })
  }

  const methods: Readonly<Record<string, (store: DynamoDbSecretStore) => Promise<unknown>>> = {
    load: (store) => store.load(keyOf('a')),
    loadHeads: (store) => store.loadHeads([keyOf('a')]),
    readValue: (store) => store.readValue({ key: keyOf('a'), suffix: 's', id: 'v.x' }),
    commit: (store) => store.commit({ head: headOf('a'), put: [{ id: 'v.x', sealed: Buffer.from(SEALED) }], drop: [] }),
    remove: (store) => store.remove(headOf('a')),
    recordAccess: (store) => store.recordAccess({ head: headOf('a'), access: { day: 0, versions: new Map() } }, 'v', 1),
    list: (store) => store.list({ account: '1', region: 'us-east-1', order: 'accessed', descending: false, limit: 1 }),
    duePurges: (store) => store.duePurges(1, 1),
    valuesOf: (store) => store.valuesOf(headOf('a')),
    scanValues: (store) => store.scanValues(undefined, 1),
    dropValues: (store) => store.dropValues([{ key: keyOf('a'), suffix: 's', id: 'v.x' }]),
  }

  const failures: readonly (readonly [Script, 'throttled' | 'unavailable'])[] = [
    [{ status: 400, type: 'ProvisionedThroughputExceededException' }, 'throttled'],
    [{ status: 400, type: 'ThrottlingException' }, 'throttled'],
    [{ status: 400, type: 'RequestLimitExceeded' }, 'throttled'],
    [{ status: 500, type: 'InternalServerError' }, 'unavailable'],
    [{ status: 503, type: 'ServiceUnavailable' }, 'unavailable'],
    [{ status: 400, type: 'ResourceNotFoundException' }, 'unavailable'],
    [{ status: 400, type: 'AccessDeniedException' }, 'unavailable'],
    ['hang up', 'unavailable'],
  ]
  for (const [method, call] of Object.entries(methods))
    it(`comes out of ${method} as the port's own failure, with its cause, and without the value`, async () => {
      for (const [answer, kind] of failures) {
        script = answer
        const failure: unknown = await call(storeWith()).catch((error: unknown) => error)
        expect(failure).toMatchObject({ name: 'StoreFailure', kind, cause: expect.anything() })
        const shown = inspect(failure, { depth: 12, showHidden: true })
        expect(shown).not.toContain(SEALED)
        expect(shown).not.toContain(Buffer.from(SEALED).toString('base64'))
      }
    })

  it('is tried three times where that can help, and once where it cannot', async () => {
    for (const [answer, expected] of [
      [{ status: 400, type: 'ThrottlingException' }, 3],
      [{ status: 500, type: 'InternalServerError' }, 3],
      [{ status: 400, type: 'AccessDeniedException' }, 1],
    ] as const) {
      script = answer
      requests = 0
      await storeWith()
        .load(keyOf('a'))
        .catch(() => undefined)
      expect(requests).toBe(expected)
    }
  })

  it('a silent socket is given up after a second', async () => {
    script = 'silence'
    const started = performance.now()
    const failure: unknown = await storeWith({ maxAttempts: 1 })
      .load(keyOf('a'))
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind: 'unavailable', cause: expect.objectContaining({ name: 'TimeoutError' }) })
    expect(performance.now() - started).toBeGreaterThan(900)
  })

  it('a refused connection is a failure of the store', async () => {
    const refusing = createServer().listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const { port } = refusing.address() as AddressInfo
    await new Promise((resolve) => refusing.close(resolve))
    const load = storeWith({ endpoint: `http://127.0.0.1:${port}` }).load(keyOf('a'))
    await expect(load).rejects.toMatchObject({ name: 'StoreFailure', kind: 'unavailable' })
  })
})
