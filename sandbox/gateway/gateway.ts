/**
 * API Gateway in small: authenticates, authorizes, routes by the synthesised resources, invokes the function, and answers its own failures as the template
 * restyles them. One object serves the APIs of all Regions: a signature's scope says which.
 * @module
 */
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { Refusal } from '../../local/sigv4/refusal.ts'
import { isRefusal, SignatureVerifier } from '../../local/sigv4/verify.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import type { Identities, Identity } from '../iam/identities.ts'
import type { Ledger } from '../iam/ledger.ts'
import { SandboxProblem } from '../json.ts'
import { contextOf } from '../policy/conditions.ts'
import { delegates, identityFinding, resourceFinding, type Caller } from '../policy/evaluate.ts'
import type { Statement } from '../policy/statement.ts'
import type { Api, Method } from './api.ts'
import * as failures from './failures.ts'
import { renderFailure, type Failure, type HttpAnswer } from './failures.ts'
import { proxyEvent, type ApiRequest } from './proxy-event.ts'
import { readProxyResult } from './proxy-result.ts'

/** API Gateway quotas: payload size. */
export const BODY_LIMIT = 10 * 1024 * 1024

export interface GatewayOptions {
  readonly apis: readonly Api[]
  readonly host: FunctionHost
  readonly identities: Identities
  readonly ledger: Ledger
  /** Resource policies of the functions, by ARN. */
  readonly permissions: ReadonlyMap<string, readonly Statement[]>
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
    const { apis, identities, wallClock } = options
    this.#apis = new Map(apis.map((api) => [api.region, api]))
    if (this.#apis.size < apis.length) throw new SandboxProblem('The sandbox serves one API per Region')
    this.#verifier = new SignatureVerifier({
      credentials: identities,
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
    const identity = this.#authenticate(request)
    if ('code' in identity) return fail(failureOf(identity))
    const methodArn = methodArnOf(api, method)
    if (!this.#isAllowed(api, identity, methodArn, apiRequest))
      return fail(failures.notAuthorized(identity.arn, methodArn))
    return this.#integrate(api, method, methodArn, { request: apiRequest, identity, fail })
  }

  #authenticate({ httpMethod: method, url, rawHeaders: headers, body }: GatewayRequest): Identity | Refusal {
    const verdict = this.#verifier.verify({ method, url, headers, body }, ['execute-api'])
    if (isRefusal(verdict)) return verdict
    const identity = this.#options.identities.identity(verdict.credential.principal.accessKeyId)
    if (identity === undefined) throw new SandboxProblem('A credential belongs to nobody')
    return identity
  }

  /** "How API Gateway resource policies affect authorization workflow": same account: either policy may allow; another account: both must. */
  #isAllowed(api: Api, identity: Identity, methodArn: string, { sourceIp }: ApiRequest): boolean {
    const context = contextOf({
      'aws:PrincipalArn': identity.arn,
      'aws:PrincipalAccount': identity.account,
      'aws:PrincipalType': 'User',
      'aws:username': identity.userName,
      'aws:userid': identity.userId,
      'aws:SourceIp': sourceIp,
      'aws:VpcSourceIp': undefined,
      'aws:SecureTransport': 'true',
      'aws:RequestedRegion': api.region,
    })
    const request = { action: 'execute-api:Invoke', resource: methodArn, context }
    const caller: Caller = { arn: identity.arn, account: identity.account }
    const own = identityFinding(identity.statements, request)
    const ofApi = resourceFinding(api.policy, request, caller)
    if (own.denied !== undefined || ofApi.denied !== undefined) return false
    const isNamed = ofApi.allowed.length > 0
    if (identity.account !== api.account)
      return own.allowed.length > 0 && (isNamed || delegates(api.policy, request, caller))
    return own.allowed.length > 0 || isNamed
  }

  async #integrate(
    api: Api,
    method: Method,
    methodArn: string,
    { request, identity, fail }: { request: ApiRequest; identity: Identity; fail: (failure: Failure) => HttpAnswer },
  ): Promise<HttpAnswer> {
    const { host, longestTimeoutMs } = this.#options
    const definition = host.find(method.functionArn)
    if (definition === undefined || !this.#mayInvoke(api, method, methodArn)) return fail(failures.configurationError)
    const payload = JSON.stringify(proxyEvent(api, method, request, identity))
    const outcome = await within(Math.min(method.timeoutMs, longestTimeoutMs), host.invoke(definition, payload))
    if (outcome === undefined) return fail(failures.integrationTimeout)
    if (outcome.kind === 'refused')
      return fail(outcome.status === 413 ? failures.requestTooLarge : failures.integrationFailure(500))
    if (outcome.functionError !== undefined) return fail(failures.integrationFailure(502))
    return readProxyResult(outcome.payload) ?? fail(failures.integrationFailure(502))
  }

  /** The function's own policy must let this API in. */
  #mayInvoke(api: Api, { functionArn }: Method, methodArn: string): boolean {
    const statements =
      this.#options.permissions.get(functionArn) ?? this.#options.permissions.get(functionArn.split(':')[6] ?? '') ?? []
    const context = contextOf({ 'aws:SourceArn': methodArn, 'aws:SourceAccount': api.account })
    const request = { action: 'lambda:InvokeFunction', resource: functionArn, context }
    const finding = resourceFinding(statements, request, {
      arn: '',
      account: api.account,
      service: 'apigateway.amazonaws.com',
    })
    if (finding.denied === undefined && finding.allowed.length > 0) return true
    this.#options.ledger.violation({
      function: `API ${api.name}`,
      region: api.region,
      action: 'lambda:InvokeFunction',
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

function regionIn(rawHeaders: readonly string[]): string {
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization')
  return /Credential=[^/]*\/\d*\/([^/]*)\//.exec(at < 0 ? '' : (rawHeaders[at + 1] ?? ''))?.[1] ?? ''
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
