/**
 * API Gateway in small: authenticates, authorizes, routes by the synthesised resources, invokes the function, and answers its own failures as the template
 * restyles them. One object serves the APIs of all Regions: a signature's scope says which.
 * @module
 */
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { Origin } from '../../lambda/auth/origin.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { Refusal } from '../../local/sigv4/refusal.ts'
import { isRefusal, SignatureVerifier } from '../../local/sigv4/verify.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import type { Callers } from '../iam/callers.ts'
import type { Ledger } from '../iam/ledger.ts'
import { mayAct, type ServiceAccess } from '../iam/service-access.ts'
import { SandboxProblem } from '../json.ts'
import type { Api, Method } from './api.ts'
import { mayInvoke } from './authorization.ts'
import * as failures from './failures.ts'
import { renderFailure, type Failure, type HttpAnswer } from './failures.ts'
import { proxyEvent, type ApiRequest } from './proxy-event.ts'
import { readProxyResult } from './proxy-result.ts'

/** API Gateway quotas: payload size. */
export const BODY_LIMIT = 10 * 1024 * 1024

export interface GatewayOptions {
  readonly apis: readonly Api[]
  readonly host: FunctionHost
  readonly callers: Callers
  readonly ledger: Ledger
  /** Resource policies of the functions, by ARN. */
  readonly permissions: ReadonlyMap<string, readonly ServiceAccess[]>
  readonly clock: Clock
  readonly wallClock: Clock
  readonly entropy: Entropy
  /** No integration waits longer than this: for tests. */
  readonly longestTimeoutMs: number
}

export interface GatewayRequest {
  readonly httpMethod: string
  /** As in the request line. */
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly isTooLarge: boolean
  readonly sourceIp: string
}

export class Gateway {
  readonly #options: GatewayOptions
  readonly #apis: ReadonlyMap<string, Api>
  readonly #verifier: SignatureVerifier

