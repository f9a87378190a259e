/**
 * Calls of Coffer's own beside the API of Secrets Manager: JSON in, JSON out, about one secret in one Region. The same embedded and on AWS.
 * @module
 */
import { ServiceError } from '../core/domain/errors.ts'
import { errorAnswer } from './service.ts'
import type { CallReport, WireRequest, WireResponse } from './wire.ts'

/** What every request has: `{"secret": "db", "region": "eu-central-1"}`. */
export interface OwnRequest {
  readonly secretId: string
  readonly region: string
  /** The call's own members, as they are. */
  readonly members: Readonly<Record<string, unknown>>
}

export interface OwnCallPlace {
  /** The only Region that is served; absent: all are. */
  readonly region?: string | undefined
  /** What the calls are about, for the refusal of another Region: `rotations`. */
  readonly subject: string
}

export interface OwnOperation {
  /** For the log, such as `ShowRotation`. */
  readonly name: string
  /** Names of the call's own members; others are refused. */
  readonly members?: readonly string[]
  /** The ARN of a secret in another Region is fine: it is the one in `region` that is meant. */
  readonly takesArnOfAnyRegion?: boolean
  readonly run: (request: OwnRequest) => Promise<{ readonly secret: string }>
}

export async function answerOwnCall(
  { region: served, subject }: OwnCallPlace,
  { name, run, ...expected }: OwnOperation,
  request: WireRequest,
): Promise<WireResponse> {
  const report = { operation: name }
  try {
    const parsed = parseRequest(request, expected)
    if (served !== undefined && parsed.region !== served)
      throw invalid(`This Coffer looks after ${subject} in ${served}: one in ${parsed.region} is for the Coffer there`)
    const answer = await run(parsed)
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer),
      report: { ...report, resource: answer.secret } satisfies CallReport,
    }
  } catch (error) {
    return errorAnswer(error, report)
  }
}

/** @throws {ServiceError} ValidationException, which says what was expected */
function parseRequest(
  { method, body, region: signedFor }: WireRequest,
  { members: expected = [], takesArnOfAnyRegion = false }: Pick<OwnOperation, 'members' | 'takesArnOfAnyRegion'>,
): OwnRequest {
  if (method !== 'POST') throw invalid('Requests to this endpoint use the POST method')
  const { secret, region, ...members } = membersOf(body)
  const unknown = Object.keys(members).find((name) => !expected.includes(name))
  if (unknown !== undefined)
    throw invalid(
      `There is no member ${JSON.stringify(unknown.slice(0, 64))}: expected secret and, if need be, ${['region', ...expected].join(', ')}`,
    )
  if (!isName(secret)) throw invalid('secret must be the name or the ARN of a secret')
  if (region !== undefined && !isRegion(region))
    throw invalid('region must be the name of a Region, such as eu-central-1')
  const told = /^arn:[^:]*:secretsmanager:([a-z0-9-]+):/.exec(secret)?.[1]
  if (region !== undefined && told !== undefined && region !== told && !takesArnOfAnyRegion)
    throw invalid(`region is ${region}, but the ARN is of a secret in ${told}`)
  return { secretId: secret, region: region ?? told ?? signedFor, members }
}

const REGION = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/

export const isRegion = (given: unknown): given is string => isName(given) && REGION.test(given)

/** The longest SecretId of the API. */
const isName = (given: unknown): given is string => typeof given === 'string' && given !== '' && given.length <= 2048

function membersOf(body: Buffer): Readonly<Record<string, unknown>> {
  let given: unknown
  try {
    given = JSON.parse(body.toString('utf8'))
  } catch {
    throw invalid('The body must be JSON, such as {"secret": "db"}')
  }
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given }
  throw invalid('The body must be a JSON object, such as {"secret": "db"}')
}

/** @param problem without its final stop */
export const invalid = (problem: string): ServiceError => new ServiceError('ValidationException', `${problem}.`)
