/**
 * An application that uses a database with the password in a secret: it reads AWSCURRENT, logs in with it and runs a query.
 * @module
 */
import { Client } from 'pg'
import type { RotationClient } from './rotation-embedded.ts'

export interface DatabaseValue {
  readonly host: string
  readonly port: number
  readonly dbname: string
  readonly username: string
  readonly password: string
}

export class Application {
  readonly #coffer: RotationClient
  readonly #secret: string
  /** Open connections by what they logged in with. */
  #connection: { readonly login: string; readonly client: Client } | undefined
  reads = 0
  logins = 0
  /** Users that it was, in the order in which they came. */
  readonly users: string[] = []

  constructor(coffer: RotationClient, secret: string) {
    this.#coffer = coffer
    this.#secret = secret
  }

  /** @param afresh logs in whatever is open @throws what the server said */
  async work(afresh: boolean): Promise<void> {
    const value = await this.#coffer.value(this.#secret)
    this.reads++
    if (afresh || this.#connection?.login !== value) {
      await this.close()
      this.#connection = { login: value, client: await this.#logIn(JSON.parse(value) as DatabaseValue) }
    }
    await this.#connection.client.query('SELECT current_user')
  }

  async close(): Promise<void> {
    const open = this.#connection
    this.#connection = undefined
    await open?.client.end()
  }

  async #logIn(value: DatabaseValue): Promise<Client> {
    const client = new Client({ ...connectionOf(value) })
    client.on('error', () => undefined)
    await client.connect()
    this.logins++
    if (this.users.at(-1) !== value.username) this.users.push(value.username)
    return client
  }
}

/** Whether the database takes it. @throws what is no refusal */
export async function logsIn(value: DatabaseValue): Promise<boolean> {
  const client = new Client(connectionOf(value))
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '28P01') return false
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}

const connectionOf = ({ host, port, dbname: database, username: user, password }: DatabaseValue) => ({
  host,
  port,
  database,
  user,
  password,
  ssl: { rejectUnauthorized: false },
  connectionTimeoutMillis: 20_000,
})