  constructor(options: GatewayOptions) {
    this.#options = options
    const { apis, callers, wallClock } = options
    this.#apis = new Map(apis.map((api) => [api.region, api]))
    if (this.#apis.size < apis.length) throw new SandboxProblem('The sandbox serves one API per Region')
    this.#verifier = new SignatureVerifier({
      credentials: callers.credentials,
      wallClock,
      servesRegion: (region) => this.#apis.has(region),
    })
  }

  /** Path that clients put before the operation: the stage of the APIs. */
  get basePath(): string {
    const stages = new Set([...this.#apis.values()].map(({ stage }) => stage))
    const [stage = '', ...others] = stages
    if (others.length > 0) throw new SandboxProblem('The APIs of all Regions must have the same stage')
    return `/${stage}`
  }

  async answer(request: GatewayRequest): Promise<HttpAnswer> {
    const { entropy, clock } = this.#options
    const requestId = asUuid(entropy.bytes(16).toString('hex'))
    const extendedRequestId = `${entropy
      .bytes(11)
      .toString('base64')
      .replaceAll(/[^A-Za-z0-9]/g, 'x')
      .slice(0, 14)}=`
    const mark = request.url.indexOf('?')
    const fullPath = mark < 0 ? request.url : request.url.slice(0, mark)
    // The Region decides on the API, also where the signature turns out to be wrong: it restyles the refusal.
    const api = this.#apis.get(regionIn(request.rawHeaders)) ?? [...this.#apis.values()][0]
    if (api === undefined) throw new SandboxProblem('There is no API')
    const path = pathIn(api, fullPath)
    const apiRequest: ApiRequest = {
      httpMethod: request.httpMethod,
      fullPath,
      path: path ?? fullPath,
      query: mark < 0 ? undefined : request.url.slice(mark + 1),
      rawHeaders: request.rawHeaders,
      body: request.body,
      sourceIp: request.sourceIp,
      requestId,
      extendedRequestId,
      time: clock.now(),
    }
    const answer = await this.#answer(api, path, request, apiRequest)
    return {
      ...answer,
      headers: [['x-amzn-RequestId', requestId], ['x-amz-apigw-id', extendedRequestId], ...answer.headers],
    }
  }

  async #answer(
    api: Api,
    path: string | undefined,
    request: GatewayRequest,
    apiRequest: ApiRequest,
  ): Promise<HttpAnswer> {
    const method = path === undefined ? undefined : methodOf(api, apiRequest.httpMethod, path)
    const fail = (failure: Failure): HttpAnswer =>
      renderFailure(api, failure, {
        requestId: apiRequest.requestId,
        extendedRequestId: apiRequest.extendedRequestId,
        apiId: api.id,
        stage: api.stage,
        httpMethod: apiRequest.httpMethod,
        resourcePath: method?.resourcePath ?? '',
        path: apiRequest.fullPath,
        accountId: api.account,
        requestTimeEpoch: String(apiRequest.time),
      })
    // What does not exist is not told from what is not signed.
    if (method === undefined) return fail(failures.missingToken)
    if (request.isTooLarge) return fail(failures.requestTooLarge)
    const principal = this.#authenticate(request)
    if ('code' in principal) return fail(failureOf(principal))
    const methodArn = methodArnOf(api, method)
    if (!(await this.#isAllowed(api, principal, methodArn, apiRequest)))
      return fail(failures.notAuthorized(principal.arn, methodArn))
    return this.#integrate(api, method, methodArn, { request: apiRequest, principal, fail })
  }

  #authenticate({ httpMethod: method, url, rawHeaders: headers, body }: GatewayRequest): Principal | Refusal {
    const verdict = this.#verifier.verify({ method, url, headers, body }, ['execute-api'])
    return isRefusal(verdict) ? verdict : verdict.credential.principal
  }

  #isAllowed(api: Api, principal: Principal, methodArn: string, request: ApiRequest): Promise<boolean> {
    const { callers, ledger, clock, wallClock } = this.#options
    const { rawHeaders, sourceIp } = request
    const [userAgent, referer] = ['user-agent', 'referer'].map((name) => headerIn(rawHeaders, name))
    const origin: Origin = {
      receivedAt: wallClock.now(),
      isSecure: true,
      sourceIp,
      ...(userAgent !== undefined && { userAgent }),
      ...(referer !== undefined && { referer }),
    }
    const onUnknownKey = (key: string): void =>
      ledger.violation({
        function: `API ${api.name}`,
        region: api.region,
        action: 'execute-api:Invoke',
        resource: methodArn,
        reason: `a policy hangs on the condition key ${key}, which the sandbox does not know`,
      })
    return mayInvoke({ api, methodArn, principal, origin, now: clock.now(), onUnknownKey }, callers.directory)
  }

  async #integrate(
    api: Api,
    method: Method,
    methodArn: string,
    { request, principal, fail }: { request: ApiRequest; principal: Principal; fail: (failure: Failure) => HttpAnswer },
  ): Promise<HttpAnswer> {
    const { host, longestTimeoutMs } = this.#options
    const definition = host.find(method.functionArn)
    if (definition === undefined || !this.#mayInvoke(api, method, methodArn)) return fail(failures.configurationError)
    const payload = JSON.stringify(proxyEvent(api, method, request, principal))
    const outcome = await within(Math.min(method.timeoutMs, longestTimeoutMs), host.invoke(definition, payload))
    if (outcome === undefined) return fail(failures.integrationTimeout)
    if (outcome.kind === 'refused')
      return fail(outcome.status === 413 ? failures.requestTooLarge : failures.integrationFailure(500))
    if (outcome.functionError !== undefined) return fail(failures.integrationFailure(502))
    return readProxyResult(outcome.payload) ?? fail(failures.integrationFailure(502))
  }

  /** The function's own policy must let this API in. */
  #mayInvoke(api: Api, { functionArn }: Method, methodArn: string): boolean {
    const { permissions, ledger } = this.#options
    const access = permissions.get(functionArn) ?? permissions.get(functionArn.split(':')[6] ?? '') ?? []
    const action = 'lambda:InvokeFunction'
    const isAllowed = mayAct(access, {
      service: 'apigateway.amazonaws.com',
      action,
      resource: functionArn,
      account: api.account,
      context: { 'aws:SourceArn': methodArn, 'aws:SourceAccount': api.account },
    })
    if (isAllowed) return true
    ledger.violation({
      function: `API ${api.name}`,
      region: api.region,
      action,
      resource: functionArn,
      reason: `no permission of the function lets ${methodArn} invoke it`,
    })
    return false
  }
}

const methodArnOf = (api: Api, { httpMethod, resourcePath }: Method): string =>
  `arn:${partitionOf(api.region)}:execute-api:${api.region}:${api.account}:${api.id}/${api.stage}/${httpMethod}${resourcePath}`

/** The path behind the stage; undefined for another stage. */
function pathIn({ stage }: Api, fullPath: string): string | undefined {
  if (fullPath === `/${stage}`) return '/'
  return fullPath.startsWith(`/${stage}/`) ? fullPath.slice(stage.length + 1) : undefined
}

/** A trailing slash is no other resource. */
function methodOf({ methods }: Api, httpMethod: string, path: string): Method | undefined {
  const wanted = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const ofResource = methods.filter(({ resourcePath }) => resourcePath === wanted)
  return (
    ofResource.find((method) => method.httpMethod === httpMethod) ??
    ofResource.find((method) => method.httpMethod === 'ANY')
  )
}

const regionIn = (rawHeaders: readonly string[]): string =>
  /Credential=[^/]*\/\d*\/([^/]*)\//.exec(headerIn(rawHeaders, 'authorization') ?? '')?.[1] ?? ''

function headerIn(rawHeaders: readonly string[], wanted: string): string | undefined {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted)
  return at < 0 ? undefined : rawHeaders[at + 1]
}

function failureOf({ code, message }: Refusal): Failure {
  switch (code) {
    case 'MissingAuthenticationTokenException':
      return failures.missingToken
    case 'UnrecognizedClientException':
      return failures.unknownClient
    case 'ExpiredTokenException':
      return failures.expiredToken
    case 'IncompleteSignature':
      return failures.incompleteSignature(message)
    case 'InvalidSignatureException':
      return failures.invalidSignature(message)
  }
}

/** Undefined when it takes too long; it goes on all the same, as an integration does. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
