/**
 * What API Gateway with IAM auth asks of a client, and no more: a signature for `execute-api` and a path below the stage. It records every request.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { wallClock } from '../../../local/clock.ts'
import { sigv4SecretKey } from '../../../local/identities/credential.ts'
import type { SigningCredentials } from '../../../local/sigv4/sign.ts'
import { isRefusal, SignatureVerifier } from '../../../local/sigv4/verify.ts'

export interface Seen {
  /** As it stood in the request line. */
  readonly path: string
  readonly target: string
  readonly body: string
  /** Of the signature; undefined when it was refused. */
  readonly signedFor: string | undefined
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface SigningServerOptions {
  readonly region?: string
  /** Such as `/v1`. */
  readonly basePath?: string
  /** `{}` by default. */
  readonly answer?: (seen: Seen) => Answer | Promise<Answer>
}

export const CREDENTIALS: SigningCredentials = {
  accessKeyId: 'AKIACLIENTCLIENTCLIE',
  secretAccessKey: 'a client of the tests'.replaceAll(' ', '-'),
}
export const SESSION: SigningCredentials = {
  accessKeyId: 'ASIACLIENTCLIENTCLIE',
  secretAccessKey: 'a session of the tests'.replaceAll(' ', '-'),
  sessionToken: 'the-token-of-a-session',
}

export class SigningServer {
  readonly #server: Server
  readonly #options: SigningServerOptions
  readonly #verifier: SignatureVerifier
  readonly seen: Seen[] = []

  private constructor(options: SigningServerOptions) {
    this.#options = options
    const { region = 'eu-central-1' } = options
    this.#verifier = new SignatureVerifier({
      credentials: { find: credentialOf },
      wallClock,
      servesRegion: (asked) => asked === region,
    })
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
  }

  static async start(options: SigningServerOptions = {}): Promise<SigningServer> {
    const { basePath = '' } = options
    if (basePath !== '' && !/^\/.*[^/]$/.test(basePath)) throw new Error('a base path begins with a slash')
    const server = new SigningServer(options)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  /** With the base path. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${this.#options.basePath ?? ''}`
  }

  get paths(): string[] {
    return this.seen.map(({ path }) => path)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const { method = '', url: path = '', rawHeaders: headers } = request
    const verdict = this.#verifier.verify({ method, url: path, headers, body }, ['execute-api'])
    const target = String(request.headers['x-amz-target'])
    const seen: Seen = {
      path,
      target,
      body: body.toString(),
      signedFor: isRefusal(verdict) ? undefined : verdict.service,
    }
    this.seen.push(seen)
    const answer = isRefusal(verdict) ? refused(verdict.code, verdict.message) : await this.#answer(method, seen)
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1', ...answer.headers })
    response.end(answer.body)
  }

  async #answer(method: string, seen: Seen): Promise<Answer> {
    const { basePath = '', answer = () => ({ status: 200, body: '{}' }) } = this.#options
    const operation = seen.target.replace('secretsmanager.', '')
    const known = [`${basePath}/${operation}`, `${basePath}/`, basePath]
    // What API Gateway says of a path that it does not have.
    if (method !== 'POST' || !known.includes(seen.path))
      return refused('MissingAuthenticationTokenException', 'Missing Authentication Token')
    return answer(seen)
  }
}

/** API Gateway's own error: lower-case message, the code in a header. */
function refused(code: string, message: string): Answer {
  return { status: 403, headers: { 'x-amzn-errortype': code }, body: JSON.stringify({ message }) }
}

function credentialOf(accessKeyId: string) {
  const found = [CREDENTIALS, SESSION].find((each) => each.accessKeyId === accessKeyId)
  if (found === undefined) return undefined
  const { secretAccessKey, sessionToken } = found
  return {
    principal: {
      account: '123456789012',
      accessKeyId,
      arn: 'arn:aws:iam::123456789012:user/client',
      userId: 'AIDACLIENT',
    },
    secretKey: sigv4SecretKey(secretAccessKey),
    isAdmin: false,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
