/**
 * What happens to every request once its body is there: authenticate, serve, and turn whatever goes wrong into an answer.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Origin } from '../../lambda/auth/origin.ts'
import type { WireResponse } from '../../lambda/protocol/wire.ts'
import { wallClock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { isRefusal, type SignatureVerifier, type Verified } from '../sigv4/verify.ts'
import {
  adminOnly,
  jsonError,
  serverFault,
  type Endpoint,
  type GatewayError,
  type OpenRequest,
  type SignedEndpoint,
} from './endpoint.ts'
import type { Metrics } from './metrics.ts'
import { route, type Endpoints } from './routes.ts'

/** A request on its way: what the log will say of it. */
export interface Passage {
  readonly requestId: string
  readonly endpoint: Endpoint
  /** Of `performance.now()`. */
  readonly startedAt: number
  verified: Verified | undefined
  /** The key id of a request that was refused although the key is known. */
  refusedKeyId: string | undefined
}

export interface FrontDoorOptions {
  readonly endpoints: Endpoints
  readonly verifier: SignatureVerifier
  readonly log: Log
  readonly metrics: Metrics
}

export class FrontDoor {
  readonly #options: FrontDoorOptions

  constructor(options: FrontDoorOptions) {
    this.#options = options
  }

  enter(request: IncomingMessage): Passage {
    return {
      requestId: randomUUID(),
      endpoint: route(this.#options.endpoints, request),
      startedAt: performance.now(),
      verified: undefined,
      refusedKeyId: undefined,
    }
  }

  /** Never rejects. */
  async answer(passage: Passage, request: IncomingMessage, body: Buffer): Promise<WireResponse> {
    const { endpoint } = passage
    try {
      if (endpoint.kind === 'open') return await endpoint.answer(openRequest(request, body))
      const refused = this.#authenticate(passage, endpoint, request, body)
      if (refused !== undefined) return this.refuse(passage, refused)
      return await this.#serve(passage, endpoint, request, body)
    } catch (error) {
      this.#options.log.fault(error, { requestId: passage.requestId, service: endpoint.name })
      return this.refuse(passage, serverFault)
    }
  }

  refuse({ endpoint, requestId }: Passage, error: GatewayError): WireResponse {
    return endpoint.kind === 'signed' ? endpoint.renderError(error, requestId) : jsonError(error)
  }

  /** Counts what never became a request: it is answered below HTTP. */
  turnAway(code: string): void {
    this.#options.metrics.count('unknown', code, 0)
  }

  /** Says in log and metrics how it went. */
  leave(passage: Passage, request: IncomingMessage, { status, report }: WireResponse): void {
    const { log, metrics } = this.#options
    const { verified, requestId, endpoint } = passage
    const latencyMs = performance.now() - passage.startedAt
    metrics.count(report.operation, report.code, latencyMs)
    if (endpoint.kind === 'open' && endpoint.isLogged !== true && status === 200) return
    if (report.fault !== undefined) log.fault(report.fault, { requestId, operation: report.operation })
    const principal = verified?.credential.principal
    log.request({
      requestId,
      service: endpoint.name,
      operation: report.operation,
      account: principal?.account,
      region: verified?.region,
      accessKeyId: principal?.accessKeyId ?? passage.refusedKeyId,
      principal: principal?.arn,
      resource: report.resource,
      status,
      code: report.code,
      reason: report.reason,
      latencyMs: Math.round(latencyMs * 1000) / 1000,
      sourceIp: request.socket.remoteAddress,
    })
  }

  #authenticate(
    passage: Passage,
    endpoint: SignedEndpoint,
    request: IncomingMessage,
    body: Buffer,
  ): GatewayError | undefined {
    const { method = '', url = '', rawHeaders: headers } = request
    const verdict = this.#options.verifier.verify({ method, url, headers, body }, endpoint.signingNames)
    if (isRefusal(verdict)) {
      passage.refusedKeyId = verdict.accessKeyId
      return { status: 400, code: verdict.code, message: verdict.message }
    }
    passage.verified = verdict
    return endpoint.isAdminOnly === true && !verdict.credential.isAdmin ? adminOnly : undefined
  }

  #serve(passage: Passage, endpoint: SignedEndpoint, request: IncomingMessage, body: Buffer): Promise<WireResponse> {
    const { verified, requestId } = passage
    if (verified === undefined) throw new TypeError('A request is served only after it was authenticated')
    const { method = '', url = '', headers } = request
    const target = headers['x-amz-target']
    const wireRequest = {
      method,
      target: typeof target === 'string' ? target : undefined,
      contentType: headers['content-type'],
      // The query protocol by GET has its parameters in the URL.
      body: method === 'GET' && url.length > 1 ? Buffer.from(url.slice(url.indexOf('?') + 1), 'latin1') : body,
      principal: verified.credential.principal,
      origin: originOf(request),
      region: verified.region,
      requestId,
    }
    return endpoint.serve(wireRequest, { url, headers })
  }
}

function openRequest({ method = '', headers, socket }: IncomingMessage, body: Buffer): OpenRequest {
  return { method, contentType: headers['content-type'], body, sourceIp: socket.remoteAddress }
}

function originOf({ socket, headers }: IncomingMessage): Origin {
  const { remoteAddress: sourceIp } = socket
  const { 'user-agent': userAgent, referer } = headers
  return {
    receivedAt: wallClock.now(),
    isSecure: 'encrypted' in socket && socket.encrypted === true,
    ...(sourceIp !== undefined && { sourceIp: withoutMapping(sourceIp) }),
    ...(userAgent !== undefined && { userAgent }),
    ...(referer !== undefined && { referer }),
  }
}

/** An IPv4 client of a socket that listens for both has an IPv6 address on paper; policies name its own. */
const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')
