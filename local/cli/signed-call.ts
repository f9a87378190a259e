/**
 * A signed call to a path of a running Coffer, embedded or behind API Gateway.
 * @module
 */
import { z } from 'zod'
import { EndpointProblem, parseEndpoint, regionFor } from '../../client/endpoint.ts'
import { wallClock } from '../clock.ts'
import { ConfigProblem, type Environment } from '../config.ts'
import { signRequest, type SigningCredentials } from '../sigv4/sign.ts'
import { misplaced, whyUnanswered } from './unanswered.ts'

/** The server could not be reached, or did not do what it was asked. */
export class CallProblem extends Error {
  override readonly name = 'CallProblem'
}

/** There was no answer, or one that says that there is none now: a server that is started again may give it. */
export class Unanswered extends CallProblem {}

export interface SignedCall<T> {
  /** Such as `/_coffer/clock`. */
  readonly path: string
  /** JSON for a POST; undefined: a GET. */
  readonly body?: object | undefined
  readonly flags: { readonly url?: string; readonly region?: string }
  readonly environment: Environment
  /** What it is signed for; by default what both kinds of Coffer accept. */
  readonly service?: string
  readonly schema: z.ZodType<T>
}

const DEFAULT_URL = 'http://127.0.0.1:7766'
/** Moving the clock waits for everything that falls due, such as thousands of purges. */
const TIMEOUT_MS = 300_000
/** API Gateway writes `Message`, the embedded server `message`. */
const errorSchema = z
  .object({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() })
  .transform(({ __type, message, Message }) => `${__type}: ${message ?? Message ?? 'no reason was given'}`)

/** @throws {ConfigProblem} {CallProblem} */
export async function callCoffer<T>(call: SignedCall<T>): Promise<T> {
  const { url, response } = await send(call)
  const answer = parseJson(await response.text().catch(() => ''))
  const parsed = call.schema.safeParse(answer)
  if (response.ok && parsed.success) return parsed.data
  const problem = errorSchema.safeParse(answer)
  throw problem.success ? new CallProblem(problem.data) : noCoffer(url, response)
}

/** An answer that is none of a Coffer's. */
export const noCoffer = ({ origin }: URL, { status }: Response): CallProblem =>
  new (status >= 500 ? Unanswered : CallProblem)(`${origin} answered with status ${status}: is it a Coffer?`)

function send({ body, service = 'execute-api', ...call }: SignedCall<unknown>): Promise<Sent> {
  return sendSigned({
    ...call,
    service,
    ...(body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) }),
  })
}

export interface SignedRequest {
  readonly method: string
  /** With its query, percent-encoded. */
  readonly path: string
  readonly body?: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly flags: { readonly url?: string; readonly region?: string }
  readonly environment: Environment
  /** What it is signed for. */
  readonly service: string
  readonly timeoutMs?: number
}

export interface Sent {
  readonly url: URL
  readonly response: Response
}

/** Whatever the answer says. @throws {ConfigProblem} {CallProblem} when there is none */
export async function sendSigned(request: SignedRequest): Promise<Sent> {
  const { method, path, body = '', flags, environment, service, timeoutMs = TIMEOUT_MS } = request
  const { url, region } = placeOf(flags, environment, path)
  const headers = signRequest(
    { method, url: url.pathname + url.search, headers: { host: url.host, ...request.headers }, body },
    credentialsOf(environment, service),
    { region, service, time: wallClock.now() },
  )
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, { method, headers, signal, ...(body === '' ? {} : { body }) }).catch(
    (cause: unknown) => {
      throw new Unanswered(whyUnanswered(url, cause, timeoutMs), { cause })
    },
  )
  const problem = misplaced(url, {
    path,
    status: response.status,
    code: response.headers.get('x-amzn-errortype') ?? undefined,
  })
  if (problem !== undefined) throw new CallProblem(problem)
  return { url, response }
}

/** The Region that calls are signed for. @throws {ConfigProblem} */
export const regionOfCalls = (flags: SignedRequest['flags'], environment: Environment): string =>
  placeOf(flags, environment, '').region

interface Place {
  readonly url: URL
  readonly region: string
}

function placeOf(flags: SignedCall<unknown>['flags'], environment: Environment, path: string): Place {
  const { AWS_ENDPOINT_URL_SECRETS_MANAGER: ofService, AWS_ENDPOINT_URL: ofAll } = environment
  // An empty variable is as good as none.
  const given = flags.url ?? [ofAll, ofService].find((url) => url !== undefined && url !== '') ?? DEFAULT_URL
  const text = urlInRegion(given, flags.region ?? regionOfEnvironment(environment) ?? 'us-east-1')
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new ConfigProblem(
      `--url (AWS_ENDPOINT_URL) is ${JSON.stringify(text)}, expected a URL such as ${DEFAULT_URL}`,
    )
  try {
    const endpoint = parseEndpoint(text)
    const region = regionFor(endpoint, flags.region) ?? regionOfEnvironment(environment)
    return { url: new URL(endpoint + path), region: region ?? 'us-east-1' }
  } catch (error) {
    if (error instanceof EndpointProblem) throw new ConfigProblem(error.message, { cause: error })
    throw error
  }
}

const REGION_AND_URL = /^([a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4})=(.*)$/

/** Deployments in several Regions are one Coffer to whoever calls it: `{region}` stands for the Region, or each has a URL of its own. @throws {ConfigProblem} */
function urlInRegion(given: string, region: string): string {
  if (!REGION_AND_URL.test(given)) return given.replaceAll('{region}', region)
  const urls = new Map(
    given.split(',').map((each) => {
      const [, name, url] = REGION_AND_URL.exec(each) ?? []
      if (name === undefined || url === undefined)
        throw new ConfigProblem(
          `--url (AWS_ENDPOINT_URL) has ${JSON.stringify(each)}, expected a Region and its URL, such as us-east-1=https://example.com`,
        )
      return [name, url] as const
    }),
  )
  const url = urls.get(region)
  if (url === undefined)
    throw new ConfigProblem(`--url (AWS_ENDPOINT_URL) has no URL for ${region}: it has ${[...urls.keys()].join(', ')}`)
  return url
}

const regionOfEnvironment = ({ AWS_REGION, AWS_DEFAULT_REGION }: Environment): string | undefined =>
  AWS_REGION ?? AWS_DEFAULT_REGION

function credentialsOf(environment: Environment, service: string): SigningCredentials {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  const sessionToken = environment.AWS_SESSION_TOKEN
  if (!accessKeyId || !secretAccessKey) throw new ConfigProblem(lackingCredentials(environment, service))
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

/** Its own calls (`coffer`) are for the admin alone. */
function lackingCredentials({ AWS_PROFILE }: Environment, service: string): string {
  const whose =
    service === 'coffer' ? 'the admin access key' : 'an access key of the admin, or of anybody whom policies let'
  const profile = AWS_PROFILE
    ? ': AWS_PROFILE is not read. `eval "$(aws configure export-credentials --format env)"` sets them from it'
    : ': profiles (AWS_PROFILE, ~/.aws) are not read'
  return `AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set to ${whose}${profile}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
