/**
 * What managed rotation says when a step fails. The name serves as the error type that a Lambda function reports; the message names host, port, user and the database's own code, and never
 * holds a value of a secret or a text of a driver.
 * @module
 */
import { ServiceError, type ErrorCode } from '../core/domain/errors.ts'

export type RotationErrorName =
  /** The event is not one of a rotation that runs: rotation is off, or the version is not staged. */
  | 'RotationNotEnabled'
  | 'VersionNotPending'
  | 'BadEvent'
  /** Settings of the rotation or the JSON of the secret. */
  | 'BadSettings'
  | 'BadSecretValue'
  | 'AdminSecretNotUsable'
  /** The database. */
  | 'DatabaseUnreachable'
  | 'HostNotAllowed'
  | 'DatabaseRefused'
  | 'OldPasswordRefused'
  | 'AdminPasswordRefused'
  | 'PendingPasswordRefused'
  | 'WebhookFailed'
  /** The step had no more time, or Coffer is being stopped. */
  | 'TimedOut'
  | 'Stopped'
  | 'ManagedRotationFault'
  /** The API's own errors keep their codes. */
  | ErrorCode

export class RotationError extends Error {
  override readonly name: RotationErrorName

  constructor(name: RotationErrorName, message: string) {
    super(message)
    this.name = name
  }

  /** Of anything unknown only the class and the code are taken over: its message may quote a statement or a value. No `cause` either, since causes are logged. */
  static from(error: unknown): RotationError {
    if (error instanceof RotationError) return error
    if (error instanceof ServiceError) return new RotationError(error.code, error.message)
    return new RotationError('ManagedRotationFault', `Managed rotation broke with ${kindOf(error)}.`)
  }
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error'
  const code = codeOf(error)
  const name = /^\w{1,40}$/.test(error.name) ? error.name : 'Error'
  return code === undefined ? name : `${name} (${code})`
}

/** A code as Node and the drivers give them, `ECONNREFUSED` or `28P01`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^[A-Z0-9_]{1,50}$/.test(code) ? code : undefined
}

/** To be compared with, never to be taken over. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
    ? error.message
    : ''
