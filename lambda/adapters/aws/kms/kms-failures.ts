/**
 * What goes wrong with KMS, as the port has it: trouble that the caller or their key causes is a KeyFailure, in KMS's own words. Everything else (network,
 * timeouts, KMS's own faults, our credentials) is nobody's wrong key and stays an error, which the protocol answers as a server fault.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { KeyFailure, type KeyFailureKind } from '../../../core/ports/key-service.ts'

/**
 * KMS's codes by what they mean for a caller; a code that is not here is a server fault. Among those on purpose: KMSInternalException, KeyUnavailableException
 * and DependencyTimeoutException (5xx, worth a retry), and MalformedPolicyDocumentException and TagException (our own request was wrong).
 */
const kinds: ReadonlyMap<string, KeyFailureKind> = new Map([
  ['AccessDeniedException', 'denied'],
  ['ThrottlingException', 'throttled'],
  ['Throttling', 'throttled'],
  ['TooManyRequestsException', 'throttled'],
  ['RequestLimitExceeded', 'throttled'],
  ['DisabledException', 'unusable'],
  ['IncorrectKeyException', 'unusable'],
  ['InvalidArnException', 'unusable'],
  ['InvalidCiphertextException', 'unusable'],
  ['InvalidKeyUsageException', 'unusable'],
  ['KMSInvalidStateException', 'unusable'],
  // The account's quota of keys is used up: no retry helps, and the text says so.
  ['LimitExceededException', 'unusable'],
  ['NotFoundException', 'unusable'],
  ['UnsupportedOperationException', 'unusable'],
  // The only free text that we send is the caller's KeyId.
  ['ValidationException', 'unusable'],
])

/** Runs a call of KMS. @throws {KeyFailure} or, for what is no trouble with a key, the error itself */
export async function callingKms<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw failureOf(error)
  }
}

/** A failure that is found here, in KMS's words, without asking KMS. */
export function failed(kind: KeyFailureKind, code: string, message: string): KeyFailure {
  return new KeyFailure({ kind, code, message, requestId: randomUUID() })
}

/** One text, whatever is wrong with a blob (NIST SP 800-38D section 7.2). */
export const invalidCiphertext = (): KeyFailure =>
  failed(
    'unusable',
    'InvalidCiphertextException',
    'The ciphertext is damaged, or it was not made with this key and encryption context.',
  )

export const incorrectKey = (): KeyFailure =>
  failed(
    'unusable',
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  )

/** SM-KMS-09 */
export const serviceKeyNamed = (keyArn: string): KeyFailure =>
  failed('denied', 'AccessDeniedException', `Access to ${keyArn} is not allowed.`)

export const isCode = (error: unknown, code: string): error is KeyFailure =>
  error instanceof KeyFailure && error.code === code

/** The only states in which a key is on its way out; KMS has no code of its own for them. */
export const isPendingDeletion = (error: unknown): boolean =>
  isCode(error, 'KMSInvalidStateException') && /pending (?:replica )?deletion/i.test(error.message)

function failureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const kind = kinds.get(error.name)
  if (kind !== undefined) {
    const { $metadata } = error as { $metadata?: { requestId?: string } }
    return new KeyFailure({
      kind,
      code: error.name,
      message: error.message,
      requestId: $metadata?.requestId ?? 'unknown',
    })
  }
  return isUnreadableAnswer(error) ? new Error('an answer of KMS could not be read') : error
}

/** JSON.parse repeats pieces of what it can't read, and an answer of KMS holds a data key: neither its message nor its stack may reach a log. */
const isUnreadableAnswer = (error: Error): boolean => error.name === 'SyntaxError' || '$responseBodyText' in error
