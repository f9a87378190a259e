/**
 * Who is asking: what authentication proved about the caller of one request.
 * @module
 */
export interface Principal {
  /** Twelve digits. */
  readonly account: string
  /** ARN of the user, the assumed-role session or the account root. */
  readonly arn: string
  /** The unique id (AIDA..., AROA...:session) that policies and audit records name. */
  readonly userId: string
  readonly accessKeyId: string
}
