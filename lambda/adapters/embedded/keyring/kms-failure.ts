/**
 * KMS's errors: one class, and every text that a caller can see. Texts name keys and aliases, never material or plaintext.
 * @module
 */

export type KmsCode =
  | 'AccessDeniedException'
  | 'AlreadyExistsException'
  | 'DisabledException'
  | 'DryRunOperationException'
  | 'IncorrectKeyException'
  | 'InvalidAliasNameException'
  | 'InvalidArnException'
  | 'InvalidCiphertextException'
  | 'InvalidKeyUsageException'
  | 'InvalidMarkerException'
  | 'KMSInternalException'
  | 'KMSInvalidStateException'
  | 'LimitExceededException'
  | 'MalformedPolicyDocumentException'
  | 'NotAuthorizedException'
  | 'NotFoundException'
  | 'TagException'
  | 'UnsupportedOperationException'
  | 'ValidationException'

export class KmsFailure extends Error {
  override readonly name = 'KmsFailure'
  readonly code: KmsCode
  /** ARN that the caller has no right to; the wire names it together with the caller and the action. */
  readonly forbidden: string | undefined

  constructor(code: KmsCode, message: string, forbidden?: string) {
    super(message)
    this.code = code
    this.forbidden = forbidden
  }
}

/** Longest piece of a caller's own text that an error repeats. */
const ECHO_LIMIT = 256

const excerpt = (text: string): string => text.slice(0, ECHO_LIMIT).toWellFormed()

export const keyNotFound = (arn: string): KmsFailure =>
  new KmsFailure('NotFoundException', `Key '${arn}' does not exist`)

export const aliasNotFound = (arn: string): KmsFailure =>
  new KmsFailure('NotFoundException', `Alias ${arn} is not found.`)

export const invalidKeyId = (keyId: string): KmsFailure =>
  new KmsFailure('NotFoundException', `Invalid keyId '${excerpt(keyId)}'`)

export const invalidArn = (arn: string): KmsFailure =>
  new KmsFailure('InvalidArnException', `Invalid arn ${excerpt(arn)}`)

/** KMS looks only in the Region that was asked. */
export const otherRegion = (region: string): KmsFailure => new KmsFailure('NotFoundException', `Invalid arn ${region}`)

export const forbiddenKey = (arn: string): KmsFailure =>
  new KmsFailure('AccessDeniedException', `Access to ${arn} is not allowed.`, arn)

export const foreignCiphertext = (): KmsFailure =>
  new KmsFailure(
    'AccessDeniedException',
    'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  )

/**
 * The only answer to a ciphertext that does not open: cut, damaged, of an unknown version, under another key's material or under another
 * encryption context. Telling them apart would tell a forger how far a forgery got (NIST SP 800-38D section 7.2: only FAIL is returned).
 */
export const invalidCiphertext = (): KmsFailure =>
  new KmsFailure(
    'InvalidCiphertextException',
    'The ciphertext is damaged, or it was not made with this key and encryption context.',
  )

export const incorrectKey = (): KmsFailure =>
  new KmsFailure(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  )

export const keyDisabled = (arn: string): KmsFailure => new KmsFailure('DisabledException', `${arn} is disabled.`)

export const invalidState = (arn: string, state: string): KmsFailure =>
  new KmsFailure('KMSInvalidStateException', `${arn} is ${state}.`)

/** The file holds other bytes than were written: nothing a caller can mend. */
export const damagedMaterial = (arn: string): KmsFailure =>
  new KmsFailure('KMSInternalException', `The key material of ${arn} cannot be opened.`)

export const unsupported = (message: string): KmsFailure => new KmsFailure('UnsupportedOperationException', message)

export const refused = (message: string): KmsFailure => new KmsFailure('ValidationException', message)

export const reservedAlias = (): KmsFailure =>
  new KmsFailure('NotAuthorizedException', 'Alias names that begin with alias/aws/ are reserved for AWS managed keys.')

export const aliasExists = (arn: string): KmsFailure =>
  new KmsFailure('AlreadyExistsException', `An alias with the name ${arn} already exists`)
