/**
 * The errors of the query APIs: their codes, and the statuses that go with them ("Common error types" and the errors of each operation in the IAM and STS API references).
 * @module
 */
export const queryErrorStatus = {
  AccessDenied: 403,
  ConcurrentModification: 409,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  EntityTemporarilyUnmodifiable: 409,
  InvalidAction: 400,
  InvalidAuthenticationCode: 403,
  InvalidClientTokenId: 403,
  InvalidInput: 400,
  InvalidParameterValue: 400,
  LimitExceeded: 409,
  MalformedInput: 400,
  MalformedPolicyDocument: 400,
  MissingAction: 400,
  NoSuchEntity: 404,
  PackedPolicyTooLarge: 400,
  PasswordPolicyViolation: 400,
  Throttling: 400,
  UnmodifiableEntity: 400,
  ValidationError: 400,
} as const satisfies Record<string, number>

export type QueryErrorCode = keyof typeof queryErrorStatus

export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly code: QueryErrorCode
  /** For the log alone: which policies decided, and why. */
  readonly reason: string | undefined

  constructor(code: QueryErrorCode, message: string, reason?: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}
