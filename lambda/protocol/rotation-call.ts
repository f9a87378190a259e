/**
 * The calls under `/_coffer/rotation/`: JSON in, JSON out, beside the API of Secrets Manager. The same embedded and on AWS.
 * @module
 */
import { ServiceError } from '../core/domain/errors.ts'
import { abortRotation, resumeRotation, showRotation } from '../core/rotation/administer.ts'
import type { AdministrationCall, AdministrationMeans } from '../core/rotation/administered-secret.ts'
import { errorAnswer } from './service.ts'
import type { CallReport, WireRequest, WireResponse } from './wire.ts'

export const ROTATION_PATHS = {
  show: '/_coffer/rotation/show',
  resume: '/_coffer/rotation/resume',
  abort: '/_coffer/rotation/abort',
} as const

export type RotationCall = keyof typeof ROTATION_PATHS

export interface RotationCallPlace {
  readonly services: AdministrationMeans
  /** The only Region that is served; absent: all are. */
  readonly region?: string
}

export async function answerRotationCall(
  { services, region: served }: RotationCallPlace,
  call: RotationCall,
  request: WireRequest,
): Promise<WireResponse> {
  const report = { operation: OPERATIONS[call].name }
  try {
    const { secretId, region } = parseRequest(request)
    if (served !== undefined && region !== served)
      throw invalid(`This Coffer looks after rotations in ${served}: one in ${region} is for the Coffer there`)
    const { principal, origin, requestId } = request
    const context = { principal, origin, requestId, region }
    const answer = await OPERATIONS[call].run({ services, context, secretId })
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

interface Operation {
  readonly name: string
  readonly run: (call: AdministrationCall) => Promise<{ readonly secret: string }>
}

const OPERATIONS: Readonly<Record<RotationCall, Operation>> = {
  show: { name: 'ShowRotation', run: showRotation },
  resume: { name: 'ResumeRotation', run: resumeRotation },
  abort: { name: 'AbortRotation', run: abortRotation },
}

interface Asked {
  readonly secretId: string
  readonly region: string
}

/** @throws {ServiceError} ValidationException, which says what was expected */
function parseRequest({ method, body, region: signedFor }: WireRequest): Asked {
  if (method !== 'POST') throw invalid('Requests to this endpoint use the POST method')
  const { secret, region, ...others } = membersOf(body)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw invalid(`There is no member ${JSON.stringify(unknown.slice(0, 64))}: expected secret and, if need be, region`)
  if (!isName(secret)) throw invalid('secret must be the name or the ARN of a secret')
  if (region !== undefined && (!isName(region) || !REGION.test(region)))
    throw invalid('region must be the name of a Region, such as eu-central-1')
  const told = /^arn:[^:]*:secretsmanager:([a-z0-9-]+):/.exec(secret)?.[1]
  if (region !== undefined && told !== undefined && region !== told)
    throw invalid(`region is ${region}, but the ARN is of a secret in ${told}`)
  return { secretId: secret, region: region ?? told ?? signedFor }
}

const REGION = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/

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

const invalid = (problem: string): ServiceError => new ServiceError('ValidationException', `${problem}.`)
