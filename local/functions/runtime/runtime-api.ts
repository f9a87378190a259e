/**
 * Lambda's Runtime API (2018-06-01) on a loopback port: how the processes of functions get their events and give their results. Each process has a path of its own
 * that cannot be guessed, and speaks for itself only.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MAX_RESULT_BYTES, resultTooLarge } from './error-documents.ts'

export interface RuntimeEvent {
  readonly requestId: string
  readonly payload: Buffer
  /** Wall time, epoch milliseconds. */
  readonly deadline: number
  readonly functionArn: string
  readonly traceId: string
  /** JSON text. */
  readonly clientContext: string | undefined
}

/** The server's side of one process. */
export interface RuntimePeer {
  /** It is ready for an event. */
  next(deliver: (event: RuntimeEvent) => void): void
  /** @returns false when it does not run that invocation */
  respond(requestId: string, result: Buffer): boolean
  /** @returns false when it does not run that invocation */
  fail(requestId: string, document: Buffer): boolean
  /** Its code could not be loaded. */
  failInit(document: Buffer): void
}

export class RuntimeApi {
  readonly #server: Server
  readonly #peers = new Map<string, RuntimePeer>()
  #listening: Promise<number> | undefined

  constructor() {
    // Connections stay open between two invocations, however long one takes.
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      this.#answer(request, response)
    })
    this.#server.on('connection', (socket) => socket.setNoDelay(true))
  }

  /** @returns what goes into `AWS_LAMBDA_RUNTIME_API`: the address that is this peer's own */
  async admit(peer: RuntimePeer): Promise<string> {
    this.#listening ??= this.#listen()
    const port = await this.#listening
    const path = randomBytes(24).toString('base64url')
    this.#peers.set(path, peer)
    return `127.0.0.1:${port}/${path}`
  }

  /** @param address what `admit` gave */
  dismiss(address: string): void {
    this.#peers.delete(address.slice(address.indexOf('/') + 1))
  }

  async close(): Promise<void> {
    if (this.#listening === undefined) return
    await this.#listening.catch(() => undefined)
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  #listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        // The next process tries again.
        this.#listening = undefined
        reject(error)
      }
      this.#server.once('error', fail)
      this.#server.listen(0, '127.0.0.1', () => {
        this.#server.off('error', fail)
        // A connection that cannot be accepted, such as for want of file descriptors: its process does not get ready in time.
        this.#server.on('error', () => undefined)
        resolve((this.#server.address() as AddressInfo).port)
      })
    })
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const [, path = '', call = ''] = CALL.exec(request.url ?? '') ?? []
    const peer = this.#peers.get(path)
    if (peer === undefined) {
      refuse(response, 403, 'Forbidden', 'This address belongs to no process.')
      return
    }
    const [, requestId = '', kind] = RESULT.exec(call) ?? []
    if (request.method === 'GET' && call === 'invocation/next') {
      poll(peer, response)
      return
    }
    if (request.method !== 'POST' || (kind === undefined && call !== 'init/error')) {
      refuse(response, 404, 'NotFound', 'The Runtime API has no such call.')
      return
    }
    readBody(request, (body, size) => {
      if (body === undefined) {
        peer.fail(requestId, Buffer.from(JSON.stringify(resultTooLarge(size))))
        const words = `Exceeded maximum allowed payload size (${MAX_RESULT_BYTES} bytes).`
        refuse(response, 413, 'RequestEntityTooLarge', words)
        return
      }
      if (kind === undefined) peer.failInit(body)
      else if (!(kind === 'response' ? peer.respond(requestId, body) : peer.fail(requestId, body))) {
        refuse(response, 400, 'InvalidRequestID', 'The process does not run this invocation.')
        return
      }
      send(response, 202, { status: 'OK' })
    })
  }
}

const CALL = /^\/([\w-]+)\/2018-06-01\/runtime\/([^?]*)/
const RESULT = /^invocation\/([\w-]+)\/(response|error)$/

function poll(peer: RuntimePeer, response: ServerResponse): void {
  peer.next(({ requestId, payload, deadline, functionArn, traceId, clientContext }) => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': payload.length,
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': deadline,
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': traceId,
      ...(clientContext === undefined ? {} : { 'lambda-runtime-client-context': clientContext }),
    })
    response.end(payload)
  })
}

/** Of a body that is too large nothing is kept: only its size is told, as far as it is known. */
function readBody(request: IncomingMessage, done: (body: Buffer | undefined, size: number) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_RESULT_BYTES) chunks.push(chunk)
    else chunks.length = 0
  })
  request.on('end', () => done(size <= MAX_RESULT_BYTES ? Buffer.concat(chunks) : undefined, size))
}

const refuse = (response: ServerResponse, status: number, errorType: string, errorMessage: string): void =>
  send(response, status, { errorMessage, errorType })

function send(response: ServerResponse, status: number, document: object): void {
  const body = JSON.stringify(document)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
