/**
 * What can be called at the embedded server: services behind a signature, and pages that are open.
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http'
import { JSON_CONTENT_TYPE, type WireRequest, type WireResponse } from '../../lambda/protocol/wire.ts'

/** Why a request did not get as far as a service. */
export interface GatewayError {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** What a REST API reads beside the body. */
export interface HttpFacts {
  /** Path and query, percent-encoded. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export interface SignedEndpoint {
  readonly kind: 'signed'
  /** In the log and in metrics. */
  readonly name: string
  /** The service names that a signature may be scoped to, the usual one first. */
  readonly signingNames: readonly string[]
  readonly isAdminOnly?: boolean
  readonly serve: (request: WireRequest, http?: HttpFacts) => Promise<WireResponse>
  /** Bytes that the body of a request may have, where that is more than {@link BODY_LIMIT}. */
  readonly bodyLimit?: (method: string, url: string) => number | undefined
  /** How this service's clients expect errors. */
  readonly renderError: (error: GatewayError, requestId: string) => WireResponse
}

/** A call that nobody has signed. */
export interface OpenRequest {
  readonly method: string
  readonly contentType: string | undefined
  readonly body: Buffer
  readonly sourceIp: string | undefined
}

export interface OpenEndpoint {
  readonly kind: 'open'
  readonly name: string
  /** Probes and scrapers call the pages every few seconds: what goes well there is not logged. */
  readonly isLogged?: boolean
  readonly answer: (request: OpenRequest) => Promise<WireResponse>
}

export type Endpoint = SignedEndpoint | OpenEndpoint

/** A JSON 1.1 error of the gateway in front of the services: lower-case `message` (behaviour 1.3). */
export function jsonError({ status, code, message }: GatewayError): WireResponse {
  return {
    status,
    headers: { 'content-type': JSON_CONTENT_TYPE, 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
    report: { operation: 'unknown', code },
  }
}

export const serverFault: GatewayError = {
  status: 500,
  code: 'InternalServiceError',
  message: 'An error occurred on the server side.',
}

/** Bytes. */
export const BODY_LIMIT = 1024 * 1024

export const bodyTooLarge = (limit: number): GatewayError => ({
  status: 413,
  code: 'RequestEntityTooLargeException',
  message:
    limit === BODY_LIMIT
      ? 'The request body must not be larger than 1 MiB (1048576 bytes).'
      : `The request body must not be larger than ${limit} bytes.`,
})

export const tooManyLargeBodies: GatewayError = {
  status: 429,
  code: 'TooManyRequestsException',
  message: 'Too many large requests are arriving at once. Wait, and try again.',
}

export const noSuchPath: GatewayError = {
  status: 404,
  code: 'UnknownOperationException',
  message:
    'There is nothing at this path. The services are at POST /, secrets also at POST /<Operation>; GET /health and GET /metrics are open.',
}

export const noLogsService: GatewayError = {
  status: 400,
  code: 'UnknownOperationException',
  message:
    'CloudWatch Logs is no part of Coffer. What a function wrote lately is printed by: coffer functions logs <name>',
}

export const adminOnly: GatewayError = {
  status: 400,
  code: 'AccessDeniedException',
  message: 'Only an admin access key may use the calls under /_coffer/.',
}
