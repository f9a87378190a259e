/**
 * Lambda as the functions call it: invoking another function.
 * @module
 */
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import { jsonError, type AwsAnswer, type AwsOperation, type AwsRequest, type AwsService } from './service.ts'

const INVOKE = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?Qualifier=([^&]+))?$/

export class LambdaService implements AwsService {
  readonly signingName = 'lambda'
  readonly actionPrefix = 'lambda'
  readonly operations = ['Invoke']
  readonly deniedStatus = 403
  readonly #host: FunctionHost

  constructor(host: FunctionHost) {
    this.#host = host
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, { contentType: 'application/json' })
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const [, given, qualifier] = INVOKE.exec(request.url) ?? []
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
    if (request.method !== 'POST' || given === undefined || type !== 'RequestResponse') return undefined
    const { region, caller } = request
    const name = decodeURIComponent(given)
    const arn = name.startsWith('arn:')
      ? name
      : `arn:${partitionOf(region)}:lambda:${region}:${caller.account}:function:${name}`
    const resource = qualifier === undefined ? arn : `${arn}:${decodeURIComponent(qualifier)}`
    return {
      name: 'Invoke',
      needs: [{ action: 'lambda:InvokeFunction', resource }],
      perform: () => this.#invoke(arn, request.body.toString('utf8')),
    }
  }

  async #invoke(arn: string, payload: string): Promise<AwsAnswer> {
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
}
