/**
 * Redis for a suite.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { makeCertificates, type Certificates } from './certificates.ts'
import { DatabaseProcess, freePort, handOver, lackingServer, serverFolder } from './database-server.ts'

export const lackingRedis = (): string | undefined => lackingServer('redis-server')

export const REDIS_ADMIN = { username: 'admin', password: 'the-admin' } as const

/** TLS on one port, plain text on another, users in a file. */
export class RedisServer {
  readonly port: number
  readonly tlsPort: number
  readonly certificates: Certificates
  readonly #process: DatabaseProcess

  private constructor(
    process: DatabaseProcess,
    { port, tlsPort, certificates }: Pick<RedisServer, 'port' | 'tlsPort' | 'certificates'>,
  ) {
    this.#process = process
    this.port = port
    this.tlsPort = tlsPort
    this.certificates = certificates
  }

  static async start(): Promise<RedisServer> {
    const folder = serverFolder('redis')
    const certificates = makeCertificates(folder)
    const users = join(folder, 'users.acl')
    const { username, password } = REDIS_ADMIN
    writeFileSync(users, `user default off\nuser ${username} on >${password} ~* &* +@all\n`)
    handOver(folder)
    const [port, tlsPort] = [await freePort(), await freePort()]
    const process = await DatabaseProcess.start(
      'redis-server',
      [
        ...['--port', String(port), '--tls-port', String(tlsPort), '--bind', '127.0.0.1', '--dir', folder],
        ...['--tls-cert-file', certificates.certificatePath, '--tls-key-file', certificates.keyPath],
        ...['--tls-auth-clients', 'no', '--save', '', '--appendonly', 'no', '--aclfile', users],
      ],
      { folder, isReady: async () => (await sendAt(port, ['PING'])) === 'PONG' },
    )
    return new RedisServer(process, { port, tlsPort, certificates })
  }

  /** As the admin, or as somebody else; over a connection of its own. */
  send(command: string[], login: { username: string; password: string } = REDIS_ADMIN): Promise<unknown> {
    return sendAt(this.port, command, login)
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

async function sendAt(
  port: number,
  command: string[],
  { username, password }: { username: string; password: string } = REDIS_ADMIN,
): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    username,
    password,
    protocol: 2,
    enableReadyCheck: false,
    retryStrategy: () => null,
  })
  client.on('error', () => undefined)
  try {
    const [name = '', ...rest] = command
    return await client.call(name, ...rest)
  } finally {
    client.disconnect()
  }
}
