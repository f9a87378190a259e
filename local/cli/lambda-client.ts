/**
 * Calls of the Lambda API of a running Coffer.
 * @module
 */
import { z } from 'zod'
import { regionOfEndpoint } from '../../client/endpoint.ts'
import type { Environment } from '../config.ts'
import { CallProblem, noCoffer, sendSigned } from './signed-call.ts'

export interface LambdaFlags {
  readonly url?: string
  readonly region?: string
}

/** The API said no. */
export class LambdaRefusal extends CallProblem {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

export interface LambdaRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** JSON; a text is sent as it is. */
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

export interface LambdaReply {
  readonly text: string
  readonly header: (name: string) => string | undefined
}

/** A function may run as long. */
const TIMEOUT_MS = 16 * 60_000

const errorSchema = z.object({ Message: z.string() })

export class LambdaClient {
  readonly #flags: LambdaFlags
  readonly #environment: Environment

  constructor(flags: LambdaFlags, environment: Environment) {
    this.#flags = flags
    this.#environment = environment
  }

  /** @throws {LambdaRefusal} {CallProblem} {ConfigProblem} */
  async call<T>(request: LambdaRequest, schema: z.ZodType<T>): Promise<T> {
    const { text } = await this.send(request)
    const parsed = schema.safeParse(parseJson(text))
    if (parsed.success) return parsed.data
    throw new CallProblem(
      `The answer to ${request.method} ${request.path} is not one of the Lambda API: is it a Coffer?`,
    )
  }

  /** @throws as {@link call} */
  async send({ method, path, body, headers = {} }: LambdaRequest): Promise<LambdaReply> {
    const { response, url } = await sendSigned({
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      flags: this.#flags,
      environment: this.#environment,
      service: 'lambda',
      timeoutMs: TIMEOUT_MS,
    })
    const text = await response.text().catch(() => '')
    if (response.ok) return { text, header: (name) => response.headers.get(name) ?? undefined }
    const code = response.headers.get('x-amzn-errortype')
    const problem = errorSchema.safeParse(parseJson(text))
    if (code !== null && problem.success) throw new LambdaRefusal(code, problem.data.Message)
    if (regionOfEndpoint(url.origin) !== undefined)
      throw new CallProblem(`${url.origin} is a Coffer on AWS, where functions are Lambda's own: use \`aws lambda\`.`)
    throw noCoffer(url, response)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
