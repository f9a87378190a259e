/**
 * Why a request was not accepted as signed: AWS's codes and texts in one place. No text echoes a signature, a token or a canonical request.
 * @module
 */

export type RefusalCode =
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignature'
  | 'UnrecognizedClientException'
  | 'InvalidSignatureException'
  | 'ExpiredTokenException'

export interface Refusal {
  readonly code: RefusalCode
  readonly message: string
  /** The access key id, as far as it names a known key: for the log. */
  readonly accessKeyId?: string
}

export const missingToken: Refusal = {
  code: 'MissingAuthenticationTokenException',
  message: 'Missing Authentication Token',
}

export const unknownClient: Refusal = {
  code: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
}

export const expiredToken: Refusal = {
  code: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
}

export const signatureMismatch: Refusal = {
  code: 'InvalidSignatureException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. ' +
    'Consult the service documentation for details.',
}

export const presigned: Refusal = {
  code: 'InvalidSignatureException',
  message: 'Presigned requests are not accepted: sign the request in its Authorization header.',
}

export const unsignedPayload: Refusal = {
  code: 'InvalidSignatureException',
  message: 'The payload must be signed: X-Amz-Content-Sha256 must be the SHA-256 of the body.',
}

export function incomplete(message: string): Refusal {
  return { code: 'IncompleteSignature', message }
}

export function repeatedHeader(name: string): Refusal {
  return incomplete(`The request must not repeat the '${name}' header.`)
}

/** `name`: a header that is in the request, or has to be. */
export function mustBeSigned(name: string): Refusal {
  return {
    code: 'InvalidSignatureException',
    message:
      name === 'host'
        ? `'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.`
        : `'${name}' must be a 'SignedHeader' in the AWS Authorization.`,
  }
}

export function wrongScope(message: string): Refusal {
  return { code: 'InvalidSignatureException', message }
}

export function expired(signed: string, earliest: string, now: string): Refusal {
  return {
    code: 'InvalidSignatureException',
    message: `Signature expired: ${signed} is now earlier than ${earliest} (${now} - 5 min.)`,
  }
}

export function notYetCurrent(signed: string, latest: string, now: string): Refusal {
  return {
    code: 'InvalidSignatureException',
    message: `Signature not yet current: ${signed} is still later than ${latest} (${now} + 5 min.)`,
  }
}
