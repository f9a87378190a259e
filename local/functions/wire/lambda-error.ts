/**
 * The errors of Lambda, in its words: one maker for each (Lambda API reference, "Errors" of each operation).
 * @module
 */
import type { WireResponse } from '../../../lambda/protocol/wire.ts'
import type { CallReport } from '../../../lambda/protocol/wire.ts'

const STATUS = {
  AccessDeniedException: 403,
  CodeStorageExceededException: 400,
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  PolicyLengthExceededException: 400,
  PreconditionFailedException: 412,
  RequestTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  ServiceException: 500,
  TooManyRequestsException: 429,
  UnknownOperationException: 404,
  ValidationException: 400,
} as const satisfies Record<string, number>

export type LambdaErrorCode = keyof typeof STATUS

export class LambdaError extends Error {
  override readonly name = 'LambdaError'
  readonly code: LambdaErrorCode
  /** For the log alone: which policies decided, and why. */
  readonly reason: string | undefined
  /** Further members of the error. */
  readonly members: Readonly<Record<string, string>>

  constructor(
    code: LambdaErrorCode,
    message: string,
    { reason, members = {} }: { readonly reason?: string; readonly members?: Readonly<Record<string, string>> } = {},
  ) {
    super(message)
    this.code = code
    this.reason = reason
    this.members = members
  }
}

export function lambdaErrorResponse(error: LambdaError, report: CallReport): WireResponse {
  const { code, message, reason, members } = error
  return errorAnswer(
    { status: STATUS[code], code, message, members },
    { ...report, code, ...(reason !== undefined && { reason }) },
  )
}

export interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly members?: Readonly<Record<string, string>>
}

/** Both cases of `message`: Lambda itself uses the one for some errors and the other for the rest. */
export function errorAnswer({ status, code, message, members = {} }: ErrorAnswer, report: CallReport): WireResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ Type: status < 500 ? 'User' : 'Service', Message: message, message, ...members }),
    report,
  }
}

export const invalid = (message: string): LambdaError => new LambdaError('InvalidParameterValueException', message)
export const notOffered = (what: string): LambdaError =>
  invalid(`${what} cannot be had here: Coffer runs Zip packages of Node.js and Python on $LATEST (docs/functions.md).`)

export const noSuchFunction = (arn: string): LambdaError =>
  new LambdaError('ResourceNotFoundException', `Function not found: ${arn}`)
export const noSuchResource = (): LambdaError =>
  new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.')
export const noSuchStatement = (id: string): LambdaError =>
  new LambdaError('ResourceNotFoundException', `Statement ${id} is not found in resource policy.`)
export const otherRegion = (asked: string, here: string): LambdaError =>
  new LambdaError('ResourceNotFoundException', `Functions from '${asked}' are not reachable in this region ('${here}')`)

export const functionExists = (name: string): LambdaError =>
  new LambdaError('ResourceConflictException', `Function already exist: ${name}`)
export const statementExists = (id: string): LambdaError =>
  new LambdaError(
    'ResourceConflictException',
    `The statement id (${id}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
  )

export const otherRevision = (): LambdaError =>
  new LambdaError(
    'PreconditionFailedException',
    'The RevisionId provided does not match the latest RevisionId. Call the GetFunction API to retrieve the latest RevisionId',
  )
export const policyTooLong = (size: number, limit: number): LambdaError =>
  new LambdaError(
    'PolicyLengthExceededException',
    `The final policy size (${size}) is bigger than the limit (${limit}).`,
  )
export const notAssumable = (): LambdaError => invalid('The role defined for the function cannot be assumed by Lambda.')
export const requestTooLarge = (limit: number): LambdaError =>
  new LambdaError(
    'RequestTooLargeException',
    `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
  )
export const throttled = (): LambdaError =>
  new LambdaError('TooManyRequestsException', 'Rate Exceeded.', {
    members: { Reason: 'ConcurrentInvocationLimitExceeded' },
  })
