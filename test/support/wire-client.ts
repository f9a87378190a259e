/**
 * A client below the SDKs, for tests that send what no SDK would: keep-alive connections, any header, any body, any damage to the signature.
 * @module
 */
import { Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { signRequest, type SigningCredentials } from '../../local/sigv4/sign.ts'
import { signWithStock } from '../local/support/stock-signer.ts'

export type Json = Record<string, unknown>

export interface WireClientOptions {
  readonly endpoint: string
  readonly credentials: SigningCredentials
  readonly region?: string
  readonly sockets?: number
}

export interface RawRequest {
  readonly method?: string
  /** By default that of the endpoint. */
  readonly path?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  readonly service?: string
  readonly region?: string
  readonly credentials?: SigningCredentials
  /** Wall time of the signature, epoch milliseconds. */
  readonly time?: number
  /** Changes what was signed before it is sent. */
  readonly tamper?: (signed: SignedParts) => SignedParts
}

export interface SignedParts {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: string | Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** An answer of the service that is not a success. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor({ status, text }: Answer) {
    const body = JSON.parse(text) as { __type: string; Message?: string; message?: string }
    super(`${body.__type}: ${body.Message ?? body.message ?? ''}`)
    this.status = status
    this.code = body.__type
  }
}

/** No answer in time: a hang is a failure, not a wait. */
const TIMEOUT_MS = 20_000
const CONTENT_TYPE = 'application/x-amz-json-1.1'

export class WireClient {
  readonly #options: WireClientOptions
  readonly #agent: Agent
  readonly #url: URL

  constructor(options: WireClientOptions) {
    this.#options = options
    this.#url = new URL(options.endpoint)
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.sockets ?? 16 })
  }

  /** @throws {Refusal} and node's error when there was no answer */
  async call(operation: string, input: Json = {}): Promise<Json> {
    return this.#ask('secretsmanager', `secretsmanager.${operation}`, input)
  }

  /** @throws {Refusal} */
  async kms(operation: string, input: Json = {}): Promise<Json> {
    return this.#ask('kms', `TrentService.${operation}`, input)
  }

  async #ask(service: string, target: string, input: Json): Promise<Json> {
    const headers = { 'content-type': CONTENT_TYPE, 'x-amz-target': target }
    const answer = await this.send({ service, headers, body: JSON.stringify(input) })
    if (answer.status !== 200) throw new Refusal(answer)
    return answer.text === '' ? {} : (JSON.parse(answer.text) as Json)
  }

  async send(raw: RawRequest): Promise<Answer> {
    const signed = await this.#sign(raw)
    return this.exchange(raw.tamper?.(signed) ?? signed)
  }

  /** Sends as it is. */
  exchange({ method, path, headers, body }: SignedParts): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url
      const length = { 'content-length': Buffer.byteLength(body) }
      const sent = httpRequest(
        { hostname, port, method, path, headers: { ...length, ...headers }, agent: this.#agent, timeout: TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
          })
        },
      )
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
      sent.on('error', reject)
      sent.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  async #sign({ method = 'POST', path = this.#url.pathname, headers, body, ...raw }: RawRequest): Promise<SignedParts> {
    const credentials = raw.credentials ?? this.#options.credentials
    const region = raw.region ?? this.#options.region ?? 'us-east-1'
    const service = raw.service ?? 'secretsmanager'
    const time = raw.time ?? Date.now()
    const unsigned = { host: this.#url.host, ...headers }
    const signed =
      typeof body === 'string'
        ? signRequest({ method, url: path, headers: unsigned, body }, credentials, { region, service, time })
        : await signWithStock(
            { method, path, headers: unsigned, body },
            { ...credentials, region, service, date: new Date(time) },
          )
    return { method, path, headers: signed, body }
  }
}
