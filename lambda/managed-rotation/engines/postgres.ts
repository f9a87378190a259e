/**
 * PostgreSQL.
 * @module
 */
import { Client } from 'pg'
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
import { DEFAULT_ITERATIONS, md5Verifier, scramVerifier } from './scram-verifier.ts'
import { Wire, type Reach } from './wire.ts'

/** A connection, as little of it as is used. */
export interface PostgresConnection {
  /** @returns rows */
  query(sql: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Whether the server asked for the password: with `trust` it lets anybody in, and a login proves nothing. */
  readonly wasAsked: boolean
  close(): Promise<void>
}

const DEFAULT_DATABASE = 'postgres'
const WRONG_PASSWORD = '28P01'

type Open = (login: Login, reach?: Reach) => Promise<PostgresConnection>

export const postgresEngine = (open: Open = openPostgres): Engine => ({
  async connect(login, reach) {
    try {
      const connection = await open(login, reach)
      if (connection.wasAsked) return new PostgresSession(login, connection)
      await connection.close()
    } catch (error) {
      if (codeOf(error) === WRONG_PASSWORD) return undefined
      throw translated(login, error)
    }
    throw refused(
      login,
      'it let the user in without asking for a password, so a new one cannot be tested; see pg_hba.conf',
    )
  },
})

class PostgresSession implements Session {
  readonly #login: Login
  readonly #connection: PostgresConnection

  constructor(login: Login, connection: PostgresConnection) {
    this.#login = login
    this.#connection = connection
  }

  async ping(): Promise<void> {
    await this.#query('SELECT 1')
  }

  async setPassword(username: string, password: string): Promise<void> {
    await this.#prepare()
    await this.#query(`ALTER ROLE ${identifier(username)} WITH PASSWORD '${await this.#verifier(username, password)}'`)
  }

  /**
   * One transaction: nobody ever sees a user that lacks its rights. The new role is a member of the one it stands in for and acts as that one from its login on, so what either creates
   * belongs to one owner, and attributes and later grants count for both.
   */
  async setAlternate({ username, alternate, password }: Parameters<Session['setAlternate']>[0]): Promise<void> {
    await this.#prepare()
    const verifier = await this.#verifier(alternate, password)
    await this.#query('BEGIN')
    const known = await this.#query('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1', [alternate])
    if (known.length === 0) {
      await this.#query(`CREATE ROLE ${identifier(alternate)} WITH LOGIN PASSWORD '${verifier}'`)
      await this.#query(`GRANT ${identifier(username)} TO ${identifier(alternate)}`)
      await this.#query(`ALTER ROLE ${identifier(alternate)} SET role TO ${identifier(username)}`)
    } else {
      const related = await this.#query(MEMBERSHIP, [username, alternate])
      if (related.length === 0) throw this.#isStranger({ username, alternate })
      await this.#query(`ALTER ROLE ${identifier(alternate)} WITH LOGIN PASSWORD '${verifier}'`)
    }
    await this.#query('COMMIT')
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  /** Who may make users could else have the admin give him the password of anybody, by a user with the fitting name. */
  #isStranger({ username, alternate }: { readonly username: string; readonly alternate: string }): Error {
    const [one, other] = [username, alternate].map((name) => JSON.stringify(name))
    return refused(
      this.#login,
      `there is a user ${other} that is no member of ${one}, nor the other way round; grant one to the other if they are to alternate`,
    )
  }

  /** Whoever owns a database may give it a search path, and functions of his own in it. */
  async #prepare(): Promise<void> {
    await this.#query('SET search_path = pg_catalog')
  }

  async #verifier(username: string, password: string): Promise<string> {
    const [row] = await this.#query(
      `SELECT pg_catalog.current_setting('password_encryption') AS kind, pg_catalog.current_setting('scram_iterations', true) AS iterations`,
    )
    const kind = String(row?.kind)
    if (kind === 'scram-sha-256') {
      return scramVerifier(password, { iterations: Number(row?.iterations ?? 0) || DEFAULT_ITERATIONS })
    }
    // `on` is what servers before version 10 call it.
    if (kind === 'md5' || kind === 'on') return md5Verifier(username, password)
    throw refused(this.#login, 'its password_encryption is neither scram-sha-256 nor md5')
  }

  async #query(sql: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    try {
      return await this.#connection.query(sql, values)
    } catch (error) {
      throw translated(this.#login, error)
    }
  }
}

/** Either is a direct member of the other. */
const MEMBERSHIP = `
  SELECT 1 FROM pg_catalog.pg_auth_members AS membership
    JOIN pg_catalog.pg_roles AS granted ON granted.oid = membership.roleid
    JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member
   WHERE (granted.rolname = $1 AND member.rolname = $2) OR (granted.rolname = $2 AND member.rolname = $1)`

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export async function openPostgres(login: Login, reach: Reach = {}): Promise<PostgresConnection> {
  const { host, port, username, password, tls, dbname = DEFAULT_DATABASE } = login
  const wire = new Wire({ login, reach })
  let wasAsked = false
  const client = new Client({
    host,
    port,
    user: username,
    database: dbname,
    password: () => {
      wasAsked = true
      return password
    },
    ssl: tls === false ? false : { rejectUnauthorized: true, ...(tls.authorities && { ca: tls.authorities }) },
    stream: () => wire,
    application_name: 'coffer-managed-rotation',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
  })
  // A connection that breaks while it is idle is told by the next query.
  client.on('error', () => undefined)
  try {
    await wire.during(client.connect())
  } catch (error) {
    wire.destroy()
    throw error
  }
  return {
    wasAsked,
    query: async (sql, values) =>
      (await wire.during(client.query<Record<string, unknown>>(sql, [...(values ?? [])]))).rows,
    close: () => wire.farewell(() => client.end()),
  }
}

const SQLSTATE = /^[0-9A-Z]{5}$/
const meanings = new Map([
  ['28000', 'the user may not log in from here, or not without TLS; see pg_hba.conf'],
  ['3D000', 'there is no such database; see `dbname` of the secret'],
  ['42501', 'the user lacks the right to do this'],
  ['42704', 'there is no such role'],
  ['53300', 'it has too many connections'],
  ['55000', 'the password is not accepted in this form'],
  ['57P03', 'it is starting up or shutting down'],
])

function translated(login: Login, error: unknown): Error {
  if (error instanceof RotationError) return error
  const code = codeOf(error)
  const trouble = connectionTrouble(code)
  if (trouble !== undefined) return unreachable(login, trouble)
  if (code !== undefined && SQLSTATE.test(code)) {
    const meaning = meanings.get(code)
    return refused(login, `SQLSTATE ${code}${meaning === undefined ? '' : `, ${meaning}`}`)
  }
  return unreachable(login, words(error))
}

/** The driver gives these no code. Its texts are compared, not taken over. */
function words(error: unknown): string {
  const message = messageOf(error)
  if (message === 'The server does not support SSL connections') return 'the server offers no TLS'
  if (/timeout/i.test(message)) return 'no answer in time: check routes and security groups'
  return 'the connection broke'
}
