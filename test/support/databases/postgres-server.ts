/**
 * PostgreSQL for a suite.
 * @module
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { makeCertificates, type Certificates } from './certificates.ts'
import { DatabaseProcess, freePort, handOver, lackingServer, runAsServer, serverFolder } from './database-server.ts'

export const lackingPostgres = (): string | undefined => lackingServer('initdb', 'postgres')

export const POSTGRES_ADMIN = { username: 'postgres', password: "admin's \\ pässword" } as const

/** TLS and plain text on one port, SCRAM passwords, every statement in `log`. */
export class PostgresServer {
  readonly port: number
  readonly certificates: Certificates
  readonly #process: DatabaseProcess

  private constructor(process: DatabaseProcess, { port, certificates }: Pick<PostgresServer, 'port' | 'certificates'>) {
    this.#process = process
    this.port = port
    this.certificates = certificates
  }

  /** @param settings lines of postgresql.conf @param access lines of pg_hba.conf that come first */
  static async start({
    settings = [],
    access = [],
  }: { settings?: string[]; access?: string[] } = {}): Promise<PostgresServer> {
    const folder = serverFolder('postgres')
    const data = join(folder, 'data')
    const certificates = makeCertificates(folder)
    writeFileSync(join(folder, 'password'), POSTGRES_ADMIN.password)
    handOver(folder)
    const first = ['--no-sync', '--encoding=UTF8', '--locale=C', `--username=${POSTGRES_ADMIN.username}`]
    runAsServer('initdb', [...first, '--auth=scram-sha-256', `--pwfile=${join(folder, 'password')}`, '-D', data])
    const port = await freePort()
    const log = ['log_statement = all', 'log_min_duration_statement = 0', 'log_connections = on']
    const tls = [
      `ssl_cert_file = '${certificates.certificatePath}'`,
      `ssl_key_file = '${certificates.keyPath}'`,
      'ssl = on',
    ]
    const place = [`port = ${port}`, "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", 'fsync = off']
    appendFileSync(join(data, 'postgresql.conf'), ['', ...place, ...tls, ...log, ...settings, ''].join('\n'))
    writeFileSync(join(data, 'pg_hba.conf'), [...access, 'host all all 127.0.0.1/32 scram-sha-256', ''].join('\n'))
    const isReady = async (): Promise<boolean> => (await queryAt(port, 'SELECT 1')).length === 1
    const process = await DatabaseProcess.start('postgres', ['-D', data], { folder, isReady, signal: 'SIGINT' })
    return new PostgresServer(process, { port, certificates })
  }

  /** As the admin, or as somebody else; over a connection of its own. */
  query(
    sql: string,
    login: { username: string; password: string } = POSTGRES_ADMIN,
  ): Promise<Record<string, unknown>[]> {
    return queryAt(this.port, sql, login)
  }

  get log(): string {
    return this.#process.output
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

async function queryAt(
  port: number,
  sql: string,
  { username, password }: { username: string; password: string } = POSTGRES_ADMIN,
): Promise<Record<string, unknown>[]> {
  const client = new Client({ host: '127.0.0.1', port, user: username, password, database: 'postgres', ssl: false })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}
