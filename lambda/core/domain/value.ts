/**
 * The value in a request (behaviour 3.1, section 4).
 * @module
 */
import { bothValueKinds, tokenMissing, valueTooLong } from './errors.ts'
import { SecretMaterial } from './secret-material.ts'

/** SM-LIMIT-01: bytes; of a string its UTF-8 bytes. The shape check before this one counts characters. */
const MAX_BYTES = 65_536

interface ValueMembers {
  readonly SecretString?: string
  readonly SecretBinary?: Uint8Array
  readonly ClientRequestToken?: string
}

/** @returns undefined when the request has no value @throws {ServiceError} InvalidParameterException, ValidationException */
export function materialOf({ SecretString: text, SecretBinary: binary }: ValueMembers): SecretMaterial | undefined {
  if (text !== undefined && binary !== undefined) throw bothValueKinds()
  if (binary !== undefined) return new SecretMaterial('binary', binary)
  if (text === undefined) return undefined
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > MAX_BYTES) throw valueTooLong()
  return new SecretMaterial('string', bytes)
}

/** SM-TOKEN-01 @throws {ServiceError} InvalidRequestException */
export function requireToken({ ClientRequestToken: token }: ValueMembers): string {
  if (token === undefined) throw tokenMissing('InvalidRequestException')
  return token
}
