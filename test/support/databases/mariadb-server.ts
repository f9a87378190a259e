/**
 * MariaDB for a suite.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { makeCertificates, type Certificates } from './certificates.ts'
import { DatabaseProcess, freePort, handOver, lackingServer, runAsServer, serverFolder } from './database-server.ts'

export const lackingMariadb = (): string | undefined => lackingServer('mariadb-install-db', 'mariadbd')

export const MARIADB_ADMIN = { username: 'admin', password: "admin's \\ pässword" } as const

/** TLS and plain text on one port, every statement in `log`. */
export class MariadbServer {
  readonly port: number
  readonly certificates: Certificates
  readonly #process: DatabaseProcess
  readonly #logPath: string

  private constructor(
    process: DatabaseProcess,
    { port, certificates, logPath }: { port: number; certificates: Certificates; logPath: string },
  ) {
    this.#process = process
    this.#logPath = logPath
    this.port = port
    this.certificates = certificates
  }

  static async start(): Promise<MariadbServer> {
    const folder = serverFolder('mariadb')
    const certificates = makeCertificates(folder)
    const path = (name: string): string => join(folder, name)
    handOver(folder)
    const data = ['--no-defaults', `--datadir=${path('data')}`]
    runAsServer('mariadb-install-db', [...data, '--skip-test-db', '--auth-root-authentication-method=normal'])
    const { username, password } = MARIADB_ADMIN
    const account = `'${username}'@'%'`
    const literal = password.replaceAll(/[\\']/g, '\\$&')
    runAsServer(
      'mariadbd',
      [...data, '--bootstrap', '--skip-networking', '--character-set-server=utf8mb4'],
      `SET NAMES utf8mb4;\nFLUSH PRIVILEGES;\nDROP USER IF EXISTS ''@'localhost';\nCREATE USER ${account} IDENTIFIED BY '${literal}';\nGRANT ALL ON *.* TO ${account} WITH GRANT OPTION;\n`,
    )
    const port = await freePort()
    const logPath = path('statements.log')
    const process = await DatabaseProcess.start(
      'mariadbd',
      [
        ...[...data, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${path('socket')}`],
        ...[`--ssl-cert=${certificates.certificatePath}`, `--ssl-key=${certificates.keyPath}`],
        ...['--general-log', `--general-log-file=${logPath}`, '--innodb-flush-log-at-trx-commit=0'],
        ...['--character-set-server=utf8mb4', `--pid-file=${path('pid')}`],
      ],
      { folder, isReady: async () => (await queryAt(port, 'SELECT 1')).length === 1 },
    )
    return new MariadbServer(process, { port, certificates, logPath })
  }

  /** As the admin, or as somebody else; over a connection of its own. */
  query(
    sql: string,
    login: { username: string; password: string } = MARIADB_ADMIN,
  ): Promise<Record<string, unknown>[]> {
    return queryAt(this.port, sql, login)
  }

  get log(): string {
    return readFileSync(this.#logPath, 'utf8')
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

async function queryAt(
  port: number,
  sql: string,
  { username, password }: { username: string; password: string } = MARIADB_ADMIN,
): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: username, password, charset: 'utf8mb4' })
  connection.on('error', () => undefined)
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql)
    return Array.isArray(rows) ? rows : []
  } finally {
    await connection.end()
  }
}
