/**
 * Lambda as the functions call it: invoking another function, and reading the policy on one.
 * @module
 */
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import { jsonError, type AwsAnswer, type AwsOperation, type AwsRequest, type AwsService } from './service.ts'

const INVOKE = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?Qualifier=([^&]+))?$/
const POLICY = /^\/2015-03-31\/functions\/([^/?]+)\/policy(?:\?Qualifier=([^&]+))?$/

/** The text of the policy on a function, without qualifier; undefined when it has none. */
export type FunctionPolicies = (arn: string) => string | undefined

export class LambdaService implements AwsService {
  readonly signingName = 'lambda'
  readonly actionPrefix = 'lambda'
  readonly operations = ['Invoke', 'GetPolicy']
  readonly deniedStatus = 403
  readonly #host: FunctionHost
  readonly #policyOf: FunctionPolicies

  constructor(host: FunctionHost, policyOf: FunctionPolicies = () => undefined) {
    this.#host = host
    this.#policyOf = policyOf
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, { contentType: 'application/json' })
  }

  read(request: AwsRequest): AwsOperation | undefined {
    return this.#readInvoke(request) ?? this.#readGetPolicy(request)
  }

  #readInvoke(request: AwsRequest): AwsOperation | undefined {
    const target = targetOf(INVOKE, request)
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
    if (request.method !== 'POST' || target === undefined || type !== 'RequestResponse') return undefined
    return {
      name: 'Invoke',
      needs: [{ action: 'lambda:InvokeFunction', resource: target.resource }],
      perform: () => this.#invoke(target, request.body.toString('utf8')),
    }
  }

  #readGetPolicy(request: AwsRequest): AwsOperation | undefined {
    const target = targetOf(POLICY, request)
    if (request.method !== 'GET' || target === undefined) return undefined
    return {
      name: 'GetPolicy',
      needs: [{ action: 'lambda:GetPolicy', resource: target.resource }],
      perform: async () => this.#getPolicy(target),
    }
  }

  /** Each version and alias has a policy of its own; here only functions themselves have one. */
  #getPolicy({ arn, resource, isForeign }: Target): AwsAnswer {
    if (isForeign) return this.#deniedAbroad('lambda:GetPolicy', resource)
    if (this.#host.find(arn) === undefined)
      return this.error(404, 'ResourceNotFoundException', `Function not found: ${resource}`)
    const policy = arn === resource ? this.#policyOf(arn) : undefined
    if (policy === undefined)
      return this.error(404, 'ResourceNotFoundException', 'The resource you requested does not exist.')
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ Policy: policy, RevisionId: '00000000-0000-4000-8000-000000000000' }),
    }
  }

  async #invoke({ arn, resource, isForeign }: Target, payload: string): Promise<AwsAnswer> {
    if (isForeign) return this.#deniedAbroad('lambda:InvokeFunction', resource)
    const definition = this.#host.find(arn)
    if (definition === undefined) return this.error(404, 'ResourceNotFoundException', `Function not found: ${arn}`)
    const outcome = await this.#host.invoke(definition, payload === '' ? '{}' : payload)
    if (outcome.kind === 'refused') return this.error(outcome.status, outcome.code, outcome.message)
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        'x-amz-executed-version': '$LATEST',
        'x-amzn-requestid': outcome.requestId,
        ...(outcome.functionError !== undefined && { 'x-amz-function-error': outcome.functionError }),
      },
      body: outcome.payload,
    }
  }
  /** There is one account here: a function of another one has no policy that lets anybody in. */
  #deniedAbroad(action: string, resource: string): AwsAnswer {
    const message = `User is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`
    return this.error(403, 'AccessDeniedException', message)
  }
}

interface Target {
  /** Of the function itself. */
  readonly arn: string
  /** As it was asked for: with the qualifier. */
  readonly resource: string
  readonly isForeign: boolean
}

function targetOf(path: RegExp, { url, region, caller }: AwsRequest): Target | undefined {
  const [, given, inQuery] = path.exec(url) ?? []
  if (given === undefined) return undefined
  const name = decodeURIComponent(given)
  const whole = name.startsWith('arn:')
    ? name
    : `arn:${partitionOf(region)}:lambda:${region}:${caller.account}:function:${name}`
  const parts = whole.split(':')
  const arn = parts.slice(0, 7).join(':')
  const qualifier = inQuery === undefined ? parts[7] : decodeURIComponent(inQuery)
  return {
    arn,
    resource: qualifier === undefined ? arn : `${arn}:${qualifier}`,
    isForeign: parts[4] !== caller.account,
  }
}
