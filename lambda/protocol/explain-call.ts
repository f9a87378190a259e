/**
 * The calls `explain` and `who-can`: JSON in, JSON out, beside the API of Secrets Manager. Who may call them is for the place to say: the admin embedded, whom policies allow
 * `coffer:ExplainAccess` on AWS.
 * @module
 */
import { ServiceError } from '../core/domain/errors.ts'
import { operations } from '../core/operations/index.ts'
import {
  explainAccess,
  operationOfAction,
  whoCan,
  type AccessSubject,
  type ExplainMeans,
} from '../core/explain-access.ts'
import type { WireRequest, WireResponse } from './wire.ts'

export const EXPLAIN_PATHS = { explain: '/_coffer/explain', whoCan: '/_coffer/who-can' } as const

export type ExplainCall = keyof typeof EXPLAIN_PATHS

const JSON_TYPE = 'application/json'

/** A request that cannot be understood; the message says what was expected. */
export class ExplainProblem extends Error {
  override readonly name = 'ExplainProblem'
}

export interface ExplainRequest {
  readonly subject: AccessSubject
  /** ARN of the principal; absent where all are asked about. */
  readonly principal: string | undefined
}

/** @throws {ExplainProblem} */
export function parseExplainRequest(call: ExplainCall, { body, principal, region }: WireRequest): ExplainRequest {
  const given = membersOf(body)
  for (const name of Object.keys(given))
    if (!MEMBERS.includes(name)) throw new ExplainProblem(`there is no member ${name}; known are ${MEMBERS.join(', ')}`)
  const action = textOf(given, 'action')
  const operation = action === undefined ? undefined : operationOfAction(action)
  if (operation === undefined)
    throw new ExplainProblem(
      `action must be an action of Secrets Manager, such as secretsmanager:GetSecretValue; ${JSON.stringify(action?.slice(0, 64) ?? '')} is none`,
    )
  const secretId = textOf(given, 'secret')
  if (secretId === undefined && operations[operation]?.resource === 'secret' && operation !== 'ValidateResourcePolicy')
    throw new ExplainProblem(`secret must be given: ${operation} is about one`)
  const who = textOf(given, 'principal')
  if (call === 'explain' && who === undefined)
    throw new ExplainProblem('principal must be the ARN of a user, a role, a session of a role, or an account root')
  const home = { account: principal.account, region: textOf(given, 'region') ?? regionIn(secretId) ?? region }
  const subject = {
    action: operation,
    home,
    given: contextOf(given.context),
    ...(secretId !== undefined && { secretId }),
  }
  return { subject, principal: who }
}

/** @throws what goes wrong underneath */
export async function answerExplain(
  means: ExplainMeans,
  call: ExplainCall,
  { subject, principal }: ExplainRequest,
): Promise<WireResponse> {
  const operation = call === 'explain' ? 'Explain' : 'WhoCan'
  try {
    if (call === 'whoCan' || principal === undefined) return answer(operation, await whoCan(means, subject))
    const found = await means.authorizer.directory.principalFor(principal)
    if (found === undefined)
      return refuseExplain(
        operation,
        'NoSuchEntity',
        `There is no principal ${principal} that is known here; expected the ARN of a user, a role, a session of a role, or the root of an account.`,
      )
    const isImagined = /:iam::\d{12}:role\//.test(principal)
    return answer(operation, await explainAccess(means, subject, { principal: found, isImagined }))
  } catch (error) {
    if (error instanceof ServiceError) return refuseExplain(operation, error.code, error.message)
    throw error
  }
}

export function refuseExplain(operation: string, code: string, message: string): WireResponse {
  return {
    status: 400,
    headers: { 'content-type': JSON_TYPE, 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
    report: { operation, code },
  }
}

const answer = (operation: string, result: object): WireResponse => ({
  status: 200,
  headers: { 'content-type': JSON_TYPE },
  body: JSON.stringify(result),
  report: { operation },
})

/** An ARN says where its secret is. */
const regionIn = (secretId = ''): string | undefined => /^arn:[^:]*:secretsmanager:([a-z0-9-]+):/.exec(secretId)?.[1]

const MEMBERS = ['principal', 'action', 'secret', 'region', 'context']

type Members = Readonly<Record<string, unknown>>

function membersOf(body: Buffer): Members {
  let given: unknown
  try {
    given = JSON.parse(body.toString('utf8'))
  } catch {
    throw new ExplainProblem('the body must be JSON')
  }
  if (!isObject(given)) throw new ExplainProblem('the body must be a JSON object')
  return given
}

function textOf(given: Members, name: string): string | undefined {
  const value = given[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '') throw new ExplainProblem(`${name} must be a text`)
  return value
}

function contextOf(given: unknown): AccessSubject['given'] {
  if (given === undefined) return {}
  if (!isObject(given)) throw new ExplainProblem('context must be an object of condition keys')
  const context: Record<string, string | readonly string[] | null> = {}
  for (const [key, value] of Object.entries(given)) context[key] = valueIn(value, key)
  return context
}

function valueIn(value: unknown, key: string): string | readonly string[] | null {
  if (value === null || typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((one: unknown) => textIn(one, key))
  throw new ExplainProblem(`${key} must be a text, a list of texts, or null for a key that the request does not have`)
}

function textIn(value: unknown, key: string): string {
  if (typeof value === 'string') return value
  throw new ExplainProblem(`${key} must be a text or a list of texts`)
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
