/**
 * The service's errors: one class, one table of codes, and every text that a client can see (behaviour sections 5 to 10). What the
 * specification calls unknown (section 15) is marked `UNK` here and nowhere else.
 * @module
 */

/** Code on the wire -> HTTP status. All client errors are 400 (SM-WIRE-04). */
export const errorStatus = {
  AccessDeniedException: 400,
  DecryptionFailure: 400,
  EncryptionFailure: 400,
  InternalServiceError: 500,
  InvalidNextTokenException: 400,
  InvalidParameterException: 400,
  InvalidRequestException: 400,
  LimitExceededException: 400,
  MalformedPolicyDocumentException: 400,
  PreconditionNotMetException: 400,
  PublicPolicyException: 400,
  ResourceExistsException: 400,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  ValidationException: 400,
} as const

export type ErrorCode = keyof typeof errorStatus

export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
