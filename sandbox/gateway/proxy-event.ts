/**
 * The event of a Lambda proxy integration, as a REST API with AWS_IAM builds it ("Input format of a Lambda function for proxy integration", API Gateway
 * developer guide).
 * @module
 */
import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Principal } from '../../lambda/auth/principal.ts'
import type { Api, Method } from './api.ts'

export interface ApiRequest {
  readonly httpMethod: string
  /** With the stage, without the query. */
  readonly fullPath: string
  /** Without the stage. */
  readonly path: string
  readonly query: string | undefined
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly sourceIp: string
  readonly requestId: string
  readonly extendedRequestId: string
  /** Epoch milliseconds. */
  readonly time: number
}

export type RestEvent = Omit<APIGatewayProxyEvent, 'requestContext'> & {
  readonly requestContext: Omit<APIGatewayProxyEvent['requestContext'], 'authorizer'> & {
    readonly deploymentId: string
  }
}

export function proxyEvent(api: Api, method: Method, request: ApiRequest, principal: Principal): RestEvent {
  const headers = integrationHeaders(request)
  const query = request.query === undefined || request.query === '' ? undefined : new URLSearchParams(request.query)
  const isBinary = isBinaryType(api, headers)
  return {
    resource: method.resourcePath,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: lastOfEach(headers),
    multiValueHeaders: allOfEach(headers),
    queryStringParameters: query === undefined ? null : lastOfEach([...query]),
    multiValueQueryStringParameters: query === undefined ? null : allOfEach([...query]),
    pathParameters: null,
    stageVariables: api.stageVariables,
    requestContext: {
      resourceId: method.resourceId,
      resourcePath: method.resourcePath,
      httpMethod: request.httpMethod,
      extendedRequestId: request.extendedRequestId,
      requestTime: logTime(request.time),
      path: request.fullPath,
      accountId: api.account,
      protocol: 'HTTP/1.1',
      stage: api.stage,
      domainPrefix: api.id,
      requestTimeEpoch: request.time,
      requestId: request.requestId,
      identity: {
        cognitoIdentityPoolId: null,
        accountId: principal.account,
        cognitoIdentityId: null,
        caller: principal.userId,
        sourceIp: request.sourceIp,
        principalOrgId: principal.organization ?? null,
        accessKey: principal.accessKeyId,
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        // Of a role's session: it lacks the path of the role.
        userArn: principal.arn,
        userAgent: headers.find(([name]) => name.toLowerCase() === 'user-agent')?.[1] ?? null,
        user: principal.userId,
        apiKey: null,
        apiKeyId: null,
        clientCert: null,
      },
      domainName: `${api.id}.execute-api.${api.region}.amazonaws.com`,
      deploymentId: api.deploymentId,
      apiId: api.id,
    },
    // An empty body is null; text that is not UTF-8 loses what is not, as it does on AWS.
    body: request.body.length === 0 ? null : request.body.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary && request.body.length > 0,
  }
}

type Pair = readonly [name: string, value: string]

/** Of the connection with API Gateway, or its own: a function does not get them. */
const NOT_PASSED = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
])

function integrationHeaders({ rawHeaders, sourceIp, requestId }: ApiRequest): Pair[] {
  const pairs: Pair[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (!NOT_PASSED.has(name.toLowerCase())) pairs.push([name, rawHeaders[index + 1] ?? ''])
  }
  const forwarded = pairs.findIndex(([name]) => name.toLowerCase() === 'x-forwarded-for')
  const before = forwarded < 0 ? '' : `${pairs[forwarded]?.[1] ?? ''}, `
  if (forwarded >= 0) pairs.splice(forwarded, 1)
  const trace = `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll('-', '').slice(8, 32)}`
  return [
    ...pairs,
    ['X-Forwarded-For', before + sourceIp],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Amzn-Trace-Id', trace],
  ]
}

/** Names as they were sent first; the last of several values. */
function lastOfEach(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(Object.entries(allOfEach(pairs)).map(([name, values]) => [name, values.at(-1) ?? '']))
}

function allOfEach(pairs: readonly Pair[]): Record<string, string[]> {
  const result = new Map<string, { readonly name: string; readonly values: string[] }>()
  for (const [name, value] of pairs) {
    const known = result.get(name.toLowerCase())
    if (known === undefined) result.set(name.toLowerCase(), { name, values: [value] })
    else known.values.push(value)
  }
  return Object.fromEntries([...result.values()].map(({ name, values }) => [name, values]))
}

function isBinaryType({ binaryMediaTypes }: Api, headers: readonly Pair[]): boolean {
  const contentType = headers
    .find(([name]) => name.toLowerCase() === 'content-type')?.[1]
    .split(';')[0]
    ?.trim()
  return binaryMediaTypes.some((type) => type === '*/*' || type === contentType)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `04/Jul/2023:10:36:30 +0000` */
function logTime(time: number): string {
  const [, year = '', month = '', day = '', clock = ''] =
    /^(\d+)-(\d+)-(\d+)T(.{8})/.exec(new Date(time).toISOString()) ?? []
  return `${day}/${MONTHS[Number(month) - 1] ?? ''}/${year}:${clock} +0000`
}
