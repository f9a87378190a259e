/**
 * `coffer login`: signs in at a running Coffer and prints lines for a shell to evaluate, with the temporary credentials in them.
 * @module
 */
import { z } from 'zod'
import { ConfigProblem, type Environment } from '../config.ts'
import { CallProblem } from './signed-call.ts'
import { linesOf } from './env.ts'
import type { SecretInput } from './secret-input.ts'

export interface LoginFlags {
  readonly user: string
  readonly account?: string
  readonly mfa?: boolean
  readonly duration?: string
  readonly url?: string
  readonly shell?: string
}

export interface LoginSurroundings {
  readonly environment: Environment
  readonly input: SecretInput
}

const DEFAULT_URL = 'http://127.0.0.1:7766'
const TIMEOUT_MS = 60_000
const answerSchema = z.object({
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  sessionToken: z.string(),
})
const errorSchema = z.object({ __type: z.string(), message: z.string() })

/** @returns lines, one per variable. @throws {ConfigProblem} {CallProblem} */
export async function login(flags: LoginFlags, { environment, input }: LoginSurroundings): Promise<string> {
  const url = urlOf(flags.url ?? environment.AWS_ENDPOINT_URL ?? DEFAULT_URL)
  const asked = { shell: flags.shell, environment }
  // Before anybody types: the shell may be one that is not known.
  linesOf([], asked)
  const { user, account, mfa, duration } = flags
  const durationSeconds = durationOf(duration)
  const password = await input.ask(`Password of ${JSON.stringify(user)}`)
  const code = mfa === true ? (await input.ask('MFA code')).trim() : undefined
  const answer = await call(url, { user, account, password, code, durationSeconds })
  const { accessKeyId, secretAccessKey, sessionToken } = answer
  return linesOf(
    [
      ['AWS_ENDPOINT_URL', url.origin],
      ['AWS_ACCESS_KEY_ID', accessKeyId],
      ['AWS_SECRET_ACCESS_KEY', secretAccessKey],
      ['AWS_SESSION_TOKEN', sessionToken],
      // A profile would win over these.
      ['AWS_PROFILE', undefined],
    ],
    asked,
  )
}

async function call(url: URL, input: object): Promise<z.output<typeof answerSchema>> {
  const response = await send(url, input)
  const answer = parseJson(await response.text())
  const { success, data } = answerSchema.safeParse(answer)
  if (response.ok && success) return data
  const problem = errorSchema.safeParse(answer)
  throw new CallProblem(
    problem.success
      ? `${problem.data.__type}: ${problem.data.message}`
      : `${url.origin} answered with status ${response.status}: is it a Coffer?`,
  )
}

async function send(url: URL, input: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
      // The password goes there and nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (cause) {
    throw new CallProblem(`${url.origin} cannot be reached. Name a running Coffer with --url or AWS_ENDPOINT_URL.`, {
      cause,
    })
  }
}

function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : NaN
  if (seconds >= 900 && seconds <= 129_600) return seconds
  throw new ConfigProblem(`--duration is ${JSON.stringify(text)}, expected 900 to 129600 seconds`)
}

function urlOf(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigProblem(
      `--url (AWS_ENDPOINT_URL) is ${JSON.stringify(text)}, expected a URL such as ${DEFAULT_URL}`,
    )
  return new URL('/_coffer/sign-in', url.origin)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
