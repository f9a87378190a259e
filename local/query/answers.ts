/**
 * The envelopes of the query protocol: results and errors in XML, in the namespace of one API.
 * @module
 */
import type { CallReport, WireResponse } from '../../lambda/protocol/wire.ts'
import type { GatewayError } from '../server/endpoint.ts'
import { escapeXml } from './xml.ts'

export interface Answers {
  /** @param result the XML inside `<OperationResult>`; undefined for an operation that has none */
  readonly success: (result: string | undefined, requestId: string, report: CallReport) => WireResponse
  readonly failure: (error: GatewayError, requestId: string, report?: CallReport) => WireResponse
}

export function answersOf(namespace: string): Answers {
  return {
    success(result, requestId, report) {
      const { operation } = report
      const held = result === undefined ? '' : `<${operation}Result>${result}</${operation}Result>`
      const body =
        `<${operation}Response xmlns="${namespace}">${held}` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`
      return { status: 200, headers, body, report }
    },
    failure(error, requestId, report = { operation: 'unknown' }) {
      const [status, code] = QUERY_CODES[error.code] ?? [error.status, error.code]
      const type = status < 500 ? 'Sender' : 'Receiver'
      const body =
        `<ErrorResponse xmlns="${namespace}"><Error><Type>${type}</Type><Code>${code}</Code>` +
        `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
      return { status, headers, body, report: { ...report, code } }
    },
  }
}

const headers = { 'content-type': 'text/xml' }

/** The gateway's errors have other names and statuses here ("Common error types", IAM API reference). */
const QUERY_CODES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  MissingAuthenticationTokenException: [403, 'MissingAuthenticationToken'],
  IncompleteSignature: [400, 'IncompleteSignature'],
  UnrecognizedClientException: [403, 'InvalidClientTokenId'],
  InvalidSignatureException: [403, 'SignatureDoesNotMatch'],
  ExpiredTokenException: [403, 'ExpiredToken'],
  InternalServiceError: [500, 'InternalFailure'],
}
