/**
 * One authenticated call on its way in and its answer on the way out, free of any HTTP server: node:http embedded and API Gateway
 * on AWS both speak this.
 * @module
 */
import type { Principal } from '../auth/principal.ts'
import type { Origin } from '../auth/origin.ts'

export interface WireRequest {
  readonly origin: Origin
  readonly method: string
  /** `X-Amz-Target` as sent, or undefined. */
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly body: Buffer
  readonly principal: Principal
  readonly region: string
  readonly requestId: string
}

/** What may be said of a call in a log line or a metric: an allow-list, never the input or the output. */
export interface CallReport {
  /** Operation name, or `unknown`. */
  readonly operation: string
  /** ARN of the secret or key that the call was about, as far as it was found. */
  readonly resource?: string
  /** Error code, when it failed. */
  readonly code?: string
  /** What KMS or the store said where a client error says less: they name keys, principals and items, never values. For the log only. */
  readonly reason?: string
  /** Why a server fault happened: for the log only, never for the caller. */
  readonly fault?: unknown
}

export interface WireResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly report: CallReport
}

export type WireService = (request: WireRequest) => Promise<WireResponse>

export const JSON_CONTENT_TYPE = 'application/x-amz-json-1.1'

/** A JSON 1.1 error answer: the code in the body (SM-WIRE-02) and in a header (SM-WIRE-03); both cases of `message`, as SDKs read either. */
export function errorResponse(status: number, code: string, message: string, report: CallReport): WireResponse {
  return {
    status,
    headers: { 'content-type': JSON_CONTENT_TYPE, 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, Message: message, message }),
    report: { ...report, code },
  }
}
