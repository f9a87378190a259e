/**
 * How API Gateway fails by itself: the kinds of gateway response, their default status and message, and how a template restyles them
 * ("Gateway response types", API Gateway developer guide).
 * @module
 */
import { SandboxProblem } from '../json.ts'
import type { Api } from './api.ts'

export type FailureType =
  | 'ACCESS_DENIED'
  | 'API_CONFIGURATION_ERROR'
  | 'EXPIRED_TOKEN'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'INVALID_SIGNATURE'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'REQUEST_TOO_LARGE'
  | 'DEFAULT_4XX'
  | 'DEFAULT_5XX'

export interface Failure {
  readonly type: FailureType
  readonly status: number
  readonly message: string
  /** What API Gateway itself puts into `x-amzn-ErrorType`. */
  readonly errorType: string
}

/** What `$context.` gives in a gateway response. */
export interface FailureContext {
  readonly requestId: string
  readonly extendedRequestId: string
  readonly apiId: string
  readonly stage: string
  readonly httpMethod: string
  readonly resourcePath: string
  readonly path: string
  readonly accountId: string
  readonly requestTimeEpoch: string
}

export interface HttpAnswer {
  readonly status: number
  /** Name, value. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

export function renderFailure(api: Api, failure: Failure, context: FailureContext): HttpAnswer {
  const { type, status, errorType } = failure
  const fallback = api.responses.get(status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX')
  const response = api.responses.get(type) ?? fallback
  const fill = (template: string): string => substitute(template, failure, context)
  const [contentType, template] = Object.entries(response?.templates ?? {})[0] ?? [
    'application/json',
    '{"message":$context.error.messageString}',
  ]
  const own = Object.entries(response?.headers ?? {}).map(
    ([name, expression]) => [name, headerValue(expression, fill)] as const,
  )
  const isOwn = (name: string): boolean => own.some(([each]) => each.toLowerCase() === name)
  const standard = [
    ['content-type', contentType],
    ['x-amzn-ErrorType', errorType],
  ] as const
  return {
    // A status that only the fallback sets holds for what has no response of its own.
    status: response?.status ?? status,
    headers: [...standard.filter(([name]) => !isOwn(name.toLowerCase())), ...own],
    body: Buffer.from(fill(template), 'utf8'),
  }
}

function headerValue(expression: string, fill: (template: string) => string): string {
  const literal = /^'(.*)'$/s.exec(expression)?.[1]
  if (literal !== undefined) return literal
  if (expression.startsWith('context.')) return fill(`$${expression}`)
  throw new SandboxProblem(`A gateway response has the header value ${expression}, which the sandbox does not know`)
}

/** Gateway responses know simple variables only, no template language. */
function substitute(template: string, { type, message }: Failure, context: FailureContext): string {
  const { accountId, ...plain } = context
  const variables: Readonly<Record<string, string>> = {
    ...plain,
    'identity.accountId': accountId,
    'error.message': message,
    'error.messageString': JSON.stringify(message),
    'error.responseType': type,
  }
  return template.replace(
    /\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)|\$\{context\.([A-Za-z.]+)\}/g,
    (_, bare?: string, braced?: string) => {
      const name = bare ?? braced ?? ''
      const value = variables[name]
      if (value === undefined)
        throw new SandboxProblem(`A gateway response uses $context.${name}, which the sandbox does not know`)
      return value
    },
  )
}

// The texts are API Gateway's own.

export const missingToken: Failure = {
  type: 'MISSING_AUTHENTICATION_TOKEN',
  status: 403,
  message: 'Missing Authentication Token',
  errorType: 'MissingAuthenticationTokenException',
}

/** The restyled types know no kind for it; API Gateway answers with its own code. */
export const unknownClient: Failure = {
  type: 'DEFAULT_4XX',
  status: 403,
  message: 'The security token included in the request is invalid.',
  errorType: 'UnrecognizedClientException',
}

export const expiredToken: Failure = {
  type: 'EXPIRED_TOKEN',
  status: 403,
  message: 'The security token included in the request is expired',
  errorType: 'ExpiredTokenException',
}

export const invalidSignature = (message: string): Failure => ({
  type: 'INVALID_SIGNATURE',
  status: 403,
  message,
  errorType: 'InvalidSignatureException',
})

export const incompleteSignature = (message: string): Failure => ({
  type: 'DEFAULT_4XX',
  status: 403,
  message,
  errorType: 'IncompleteSignatureException',
})

export const notAuthorized = (user: string, resource: string): Failure => ({
  type: 'ACCESS_DENIED',
  status: 403,
  message: `User: ${user} is not authorized to perform: execute-api:Invoke on resource: ${resource}`,
  errorType: 'AccessDeniedException',
})

export const requestTooLarge: Failure = {
  type: 'REQUEST_TOO_LARGE',
  status: 413,
  message: 'Request Too Long',
  errorType: 'RequestTooLargeException',
}

export const integrationTimeout: Failure = {
  type: 'INTEGRATION_TIMEOUT',
  status: 504,
  message: 'Endpoint request timed out',
  errorType: 'InternalServerErrorException',
}

/** 502: the function failed or answered in another form. 500: it could not be invoked. */
export const integrationFailure = (status: 500 | 502): Failure => ({
  type: 'INTEGRATION_FAILURE',
  status,
  message: 'Internal server error',
  errorType: 'InternalServerErrorException',
})

export const configurationError: Failure = {
  type: 'API_CONFIGURATION_ERROR',
  status: 500,
  message: 'Internal server error',
  errorType: 'InternalServerErrorException',
}
