/**
 * node:http around the front door: limits for slow and oversized clients, answers to garbage, and a shutdown that lets running requests finish.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { Exchange } from './exchange.ts'
import type { FrontDoor } from './front-door.ts'
import { Outbox } from './outbox.ts'

/** PEM texts. */
export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface HttpServerOptions {
  readonly door: FrontDoor
  readonly host: string
  readonly port: number
  readonly tls: TlsFiles | undefined
  /** A connection could not be accepted, such as for want of file descriptors; the server goes on. */
  readonly onFault: (error: unknown) => void
}

export const LIMITS = {
  /** A client that trickles its headers or its body is cut off. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  /** How often the two are looked at. */
  connectionsCheckingInterval: 5_000,
  /** Longer than the pools of the SDKs keep a connection, so that they are the ones to close. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions

export const MAX_HEADERS = 100

/** Running requests get this long to finish. */
const DRAIN_MS = 10_000

export class HttpServer {
  readonly #server: Server
  readonly #options: HttpServerOptions
  #running = 0
  readonly #connections = { outbox: new Outbox(), isDraining: false, largeBytes: 0 }
  #whenDrained: (() => void) | undefined
  readonly #leave = (): void => {
    this.#running--
    if (this.#running === 0) this.#whenDrained?.()
  }

  constructor(options: HttpServerOptions) {
    this.#options = options
    const { tls } = options
    this.#server =
      tls === undefined ? createServer(LIMITS) : createSecureServer({ ...LIMITS, ...tls, minVersion: 'TLSv1.2' })
    this.#server.maxHeadersCount = MAX_HEADERS
    this.#server.on('request', (request, response) => this.#receive(request, response, false))
    // `Expect: 100-continue`: a body that is too large need not be sent at all.
    this.#server.on('checkContinue', (request, response) => this.#receive(request, response, true))
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const code = answerGarbage(error, socket)
      if (code !== undefined) options.door.turnAway(code)
    })
  }

  /** @returns the URL to call. @throws node's error when the address cannot be had */
  listen(): Promise<string> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        this.#server.on('error', this.#options.onFault)
        resolve(this.#url())
      })
    })
  }

  /** Takes no more requests, lets the running ones finish for a while, and closes every connection. */
  async close(): Promise<void> {
    this.#connections.isDraining = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    if (this.#running > 0) await this.#drained()
    this.#server.closeAllConnections()
    await closed
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, DRAIN_MS)
      this.#whenDrained = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #receive(request: IncomingMessage, response: ServerResponse, isUnsent: boolean): void {
    this.#running++
    response.on('close', this.#leave)
    new Exchange(this.#options.door, this.#connections, request, response).run(isUnsent)
  }

  #url(): string {
    const { port, family, address } = this.#server.address() as AddressInfo
    const loopback = family === 'IPv6' ? '::1' : '127.0.0.1'
    const host = address === '0.0.0.0' || address === '::' ? loopback : address
    const scheme = this.#options.tls === undefined ? 'http' : 'https'
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
  }
}

/** What is not HTTP, too long in its headers, or too slow. @returns the error code, or undefined for a peer that only went away */
function answerGarbage(error: NodeJS.ErrnoException, socket: Duplex): string | undefined {
  if (!socket.writable) {
    socket.destroy()
    return undefined
  }
  const [status, code, message] = GARBAGE[error.code ?? ''] ?? NOT_HTTP
  const body = JSON.stringify({ __type: code, message })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/x-amz-json-1.1\r\nx-amzn-errortype: ${code}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  return code
}

const NOT_HTTP = ['400 Bad Request', 'SerializationException', 'The request is not valid HTTP/1.1.'] as const
const GARBAGE: Readonly<Record<string, readonly [status: string, code: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'RequestHeaderFieldsTooLargeException',
    'The request headers must not be larger than 16 KiB.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'RequestTimeoutException', 'The request took too long to arrive.'],
}
