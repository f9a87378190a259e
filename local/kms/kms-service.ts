/**
 * The KMS API over the embedded keyring: what `aws kms` and the SDKs speak. Principals of an account may do everything with its keys for now; policies
 * are kept, not yet enforced. Other accounts are refused.
 * @module
 */
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import { errorStatus, ServiceError } from '../../lambda/core/domain/errors.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { decodeInput } from '../../lambda/protocol/decode.ts'
import type { Encoder } from '../../lambda/protocol/encode.ts'
import { compileEncoder } from '../../lambda/protocol/encode.ts'
import { requireJsonCall } from '../../lambda/protocol/json-call.ts'
import type { CallReport, WireRequest, WireResponse, WireService } from '../../lambda/protocol/wire.ts'
import { errorResponse, JSON_CONTENT_TYPE } from '../../lambda/protocol/wire.ts'
import type { KmsCall } from './call.ts'
import { CallKeys } from './call.ts'
import { operationModels, shapes } from './model/kms.shapes.generated.ts'
import type { OperationName } from './model/kms.types.generated.ts'
import { operations } from './operations.ts'

const TARGET_PREFIX = 'TrentService.'

export interface KmsServiceOptions {
  readonly keyring: Keyring
  readonly entropy: Entropy
}

interface Route {
  readonly name: OperationName
  readonly inputShape: string
  readonly encode: Encoder | undefined
  /** Its input is what the model of this very operation validated; the table's types end here. */
  readonly run: (call: KmsCall<never> & { readonly entropy: Entropy }) => Promise<unknown>
}

export function kmsService({ keyring, entropy }: KmsServiceOptions): WireService {
  const routes = routesByTarget()
  return async (request) => {
    const route = request.target === undefined ? undefined : routes.get(request.target)
    if (!route)
      return errorResponse(
        400,
        'UnknownOperationException',
        'The X-Amz-Target header names no operation that is offered here.',
        {
          operation: 'unknown',
        },
      )
    const place = { account: request.principal.account, region: request.region }
    const keys = new CallKeys(place, keyring)
    try {
      requireJsonCall(request)
      const input = decodeInput(shapes, route.inputShape, request.body) as never
      const output = await route.run({ input, place, keyring, keys, entropy })
      return answer(route, output, reportOf(route, keys))
    } catch (error) {
      return refusal(error, request, route, reportOf(route, keys))
    }
  }
}

function routesByTarget(): Map<string, Route> {
  const names = Object.keys(operations) as OperationName[]
  return new Map(
    names.map((name) => {
      const { input, output } = operationModels[name] as { readonly input: string; readonly output?: string }
      const encode = output === undefined ? undefined : compileEncoder(shapes, output)
      return [TARGET_PREFIX + name, { name, inputShape: input, encode, run: operations[name] }]
    }),
  )
}

/** KMS answers operations without an output with an empty body. */
function answer({ encode }: Route, output: unknown, report: CallReport): WireResponse {
  return { status: 200, headers: { 'content-type': JSON_CONTENT_TYPE }, body: encode ? encode(output) : '', report }
}

function refusal(error: unknown, { principal }: WireRequest, { name }: Route, report: CallReport): WireResponse {
  if (error instanceof ServiceError) return errorResponse(errorStatus[error.code], error.code, error.message, report)
  if (!(error instanceof KmsFailure))
    return errorResponse(500, 'KMSInternalException', 'An internal error occurred.', { ...report, fault: error })
  if (error.code === 'KMSInternalException')
    return errorResponse(500, error.code, error.message, { ...report, fault: error })
  const message =
    error.forbidden === undefined
      ? error.message
      : `User: ${principal.arn} is not authorized to perform: kms:${name} on resource: ${error.forbidden} because no resource-based policy allows the kms:${name} action`
  return errorResponse(400, error.code, message, report)
}

function reportOf({ name }: Route, { found }: CallKeys): CallReport {
  return { operation: name, ...(found !== undefined && { resource: found }) }
}
