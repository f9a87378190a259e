/**
 * Which endpoint a request is for, from its method, path, target header and content type.
 * @module
 */
import type { IncomingMessage } from 'node:http'
import {
  jsonError,
  noLogsService,
  noSuchPath,
  type Endpoint,
  type OpenEndpoint,
  type SignedEndpoint,
} from './endpoint.ts'

export interface Endpoints {
  readonly secretsmanager: SignedEndpoint
  readonly kms: SignedEndpoint
  readonly sts: SignedEndpoint
  readonly iam: SignedEndpoint
  /** By the paths of its REST API; absent in stand-ins. */
  readonly lambda?: SignedEndpoint
  /** By exact path. */
  readonly admin: ReadonlyMap<string, SignedEndpoint>
  /** By exact path; GET and HEAD. */
  readonly pages: ReadonlyMap<string, OpenEndpoint>
  /** By exact path; POST, without a signature. */
  readonly openCalls: ReadonlyMap<string, OpenEndpoint>
}

const IAM_VERSION = '2010-05-08'
const FORM = 'application/x-www-form-urlencoded'

export function route(endpoints: Endpoints, request: IncomingMessage): Endpoint {
  const url = request.url ?? ''
  if (url === '/') return byProtocol(endpoints, request)
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (path === '/')
    return isQueryCall(request, url) ? queryEndpointFor(endpoints, request) : byProtocol(endpoints, request)
  const page = endpoints.pages.get(path)
  if (page && (request.method === 'GET' || request.method === 'HEAD')) return page
  const openCall = endpoints.openCalls.get(path)
  if (openCall && request.method === 'POST') return openCall
  if (endpoints.lambda && LAMBDA_PATH.test(path)) return endpoints.lambda
  return endpoints.admin.get(path) ?? (isOperationPath(request, path) ? endpoints.secretsmanager : nowhere)
}

/** Its own begin with a date; the logs of functions are Coffer's. */
const LAMBDA_PATH = /^\/(?:\d{4}-\d\d-\d\d|_coffer\/functions)\//

/** As on AWS, where every operation has a path: `POST /GetSecretValue`. The target header decides; a path that says something else is none. */
function isOperationPath({ method, headers }: IncomingMessage, path: string): boolean {
  return method === 'POST' && headers['x-amz-target'] === `secretsmanager.${path.slice(1)}`
}

function byProtocol(endpoints: Endpoints, request: IncomingMessage): Endpoint {
  const { headers } = request
  const target = headers['x-amz-target']
  if (typeof target === 'string') {
    if (target.startsWith('Logs_')) return noLogs
    return target.startsWith('TrentService.') ? endpoints.kms : endpoints.secretsmanager
  }
  // The query protocol has no target; whatever else arrives is told off in the words of the main service.
  return headers['content-type']?.toLowerCase().startsWith(FORM) === true
    ? queryEndpointFor(endpoints, request)
    : endpoints.secretsmanager
}

/** Two APIs share the form: the service that the signature is for tells them apart. Without a signature neither serves. */
function queryEndpointFor(
  endpoints: Endpoints,
  { headers: { authorization = '' }, url = '' }: IncomingMessage,
): SignedEndpoint {
  const service = /Credential=[^/,\s]{1,128}\/[^/,\s]{1,32}\/[^/,\s]{1,64}\/([^/,\s]{1,64})\//.exec(authorization)?.[1]
  const isIam = service === undefined ? url.includes(`Version=${IAM_VERSION}`) : service === 'iam'
  return isIam ? endpoints.iam : endpoints.sts
}

/** The query protocol by GET: `/?Action=GetCallerIdentity&Version=2011-06-15`. */
function isQueryCall(request: IncomingMessage, url: string): boolean {
  return request.method === 'GET' && /[?&]Action=/.test(url)
}

const nowhere: OpenEndpoint = { kind: 'open', name: 'none', answer: () => Promise.resolve(jsonError(noSuchPath)) }
/** `aws logs`, which is where people look for what a function of theirs wrote. */
const noLogs: OpenEndpoint = { kind: 'open', name: 'none', answer: () => Promise.resolve(jsonError(noLogsService)) }
