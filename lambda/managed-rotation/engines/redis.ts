/**
 * Redis and Valkey, users of their access control lists. A user may have several passwords at a time, so the old one works until the new one is in use. Passwords are sent as
 * SHA-256, which is what the server keeps.
 * @module
 */
import { hash } from 'node:crypto'
import type { Login } from '../database-secret.ts'
import { codeOf, RotationError } from '../rotation-error.ts'
import { connectionTrouble, refused, unreachable, type Engine, type Session } from './engine.ts'
import { isReplyError, openRedisConnection, type RedisConnection } from './redis-connection.ts'
import type { Reach } from './wire.ts'

type Open = (login: Login, reach?: Reach) => Promise<RedisConnection>

export const redisEngine = (open: Open = openRedis): Engine => ({
  async connect(login, reach) {
    try {
      const connection = await open(login, reach)
      if (!(await takesAnything(login, connection))) return new RedisSession(login, connection)
      await connection.close()
    } catch (error) {
      if (wordOf(error) === 'WRONGPASS') return undefined
      throw translated(login, error)
    }
    throw refused(login, 'it takes any password of this user (nopass), so a new one cannot be tested')
  },
})

class RedisSession implements Session {
  readonly #login: Login
  readonly #connection: RedisConnection

  constructor(login: Login, connection: RedisConnection) {
    this.#login = login
    this.#connection = connection
  }

  /** A user that may not even PING has logged in all the same. */
  async ping(): Promise<void> {
    try {
      await this.#connection.send(['PING'])
    } catch (error) {
      if (wordOf(error) !== 'NOPERM') throw translated(this.#login, error)
    }
  }

  async setPassword(username: string, password: string): Promise<void> {
    await this.#send(['ACL', 'SETUSER', username, `#${sha256(password)}`])
    await this.#save()
  }

  /** One command, which the server takes whole or not at all. */
  async setAlternate({ username, alternate, password }: Parameters<Session['setAlternate']>[0]): Promise<void> {
    const lines = await this.#send(['ACL', 'LIST'])
    const rules = (Array.isArray(lines) ? lines : [])
      .map((line) => aclTokens(String(line)))
      .find(([kind, name]) => kind === 'user' && name === username)
      ?.slice(2)
    if (rules === undefined) throw refused(this.#login, `there is no user ${JSON.stringify(username)}`)
    const rights = rules.filter((rule) => !rule.startsWith('#') && rule !== 'nopass' && rule !== 'off')
    await this.#send(['ACL', 'SETUSER', alternate, 'reset', ...rights, 'on', `#${sha256(password)}`])
    await this.#save()
  }

  async dropPassword(username: string, password: string): Promise<void> {
    const details = await this.#send(['ACL', 'GETUSER', username])
    if (!listed(details, 'passwords').has(sha256(password))) return
    await this.#send(['ACL', 'SETUSER', username, `!${sha256(password)}`])
    await this.#save()
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  /** Without a file of access control lists the server cannot keep them over its restart, and says so with ERR. */
  async #save(): Promise<void> {
    try {
      await this.#connection.send(['ACL', 'SAVE'])
    } catch (error) {
      if (wordOf(error) !== 'ERR') throw translated(this.#login, error)
    }
  }

  async #send(command: readonly string[]): Promise<unknown> {
    try {
      return await this.#connection.send(command)
    } catch (error) {
      throw translated(this.#login, error)
    }
  }
}

const sha256 = (password: string): string => hash('sha256', password)

/** Of `user name on #... ~keys (selector with spaces)`. */
export const aclTokens = (line: string): string[] => line.match(/\([^)]*\)|\S+/g) ?? []

/** Users without the right to ask are taken as they are. */
async function takesAnything({ username }: Login, connection: RedisConnection): Promise<boolean> {
  try {
    return listed(await connection.send(['ACL', 'GETUSER', username]), 'flags').has('nopass')
  } catch (error) {
    if (wordOf(error) === 'NOPERM') return false
    throw error
  }
}

/** RESP2 brings a list of keys and values. */
function listed(details: unknown, key: string): ReadonlySet<string> {
  const list: unknown = Array.isArray(details) ? details[details.indexOf(key) + 1] : []
  return new Set(Array.isArray(list) ? list.map(String) : [])
}

export async function openRedis(login: Login, reach: Reach = {}): Promise<RedisConnection> {
  const connection = await openRedisConnection(login, reach)
  try {
    await connection.send(['AUTH', login.username, login.password])
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

const meanings = new Map([
  ['NOPERM', 'the user lacks the right to do this; it takes +acl|setuser, +acl|getuser, +acl|list and +acl|save'],
  ['NOAUTH', 'it asks for a login'],
  ['LOADING', 'it is starting up'],
  ['DENIED', 'it is in protected mode'],
])

function translated(login: Login, error: unknown): Error {
  if (error instanceof RotationError) return error
  const word = wordOf(error)
  if (word !== undefined) {
    const meaning = meanings.get(word)
    return refused(login, `error ${word}${meaning === undefined ? '' : `, ${meaning}`}`)
  }
  return unreachable(login, connectionTrouble(codeOf(error)) ?? 'the connection broke')
}

/** The first word of an error that the server sent. The rest may quote what it was sent. */
function wordOf(error: unknown): string | undefined {
  return isReplyError(error) ? /^([A-Z]{2,20})\b/.exec(error.message)?.[1] : undefined
}
