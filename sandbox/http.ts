/**
 * The small HTTP servers of the sandbox: all on 127.0.0.1, bodies collected up to a limit, shut down without waiting for idle connections.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SandboxProblem } from './json.ts'

export interface HttpRequest {
  readonly message: IncomingMessage
  readonly body: Buffer
  /** The body was longer than the limit: it is not here. */
  readonly isTooLarge: boolean
}

export interface HttpListenerOptions {
  readonly port?: number
  readonly bodyLimit: number
  readonly server?: ServerOptions
  readonly answer: (request: HttpRequest, response: ServerResponse) => Promise<void>
  /** For a fault of the sandbox itself. */
  readonly onFault: (error: unknown) => void
}

const HOST = '127.0.0.1'

export class HttpListener {
  readonly #options: HttpListenerOptions
  readonly #server: Server

  constructor(options: HttpListenerOptions) {
    this.#options = options
    this.#server = createServer(options.server ?? {}, (message, response) => {
      void this.#serve(message, response)
    })
  }

  /** @returns the URL @throws {SandboxProblem} when the port cannot be had */
  async listen(): Promise<string> {
    const { port = 0 } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(
          new SandboxProblem(`Port ${port} of ${HOST} cannot be listened on: choose another with --port`, { cause }),
        )
      })
      this.#server.listen({ host: HOST, port }, resolve)
    })
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#options.answer({ message, ...(await collect(message, this.#options.bodyLimit)) }, response)
    } catch (error) {
      // A client that went away is nobody's fault.
      if (message.destroyed && !message.complete) return
      this.#options.onFault(error)
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end('{"message":"The sandbox failed: see its output"}')
    }
  }
}

async function collect(message: IncomingMessage, limit: number): Promise<Pick<HttpRequest, 'body' | 'isTooLarge'>> {
  let chunks: Buffer[] = []
  let size = 0
  // Read to the end in any case: a sender that is still writing would not see the answer.
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else chunks = []
  }
  return { body: Buffer.concat(chunks), isTooLarge: size > limit }
}
