/**
 * MySQL and MariaDB.
 * @module
 */
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createConnection, type Connection } from 'mysql2'
import { z } from 'zod'
import type { Login } from '../database-secret.ts'
import { codeOf, messageOf, RotationError } from '../rotation-error.ts'
import {
  CONNECT_TIMEOUT_MS,
  connectionTrouble,
  refused,
  STATEMENT_TIMEOUT_MS,
  unreachable,
  type Engine,
  type Session,
} from './engine.ts'
import { copiedGrant } from './mysql-grants.ts'
import { Wire, type Reach } from './wire.ts'

type Row = Readonly<Record<string, unknown>>

/** A connection, as little of it as is used. The protocol has no parameters for statements about users. */
export interface MysqlConnection {
  query(sql: string): Promise<readonly Row[]>
  close(): Promise<void>
}

const WRONG_PASSWORD = new Set([1045, 1698])

/** A user may have grants for each of many tables. */
const MOST_MEBIBYTES = 4

type Open = (login: Login, reach?: Reach) => Promise<MysqlConnection>

export const mysqlEngine = (open: Open = openMysql): Engine => ({
  async connect(login, reach) {
    try {
      return new MysqlSession(login, await open(login, reach))
    } catch (error) {
      if (WRONG_PASSWORD.has(numberOf(error) ?? 0)) return undefined
      throw translated(login, error)
    }
  },
})

class MysqlSession implements Session {
  readonly #login: Login
  readonly #connection: MysqlConnection

  constructor(login: Login, connection: MysqlConnection) {
    this.#login = login
    this.#connection = connection
  }

  async ping(): Promise<void> {
    await this.#query('SELECT 1')
  }

  async setPassword(username: string, password: string): Promise<void> {
    const isMariadb = await this.#prepare()
    if (username === this.#login.username) {
      const own = 'CURRENT_USER()'
      await this.#setPassword(own, password, isMariadb)
      return
    }
    for (const { account } of await this.#accounts(username)) await this.#setPassword(account, password, isMariadb)
  }

  /**
   * No transactions here, so each statement is repeatable and all are repeated: grants that a crash left out come with the next attempt, and what was granted to one user since
   * the last rotation comes to the other.
   */
  async setAlternate({ username, alternate, password }: Parameters<Session['setAlternate']>[0]): Promise<void> {
    const isMariadb = await this.#prepare()
    for (const { host, account, needsTls } of await this.#accounts(username)) {
      const twin = accountName(alternate, host)
      await this.#query(
        `CREATE USER IF NOT EXISTS ${twin} ${identifiedBy(password, isMariadb)}${needsTls ? ' REQUIRE SSL' : ''}`,
      )
      for (const row of await this.#query(`SHOW GRANTS FOR ${account}`)) {
        const grant = copiedGrant(String(Object.values(row)[0]), { from: { username, host }, to: twin })
        if (grant !== undefined) await this.#query(grant)
      }
      if (!isMariadb) await this.#copyDefaultRoles({ username, host }, twin)
      await this.#setPassword(twin, password, isMariadb)
    }
  }

  /** MySQL does not print them with the grants; without them granted roles lie idle. Before version 8 there are none. */
  async #copyDefaultRoles({ username, host }: { username: string; host: string }, twin: string): Promise<void> {
    const table = `SELECT 1 FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name = 'default_roles'`
    if ((await this.#query(table)).length === 0) return
    const rows = await this.#query(
      `SELECT default_role_user AS role, default_role_host AS host FROM mysql.default_roles WHERE user = ${literal(username)} AND host = ${literal(host)}`,
    )
    const roles = rows.map((row) => accountName(String(row.role), String(row.host)))
    if (roles.length > 0) await this.#query(`ALTER USER ${twin} DEFAULT ROLE ${roles.join(', ')}`)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  /** A server may be set up to read quotes in other ways than these statements are written. @returns whether it is MariaDB */
  async #prepare(): Promise<boolean> {
    await this.#query(`SET SESSION sql_mode = '', SESSION sql_quote_show_create = 1`)
    const [row] = await this.#query('SELECT VERSION() AS version')
    return /mariadb/i.test(String(row?.version))
  }

  /** A user may have an account for each host it comes from. */
  async #accounts(username: string): Promise<{ host: string; account: string; needsTls: boolean }[]> {
    const rows = await this.#query(
      `SELECT Host AS host, ssl_type AS tls FROM mysql.user WHERE User = ${literal(username)} AND Host <> ''`,
    )
    if (rows.length === 0) throw refused(this.#login, `there is no user ${JSON.stringify(username)}`)
    return rows.map(({ host, tls }) => ({
      host: String(host),
      account: accountName(username, String(host)),
      needsTls: String(tls) !== '',
    }))
  }

  /** MariaDB takes the hash of its usual kind of password, so the password is not sent; its other kinds, and MySQL's, are calculated by the server. */
  async #setPassword(account: string, password: string, isMariadb: boolean): Promise<void> {
    if (!isMariadb) {
      await this.#query(`ALTER USER ${account} IDENTIFIED BY ${literal(password)}`)
      return
    }
    const [row] = await this.#query(`SHOW CREATE USER ${account}`)
    const isUsual = USUAL_KIND.test(String(Object.values(row ?? {})[0]))
    const value = isUsual ? literal(nativeHash(password)) : `PASSWORD(${literal(password)})`
    await this.#query(`SET PASSWORD FOR ${account} = ${value}`)
  }

  async #query(sql: string): Promise<readonly Row[]> {
    try {
      return await this.#connection.query(sql)
    } catch (error) {
      throw translated(this.#login, error)
    }
  }
}

