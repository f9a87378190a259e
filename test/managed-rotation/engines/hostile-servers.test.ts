import { createServer as createTlsServer } from 'node:tls'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import type { EngineKind, Login } from '../../../lambda/managed-rotation/database-secret.ts'
import { within, type Engine } from '../../../lambda/managed-rotation/engines/engine.ts'
import { installedEngines } from '../../../lambda/managed-rotation/engines/installed-engines.ts'
import type { Reach } from '../../../lambda/managed-rotation/engines/wire.ts'
import { managedRotation } from '../../../lambda/managed-rotation/managed-rotation.ts'
import { outsideOnly } from '../../../lambda/managed-rotation/reachable-hosts.ts'
import { RotationError } from '../../../lambda/managed-rotation/rotation-error.ts'
import { makeCertificates } from '../../support/databases/certificates.ts'
import { suiteDirectories } from '../../support/suite-directories.ts'
import { failureOf } from '../support/failure-of.ts'
import {
  HostileServer,
  mysql,
  mysqlFlood,
  postgres,
  postgresFlood,
  redisDrip,
  redisFlood,
} from '../support/hostile-servers.ts'
import { eventOf, MemorySecrets } from '../support/memory-secrets.ts'

const makeDirectory = suiteDirectories()
const running: HostileServer[] = []
const start = async (behave: (socket: Socket) => void): Promise<HostileServer> => {
  const server = await HostileServer.start(behave)
  running.push(server)
  return server
}
afterEach(() => Promise.all(running.splice(0).map((server) => server.stop())))

const loginTo = (kind: EngineKind, port: number, more: Partial<Login> = {}): Login => ({
  kind,
  host: '127.0.0.1',
  port,
  username: 'u',
  password: 'the-secret',
  tls: false,
  ...more,
})
const engineOf = (kind: EngineKind, reach: Reach = {}): Promise<Engine> => within(installedEngines, reach)[kind]()
const whenGone = async (server: HostileServer): Promise<void> => {
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve))
}

describe('a server that does not end', () => {
  it.each<[EngineKind, (socket: Socket) => void]>([
    ['postgres', postgres()],
    ['mysql', mysql()],
  ])('is left when it has been told goodbye: %s', async (kind, behave) => {
    const server = await start(behave)
    const session = await (await engineOf(kind, { farewellMs: 20 })).connect(loginTo(kind, server.port))
    await session!.ping()
    await session!.close()
    await whenGone(server)
  })

  it.each<[string, EngineKind, (socket: Socket) => void]>([
    ['PostgreSQL that says nothing', 'postgres', () => undefined],
    ['PostgreSQL that answers no query', 'postgres', postgres(() => undefined)],
    ['MySQL that says nothing', 'mysql', () => undefined],
    ['Redis that says nothing', 'redis', () => undefined],
    ['Redis that says a byte at a time', 'redis', redisDrip],
  ])('costs a step no more than its time: %s', async (_, engine, behave) => {
    const server = await start(behave)
    const secrets = new MemorySecrets()
    const value = { engine, host: '127.0.0.1', port: server.port, username: 'u', password: 'the-secret', ssl: false }
    const secret = secrets.create('hang', value)
    const id = secrets.begin(secret)
    const rotation = managedRotation({
      secrets: secrets.access,
      webhookOrigins: [],
      allowsPlaintext: true,
      deadlineMs: 200,
    })
    await rotation(eventOf(secret, id, 'createSecret'))
    const failure = await failureOf(rotation(eventOf(secret, id, 'testSecret')))
    expect(failure).toMatchObject({ name: 'TimedOut', message: expect.stringContaining('within 0.2 seconds') })
    expect(server.connections).toBeGreaterThan(0)
    await whenGone(server)
  })

  it('is left at once when Coffer is stopped', async () => {
    const server = await start(() => undefined)
    const secrets = new MemorySecrets()
    const value = { engine: 'redis', host: '127.0.0.1', port: server.port, password: 'the-secret', ssl: false }
    const secret = secrets.create('stop', value)
    const id = secrets.begin(secret)
    const stopping = new AbortController()
    const { signal } = stopping
    const rotation = managedRotation({ secrets: secrets.access, webhookOrigins: [], allowsPlaintext: true, signal })
    await rotation(eventOf(secret, id, 'createSecret'))
    const failing = failureOf(rotation(eventOf(secret, id, 'testSecret')))
    while (server.connections === 0) await new Promise((resolve) => setImmediate(resolve))
    stopping.abort(new RotationError('Stopped', 'why'))
    expect(await failing).toMatchObject({ name: 'Stopped', message: 'why' })
    await whenGone(server)
  })
})

describe('a server that sends without end', () => {
  it.each<[EngineKind, number, (socket: Socket) => void]>([
    ['postgres', 1, postgresFlood],
    ['mysql', 4, mysqlFlood],
    ['redis', 1, redisFlood],
  ])('is cut off: %s, after %d MiB', async (kind, mebibytes, behave) => {
    const server = await start(behave)
    const engine = await engineOf(kind)
    const failure = await failureOf(
      engine.connect(loginTo(kind, server.port)).then(async (session) => {
        await session?.ping()
      }),
    )
    expect(failure).toMatchObject({
      name: 'DatabaseRefused',
      message: expect.stringContaining(`it sent more than ${mebibytes} MiB`),
    })
    await whenGone(server)
  })

  it('is cut off under TLS, too', async () => {
    const { authority, certificatePath, keyPath } = makeCertificates(makeDirectory())
    const sockets: Socket[] = []
    const server = createTlsServer({ cert: readFileSync(certificatePath), key: readFileSync(keyPath) }, (socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      redisFlood(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const login = loginTo('redis', port, { host: 'localhost', tls: { authorities: authority } })
    const failure = await failureOf((await engineOf('redis')).connect(login))
    expect(failure.message).toContain('it sent more than 1 MiB')
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('a host that may not be reached', () => {
  const mayReach = outsideOnly()

  it.each<[EngineKind, string]>(
    (['postgres', 'mysql', 'redis'] as const).flatMap((kind): [EngineKind, string][] =>
      // The last two are read as addresses by the look-up alone.
      ['127.0.0.1', 'localhost', '127.1', '2130706433'].map((host) => [kind, host]),
    ),
  )('is the same whatever is there: %s at %s', async (kind, host) => {
    const server = await start(postgres())
    const engine = await engineOf(kind, { mayReach })
    const open = await failureOf(engine.connect(loginTo(kind, server.port, { host })))
    const closed = await failureOf(engine.connect(loginTo(kind, 1, { host })))
    expect(open).toMatchObject({ name: 'HostNotAllowed', message: expect.stringContaining(host) })
    expect([closed.name, closed.message]).toEqual([open.name, open.message])
    expect(server.connections).toBe(0)
  })

  it('may be reached where it is listed, by its name or its address', async () => {
    const server = await start(postgres())
    for (const [listed, host] of [
      ['localhost', 'LocalHost'],
      ['127.0.0.1', '127.0.0.1'],
      ['127.0.0.1', '127.1'],
    ] as const) {
      const engine = await engineOf('postgres', { mayReach: outsideOnly([listed]), farewellMs: 1 })
      const session = await engine.connect(loginTo('postgres', server.port, { host }))
      await session!.close()
    }
    expect(server.connections).toBe(3)
  })
})
