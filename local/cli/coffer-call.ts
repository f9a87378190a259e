/**
 * Calls of a running Coffer about one secret: operations of the API, and those under `/_coffer/`. What it refuses keeps its code.
 * @module
 */
import { z } from 'zod'
import type { Environment } from '../config.ts'
import { CallProblem, noCoffer, sendSigned } from './signed-call.ts'

export interface PlaceFlags {
  readonly url?: string
  readonly region?: string
}

/** Which Coffer, and as whom. */
export interface CofferPlace {
  readonly flags: PlaceFlags
  readonly environment: Environment
}

/** Coffer said no. */
export class Refusal extends CallProblem {
  readonly code: string

  constructor(code: string, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

/** By the operation's own path, which serves embedded and on AWS. @throws {ConfigProblem} {CallProblem} */
export function callOperation<T>(
  place: CofferPlace,
  operation: string,
  { input, schema }: { readonly input: object; readonly schema: z.ZodType<T> },
): Promise<T> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `secretsmanager.${operation}` }
  return send(place, { path: `/${operation}`, headers, body: input, schema })
}

/** @throws {ConfigProblem} {CallProblem} */
export function callRotation<T>(
  place: CofferPlace,
  call: 'show' | 'resume' | 'abort',
  { secret, schema }: { readonly secret: string; readonly schema: z.ZodType<T> },
): Promise<T> {
  const { region } = place.flags
  const body = { secret, ...(region !== undefined && { region }) }
  return callOwn(place, `/_coffer/rotation/${call}`, { body, schema })
}

/** A call of Coffer's own. @throws {ConfigProblem} {CallProblem} */
export function callOwn<T>(
  place: CofferPlace,
  path: `/_coffer/${string}`,
  { body, schema }: { readonly body: object; readonly schema: z.ZodType<T> },
): Promise<T> {
  return send(place, { path, headers: { 'content-type': 'application/json' }, body, schema })
}

interface Call<T> {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
  readonly schema: z.ZodType<T>
}

/** API Gateway writes `Message`, the embedded server `message`. */
const errorSchema = z.object({ __type: z.string(), message: z.string().optional(), Message: z.string().optional() })

async function send<T>({ flags, environment }: CofferPlace, call: Call<T>): Promise<T> {
  const { path, headers, body: input, schema } = call
  const body = JSON.stringify(input)
  const request = { method: 'POST', path, headers, body, flags, environment, service: 'execute-api' }
  const { url, response } = await sendSigned(request)
  const answer = parseJson(await response.text().catch(() => ''))
  const parsed = schema.safeParse(answer)
  if (response.ok && parsed.success) return parsed.data
  const problem = errorSchema.safeParse(answer)
  if (!problem.success) throw noCoffer(url, response)
  const { __type, message, Message } = problem.data
  throw new Refusal(__type, message ?? Message ?? 'no reason was given')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