/** In what SHOW CREATE USER of MariaDB prints. A password of another kind would need another hash. */
const USUAL_KIND = / IDENTIFIED (BY PASSWORD '|VIA mysql_native_password\b)/

const identifiedBy = (password: string, isMariadb: boolean): string =>
  isMariadb ? `IDENTIFIED BY PASSWORD ${literal(nativeHash(password))}` : `IDENTIFIED BY ${literal(password)}`

/** mysql_native_password: SHA-1 twice. */
const nativeHash = (password: string): string =>
  `*${hash('sha1', Buffer.from(hash('sha1', password), 'hex')).toUpperCase()}`

/** Backslashes count, since sql_mode is empty; the connection's character set has no trailing byte that is a quote. */
const literal = (value: string): string => `'${value.replaceAll(/[\\']/g, '\\$&')}'`
const accountName = (username: string, host: string): string => `${literal(username)}@${literal(host)}`

export async function openMysql(login: Login, reach: Reach = {}): Promise<MysqlConnection> {
  const wire = new Wire({ login, reach, mostMebibytes: MOST_MEBIBYTES })
  try {
    const core = connectOver(wire, login)
    // What breaks it is told by what was asked last, and at times here, too.
    core.on('error', () => undefined)
    await wire.during(once(core, 'connect'))
    const connection = core.promise()
    return {
      async query(sql) {
        const [rows] = await wire.during(connection.query({ sql, timeout: STATEMENT_TIMEOUT_MS }))
        return resultRows.safeParse(rows).data ?? []
      },
      close: () => wire.farewell(() => connection.end()),
    }
  } catch (error) {
    wire.destroy()
    throw error
  }
}

const connectOver = (wire: Wire, { host, port, username, password, dbname, tls }: Login): Connection =>
  createConnection({
    // For the name in the certificate; where it leads to is the wire's business.
    host,
    port,
    stream: () => wire.connect(),
    user: username,
    password,
    ...(dbname !== undefined && { database: dbname }),
    ...(tls !== false && {
      ssl: {
        rejectUnauthorized: true,
        verifyIdentity: true,
        minVersion: 'TLSv1.2',
        ...(tls.authorities && { ca: tls.authorities }),
      },
    }),
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The server could ask for a file of this machine otherwise.
    flags: ['-LOCAL_FILES'],
  })

const resultRows = z.array(z.record(z.string(), z.unknown()))

const meanings = new Map([
  [1040, 'it has too many connections'],
  [1044, 'the user may not use the database; see `dbname` of the secret'],
  [1049, 'there is no such database; see `dbname` of the secret'],
  [1129, 'it has blocked this host after failed connections'],
  [1130, 'it does not take connections from this host'],
  [1142, 'the user lacks the right to do this'],
  [1227, 'the user lacks the right to do this'],
  [1290, 'its settings forbid this; with strict_password_validation MariaDB takes no hash of a password'],
  [1396, 'the user could not be made or changed'],
  [1410, 'the user may not grant this'],
  [1470, 'a name is too long'],
  [1819, 'the new password does not satisfy its password policy; see the password settings'],
  [1862, 'the password has expired'],
  [3118, 'the account is locked'],
  [4151, 'the account is locked'],
])

function translated(login: Login, error: unknown): Error {
  if (error instanceof RotationError) return error
  const number = numberOf(error)
  if (number !== undefined) {
    const meaning = meanings.get(number)
    return refused(login, `error ${number}${stateOf(error)}${meaning === undefined ? '' : `, ${meaning}`}`)
  }
  const code = codeOf(error)
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return unreachable(login, 'the server offers no TLS')
  return unreachable(login, connectionTrouble(tlsCode(error) ?? code) ?? 'the connection broke')
}

const failure = z.object({ errno: z.number().int().min(1000).max(65_535), sqlState: z.string().optional() })

/** Number of an error that the server sent; errors of sockets have negative ones. */
const numberOf = (error: unknown): number | undefined => failure.safeParse(error).data?.errno

function stateOf(error: unknown): string {
  const state = failure.safeParse(error).data?.sqlState
  return state !== undefined && /^[0-9A-Z]{5}$/.test(state) ? ` (SQLSTATE ${state})` : ''
}

/** The driver gives its own code to what TLS threw, and keeps TLS's words. */
function tlsCode(error: unknown): string | undefined {
  if (codeOf(error) !== 'HANDSHAKE_SSL_ERROR') return undefined
  const message = messageOf(error)
  return tlsCodes.find(([words]) => words.test(message))?.[1] ?? 'ERR_TLS_HANDSHAKE'
}

const tlsCodes: readonly (readonly [words: RegExp, code: string])[] = [
  [/altnames|does not match certificate/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/self[- ]signed certificate in certificate chain/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/self[- ]signed/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/unable to (verify|get)/i, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  [/expired/i, 'CERT_HAS_EXPIRED'],
]
