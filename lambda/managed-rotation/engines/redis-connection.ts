/**
 * A connection to Redis by its driver, over a wire that carries only so much and breaks in time: the driver is given a stream that is connected already, and never makes another.
 * @module
 */
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { Redis, ReplyError } from 'ioredis'
import type { Login } from '../database-secret.ts'
import { CONNECT_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from './engine.ts'
import { Wire, type Reach } from './wire.ts'

/** A connection, as little of it as is used. */
export interface RedisConnection {
  send(command: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

/** What the server answers with an error. */
export const isReplyError = (error: unknown): error is Error => error instanceof ReplyError

/** Not logged in. @throws errors of sockets and TLS, with their codes */
export async function openRedisConnection(login: Login, reach: Reach): Promise<RedisConnection> {
  const wire = new Wire({ login, reach })
  try {
    const stream = await wire.during(inTime(connected(wire, login), CONNECT_TIMEOUT_MS))
    const driver = driverOver(stream)
    return {
      send: ([command = '', ...rest]) => wire.during(inTime(driver.call(command, ...rest), STATEMENT_TIMEOUT_MS)),
      close: () =>
        wire.farewell(async () => {
          driver.disconnect()
        }),
    }
  } catch (error) {
    wire.destroy()
    throw error
  }
}

function driverOver(stream: Duplex): Redis {
  const driver = new Redis({
    Connector: class {
      async connect(): Promise<never> {
        // The driver asks a stream for what this one has; its types want a socket.
        return stream as never
      }
      disconnect(): void {
        stream.destroy()
      }
      check(): boolean {
        return true
      }
    } as never,
    // The old protocol, which every server speaks, and nothing sent that was not asked for.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    // A connection that broke is not made again behind our back.
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  })
  // Commands are rejected besides; without a listener the driver prints what it hears.
  driver.on('error', () => undefined)
  return driver
}

function connected(wire: Wire, { host, tls }: Login): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    wire.once('error', reject)
    wire.once('close', () => reject(closed()))
    wire.connect()
    if (tls === false) {
      wire.once('connect', () => resolve(wire))
      return
    }
    const stream = connectTls({
      socket: wire,
      // What the certificate is compared with, and, unless it is an address, what the server is asked for.
      host,
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: true,
      ...(tls.authorities && { ca: tls.authorities }),
    })
    stream.on('error', reject)
    stream.once('close', () => reject(closed()))
    stream.once('secureConnect', () => resolve(stream))
  })
}

/** In all, however busy the server seems. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), ms)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

const closed = (): Error => Object.assign(new Error('the server closed the connection'), { code: 'ECONNRESET' })
