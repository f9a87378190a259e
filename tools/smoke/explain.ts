/**
 * What went wrong in a smoke test, in words that say what to do about it.
 * @module
 */
import { EndpointProblem } from '../../client/index.ts'

/** The service answered, and not with what was expected. The message names no value. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement'
}

/** The request may have been carried out, although there is no good answer to it. */
export function mayHaveBeenDone(error: unknown): boolean {
  const isCutOff = /TimeoutError|ETIMEDOUT|ECONNRESET|EPIPE/.test(named(error))
  return error instanceof Disagreement || isCutOff || (statusOf(error) ?? 0) >= 500
}

/** What to do about it. Never the text of an answer that is not an error of the API. */
export function explain(error: unknown, url: string): string {
  if (error instanceof Disagreement || error instanceof EndpointProblem) return error.message
  const name = named(error)
  // The first line: after a wrong signature API Gateway goes on with all that should have been signed, the session token included.
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/\.$/, '') : ''
  const status = statusOf(error)
  const hint = hintFor(name, message, url)
  const said = `${name}${isOfApi(name) ? `: ${message}` : ''}${status === undefined ? '' : ` (HTTP ${status})`}`
  return hint === undefined ? said : `${said}. ${hint}`
}

/** Errors of the API and of the credential chain. What else answers may say anything. */
function isOfApi(name: string): boolean {
  return /^[A-Z]\w+(?:Exception|Error|Failure)$/.test(name) && name !== 'SyntaxError'
}

const HINTS: readonly (readonly [pattern: RegExp, hint: (url: string) => string])[] = [
  [
    /CredentialsProviderError|Could not load credentials/,
    () => 'No AWS credentials were found: log in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
  [/ExpiredToken|security token .*is expired/i, () => 'The AWS credentials have expired: log in again'],
  [/UnrecognizedClient|InvalidClientTokenId|security token .*is invalid/i, () => 'AWS does not know these credentials'],
  [/Credential should be scoped to a valid region/i, () => 'Name the Region of the API with --region'],
  [/Credential should be scoped to correct service/i, (url) => `${url} is not an API with IAM auth`],
  [/InvalidSignature|SignatureDoesNotMatch/, () => 'The secret access key or the clock of this machine is wrong'],
  [
    /MissingAuthenticationToken|UnknownOperation|ForbiddenException.*Forbidden$/,
    (url) => `There is no such path at ${url}: the URL must have the stage or base path in it, such as /v1`,
  ],
  // The function's refusal, behind the API: it has let the caller in.
  [
    /not authorized to perform: secretsmanager:/,
    () => 'The caller needs this action in its policies; what changes in IAM counts after two or three minutes',
  ],
  [/AccessDenied|not authorized|explicit deny/i, () => 'The caller needs execute-api:Invoke on this API'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|TimeoutError|ETIMEDOUT|EPROTO|CERT|SSL/,
    (url) => `${url} cannot be reached`,
  ],
  [/SyntaxError|Deserialization/, (url) => `What is at ${url} does not answer as Coffer does: is the URL right?`],
]

function hintFor(name: string, message: string, url: string): string | undefined {
  const text = `${name} ${message}`
  return HINTS.find(([pattern]) => pattern.test(text))?.[1](url)
}

/** Errors of sockets have a code, and the first of several attempts to connect is inside. */
export function named(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return named(error.errors[0])
  if (!(error instanceof Error)) return 'an unknown error'
  return 'code' in error && typeof error.code === 'string' && error.name === 'Error' ? error.code : error.name
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata: unknown = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
