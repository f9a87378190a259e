/**
 * One HTTP exchange: collects the body up to its limit, has it answered, and writes the answer in one piece.
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WireResponse } from '../../lambda/protocol/wire.ts'
import { BODY_LIMIT, bodyTooLarge, tooManyLargeBodies, type Endpoint, type GatewayError } from './endpoint.ts'
import type { FrontDoor, Passage } from './front-door.ts'
import type { Outbox } from './outbox.ts'

/** What is read past the limit and thrown away, so that the sender gets to read the answer; beyond it the connection ends. */
const DISCARD_LIMIT = 16 * BODY_LIMIT

/** What the exchanges of a server share. */
export interface Connections {
  readonly outbox: Outbox
  /** The server is going down: an answer is its connection's last. */
  readonly isDraining: boolean
  /** Bytes of bodies beyond {@link BODY_LIMIT} that are in memory now. */
  largeBytes: number
}

/** Nobody has signed yet what is being read: all of it together must not fill the memory. */
const LARGE_BYTES_LIMIT = 256 * BODY_LIMIT

const NOTHING = Buffer.alloc(0)

export class Exchange {
  readonly #door: FrontDoor
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #passage: Passage
  readonly #connections: Connections
  readonly #limit: number
  /** Of this exchange, in {@link Connections.largeBytes}. */
  #largeBytes = 0
  #chunks: Buffer[] = []
  #size = 0
  #isAnswered = false

  constructor(door: FrontDoor, connections: Connections, request: IncomingMessage, response: ServerResponse) {
    this.#door = door
    this.#connections = connections
    this.#request = request
    this.#response = response
    this.#passage = door.enter(request)
    this.#limit = bodyLimitOf(this.#passage.endpoint, request)
    response.once('close', () => this.#release())
  }

  /** @param isUnsent the sender waits for a word before it sends the body */
  run(isUnsent: boolean): void {
    const request = this.#request
    const length = Number(request.headers['content-length'] ?? 0)
    if (length > (isUnsent ? this.#limit : this.#discardLimit)) {
      this.#refuseBody(bodyTooLarge(this.#limit))
      return
    }
    if (isUnsent) this.#response.writeContinue()
    request.on('data', (chunk: Buffer) => this.#take(chunk))
    request.on('end', () => this.#handOver())
    // The sender went away: there is nobody to answer.
    request.on('error', () => this.#forget())
  }

  #take(chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size <= this.#limit) {
      this.#chunks.push(chunk)
      if (this.#size > BODY_LIMIT && !this.#claim(chunk.length)) this.#refuseBody(tooManyLargeBodies)
    } else {
      this.#chunks = []
      if (this.#size > this.#discardLimit && !this.#isAnswered) this.#refuseBody(bodyTooLarge(this.#limit))
    }
  }

  get #discardLimit(): number {
    return Math.max(DISCARD_LIMIT, this.#limit)
  }

  #claim(bytes: number): boolean {
    if (this.#connections.largeBytes + bytes > LARGE_BYTES_LIMIT) return false
    this.#connections.largeBytes += bytes
    this.#largeBytes += bytes
    return true
  }

  #release(): void {
    this.#connections.largeBytes -= this.#largeBytes
    this.#largeBytes = 0
  }

  #handOver(): void {
    if (this.#isAnswered) return
    if (this.#size > this.#limit) {
      this.#write(this.#door.refuse(this.#passage, bodyTooLarge(this.#limit)))
      return
    }
    const chunks = this.#chunks
    const body = chunks.length === 1 ? (chunks[0] ?? NOTHING) : chunks.length === 0 ? NOTHING : Buffer.concat(chunks)
    this.#chunks = []
    void this.#door.answer(this.#passage, this.#request, body).then((answer) => this.#write(answer))
  }

  /** Too much to read to its end. */
  #refuseBody(error: GatewayError): void {
    this.#chunks = []
    this.#response.shouldKeepAlive = false
    this.#write(this.#door.refuse(this.#passage, error))
    this.#request.removeAllListeners('data')
    this.#response.once('finish', () => this.#request.destroy())
  }

  #forget(): void {
    this.#chunks = []
    this.#isAnswered = true
  }

  #write(answer: WireResponse): void {
    this.#isAnswered = true
    const response = this.#response
    this.#door.leave(this.#passage, this.#request, answer)
    if (response.destroyed) return
    const { headers, body } = answer
    const length = Buffer.byteLength(body)
    const lines = ['x-amzn-requestid', this.#passage.requestId, 'content-length', String(length)]
    for (const name in headers) lines.push(name, headers[name] ?? '')
    if (this.#connections.isDraining) lines.push('connection', 'close')
    response.writeHead(answer.status, lines)
    this.#connections.outbox.send(response, body, length === body.length)
  }
}

function bodyLimitOf(endpoint: Endpoint, { method = '', url = '' }: IncomingMessage): number {
  return (endpoint.kind === 'signed' ? endpoint.bodyLimit?.(method, url) : undefined) ?? BODY_LIMIT
}
