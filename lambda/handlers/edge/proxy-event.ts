/**
 * A Lambda proxy event of a REST API, taken for what it is worth: parsed, not cast. API Gateway has checked the signature; its word for who the caller is is
 * trusted, which is why nobody but API Gateway and the router may invoke these functions.
 * @module
 */
import { wallClock } from '../../adapters/wall-clock.ts'
import type { Origin } from '../../auth/origin.ts'
import type { Principal } from '../../auth/principal.ts'
import type { WireRequest, WireResponse } from '../../protocol/wire.ts'

export interface ProxyRequest {
  readonly requestId: string
  readonly method: string
  /** The resource that the request was routed by, such as `/GetSecretValue`. */
  readonly resource: string
  /** `X-Amz-Target` as sent. */
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly body: Buffer
  readonly principal: Principal
  readonly origin: Origin
}

export interface ProxyResult {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Not an event of a method with IAM authorization: nobody is known to have asked. */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated'
}

/** @throws {NotAuthenticated} */
export function parseProxyEvent(event: unknown): ProxyRequest {
  const { requestContext, httpMethod, resource, headers, body, isBase64Encoded } = membersOf(event)
  const { requestId, identity } = membersOf(requestContext)
  return {
    requestId: textOf(requestId) ?? 'unknown',
    method: textOf(httpMethod) ?? '',
    resource: textOf(resource) ?? '',
    target: headerOf(headers, 'x-amz-target'),
    contentType: headerOf(headers, 'content-type'),
    body: Buffer.from(textOf(body) ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
    principal: principalOf(membersOf(identity)),
    origin: originOf(membersOf(identity), headerOf(headers, 'referer')),
  }
}

/** @throws {NotAuthenticated} */
function principalOf({ accountId, userArn, user, accessKey, principalOrgId }: Members): Principal {
  const [account, arn, userId] = [textOf(accountId), textOf(userArn), textOf(user)]
  if (account === undefined || arn === undefined || userId === undefined || !/^\d{12}$/.test(account))
    throw new NotAuthenticated(
      'the event names no authenticated caller: it is not from a method with IAM authorization',
    )
  const accessKeyId = textOf(accessKey) ?? ''
  const organization = textOf(principalOrgId) ?? ''
  return {
    account,
    arn,
    userId,
    accessKeyId,
    organization: ORGANIZATION.test(organization) ? organization : 'unseen',
    // What a session carries is not told. That a key is a long-term one is told by its form alone.
    ...(!LONG_TERM_KEY.test(accessKeyId) && { session: 'unseen' }),
  }
}

const ORGANIZATION = /^o-[a-z0-9]{10,32}$/
/** AKIA; those of sessions begin with ASIA (IAM user guide, "Unique identifiers"). */
const LONG_TERM_KEY = /^AKIA[A-Z0-9]{12,124}$/

/** The API is served over TLS alone. A private API tells the VPC endpoint. */
function originOf({ sourceIp, userAgent, vpcId, vpceId }: Members, referer: string | undefined): Origin {
  const [ip, agent, vpc, vpcEndpoint] = [sourceIp, userAgent, vpcId, vpceId].map(textOf)
  return {
    receivedAt: wallClock.now(),
    isSecure: true,
    ...(ip !== undefined && { sourceIp: ip }),
    ...(agent !== undefined && { userAgent: agent }),
    ...(referer !== undefined && { referer }),
    ...(vpc !== undefined && { vpc }),
    ...(vpcEndpoint !== undefined && { vpcEndpoint }),
  }
}

export function wireRequestOf(
  request: ProxyRequest,
  { target, region }: { target: string; region: string },
): WireRequest {
  const { method, contentType, body, principal, origin, requestId } = request
  return { method, target, contentType, body, principal, origin, region, requestId }
}

export const proxyResultOf = ({ status, headers, body }: Omit<WireResponse, 'report'>): ProxyResult => ({
  statusCode: status,
  headers,
  body,
})

type Members = Readonly<Record<string, unknown>>

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {})

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Header names come as the client wrote them. */
function headerOf(headers: unknown, name: string): string | undefined {
  const found = Object.entries(membersOf(headers)).find(([key]) => key.toLowerCase() === name)
  return textOf(found?.[1])
}
