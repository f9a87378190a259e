/**
 * What the strategies ask of a database. One engine per kind, each over a connection that is small enough for a test to break at every statement.
 * @module
 */
import { describeLogin, type EngineKind, type Login } from '../database-secret.ts'
import { RotationError } from '../rotation-error.ts'
import type { Reach } from './wire.ts'

export interface Session {
  /** A trivial query. */
  ping(): Promise<void>
  /** Of the user who is logged in or, as an admin, of another. Where passwords overlap, the old one stays until it is dropped. */
  setPassword(username: string, password: string): Promise<void>
  /** Makes `alternate` a user who may do what `username` may, and sets its password. Repeatable. */
  setAlternate(users: AlternateUsers): Promise<void>
  /** Only of engines where passwords overlap. Repeatable. */
  dropPassword?(username: string, password: string): Promise<void>
  close(): Promise<void>
}

export interface AlternateUsers {
  readonly username: string
  readonly alternate: string
  readonly password: string
}

export interface Engine {
  /**
   * @returns undefined when the server refuses the user or the password
   * @throws {RotationError} DatabaseUnreachable, HostNotAllowed, DatabaseRefused
   */
  connect(login: Login, reach?: Reach): Promise<Session | undefined>
}

/** Drivers are loaded by the first secret that needs them. */
export type Engines = Readonly<Record<EngineKind, () => Promise<Engine>>>

/** The same, for connections that go so far and no further. */
export const within = (engines: Engines, reach: Reach): Engines => {
  const bound = (kind: EngineKind) => async (): Promise<Engine> => {
    const engine = await engines[kind]()
    return { connect: (login) => engine.connect(login, reach) }
  }
  return { postgres: bound('postgres'), mysql: bound('mysql'), redis: bound('redis') }
}

export const CONNECT_TIMEOUT_MS = 10_000
export const STATEMENT_TIMEOUT_MS = 30_000

/** @param detail a code, or words of ours */
export const unreachable = (login: Login, detail: string): RotationError =>
  new RotationError('DatabaseUnreachable', `No connection to ${describeLogin(login)}: ${detail}.`)

export const refused = (login: Login, detail: string): RotationError =>
  new RotationError('DatabaseRefused', `Refused by ${describeLogin(login)}: ${detail}.`)

/** What codes of sockets and TLS mean, said once for all drivers. @returns undefined for any other code */
export function connectionTrouble(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  const meaning = troubles.get(code)
  if (meaning !== undefined) return `${code}, ${meaning}`
  return /^(E[A-Z]{3,}|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_)/.test(code) ? code : undefined
}

const UNTRUSTED =
  'its certificate is of no authority trusted here; put the CA into `sslrootcert` of the secret as PEM text'
const troubles = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['ETIMEDOUT', 'no answer in time: check routes and security groups'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to it'],
  ['ECONNRESET', 'the server closed the connection'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
])
