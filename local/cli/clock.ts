/**
 * `coffer clock`: a signed call to `/_coffer/clock` of a running server.
 * @module
 */
import { z } from 'zod'
import { wallClock } from '../clock.ts'
import { ConfigProblem, type Environment } from '../config.ts'
import { parseDuration, parseIsoTime } from '../duration.ts'
import { signRequest, type SigningCredentials } from '../sigv4/sign.ts'

export interface ClockFlags {
  readonly advance?: string
  readonly to?: string
  readonly url?: string
}

/** The server could not be reached, or did not do what it was asked. */
export class CallProblem extends Error {
  override readonly name = 'CallProblem'
}

const DEFAULT_URL = 'http://127.0.0.1:7766'
const PATH = '/_coffer/clock'
/** A move waits for everything that falls due, such as thousands of purges. */
const TIMEOUT_MS = 300_000
const answerSchema = z.object({ now: z.string() })
const errorSchema = z.object({ __type: z.string(), message: z.string() })

/** @returns the time after the move, as a line. @throws {ConfigProblem} {CallProblem} */
export async function moveClock(flags: ClockFlags, environment: Environment): Promise<string> {
  const body = bodyOf(flags)
  const { url, response } = await call(flags, environment, body)
  const answer = parseJson(await response.text())
  const { success, data } = answerSchema.safeParse(answer)
  if (response.ok && success) return `${data.now}\n`
  const problem = errorSchema.safeParse(answer)
  throw new CallProblem(
    problem.success
      ? `${problem.data.__type}: ${problem.data.message}`
      : `${url.origin} answered with status ${response.status}: is it a Coffer?`,
  )
}

async function call(
  flags: ClockFlags,
  environment: Environment,
  body: string,
): Promise<{ readonly url: URL; readonly response: Response }> {
  const url = urlOf(flags.url ?? environment.AWS_ENDPOINT_URL ?? DEFAULT_URL)
  const method = body === '' ? 'GET' : 'POST'
  const headers = signRequest({ method, url: PATH, headers: { host: url.host }, body }, credentialsOf(environment), {
    region: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1',
    service: 'coffer',
    time: wallClock.now(),
  })
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return { url, response: await fetch(url, { method, headers, signal, ...(body === '' ? {} : { body }) }) }
  } catch (cause) {
    throw new CallProblem(`${url.origin} cannot be reached. Name a running Coffer with --url or AWS_ENDPOINT_URL.`, {
      cause,
    })
  }
}

/** Empty: only tell the time. */
function bodyOf({ advance, to }: ClockFlags): string {
  if (advance !== undefined && to !== undefined)
    throw new ConfigProblem('--advance and --to were both given: expected one of them')
  if (advance !== undefined && parseDuration(advance) === undefined)
    throw new ConfigProblem(
      `--advance is ${JSON.stringify(advance)}, expected a duration such as 30d, 12h, PT90M or a number of seconds`,
    )
  if (to !== undefined && parseIsoTime(to) === undefined)
    throw new ConfigProblem(`--to is ${JSON.stringify(to)}, expected an ISO 8601 time such as 2026-01-31T12:00:00Z`)
  if (advance !== undefined) return JSON.stringify({ advance })
  return to === undefined ? '' : JSON.stringify({ to })
}

function urlOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigProblem(
      `--url (AWS_ENDPOINT_URL) is ${JSON.stringify(text)}, expected a URL such as ${DEFAULT_URL}`,
    )
  return new URL(PATH, url.origin)
}

function credentialsOf(environment: Environment): SigningCredentials {
  const accessKeyId = environment.AWS_ACCESS_KEY_ID
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY
  const sessionToken = environment.AWS_SESSION_TOKEN
  if (!accessKeyId || !secretAccessKey)
    throw new ConfigProblem('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set to the admin access key')
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
