/**
 * AWS's query protocol as STS speaks it: form parameters in, XML out.
 * @module
 */
import type { CallReport, WireResponse } from '../../lambda/protocol/wire.ts'
import type { GatewayError } from '../server/endpoint.ts'

export const STS_VERSION = '2011-06-15'
const NAMESPACE = `https://sts.amazonaws.com/doc/${STS_VERSION}/`

/** @param result the XML inside `<OperationResult>`, its values escaped */
export function xmlResponse(operation: string, result: string, requestId: string): WireResponse {
  const body =
    `<${operation}Response xmlns="${NAMESPACE}"><${operation}Result>${result}</${operation}Result>` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
  return { status: 200, headers: { 'content-type': 'text/xml' }, body, report: { operation } }
}

export function xmlError(
  error: GatewayError,
  requestId: string,
  report: CallReport = { operation: 'unknown' },
): WireResponse {
  const [status, code] = QUERY_CODES[error.code] ?? [error.status, error.code]
  const type = status < 500 ? 'Sender' : 'Receiver'
  const body =
    `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${type}</Type><Code>${code}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  return { status, headers: { 'content-type': 'text/xml' }, body, report: { ...report, code } }
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** The gateway's errors have other names and statuses here ("Common error types", IAM API reference). */
const QUERY_CODES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  MissingAuthenticationTokenException: [403, 'MissingAuthenticationToken'],
  IncompleteSignature: [400, 'IncompleteSignature'],
  UnrecognizedClientException: [403, 'InvalidClientTokenId'],
  InvalidSignatureException: [403, 'SignatureDoesNotMatch'],
  ExpiredTokenException: [403, 'ExpiredToken'],
  InternalServiceError: [500, 'InternalFailure'],
}
