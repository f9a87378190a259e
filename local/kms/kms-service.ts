/**
 * The KMS API over the embedded keyring: what `aws kms` and the SDKs speak. Key policies and identity policies are enforced, also for other accounts.
 * @module
 */
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { Authorizer } from '../../lambda/auth/authorizer.ts'
import { AccessRefused, errorStatus, ServiceError } from '../../lambda/core/domain/errors.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { decodeInput } from '../../lambda/protocol/decode.ts'
import type { Encoder } from '../../lambda/protocol/encode.ts'
import { compileEncoder } from '../../lambda/protocol/encode.ts'
import { requireJsonCall } from '../../lambda/protocol/json-call.ts'
import type { CallReport, WireRequest, WireResponse, WireService } from '../../lambda/protocol/wire.ts'
import { errorResponse, JSON_CONTENT_TYPE } from '../../lambda/protocol/wire.ts'
import { CallAccess } from './access.ts'
import type { KmsCall } from './call.ts'
import { CallKeys } from './call.ts'
import { operationModels, shapes } from './model/kms.shapes.generated.ts'
import type { OperationName } from './model/kms.types.generated.ts'
import { operations } from './operations.ts'

const TARGET_PREFIX = 'TrentService.'

export interface KmsServiceOptions {
  readonly keyring: Keyring
  readonly entropy: Entropy
  readonly clock: Clock
  readonly authorizer: Authorizer
}

interface Route {
  readonly name: OperationName
  readonly inputShape: string
  readonly encode: Encoder | undefined
  /** Its input is what the model of this very operation validated; the table's types end here. */
  readonly run: (call: KmsCall<never> & { readonly entropy: Entropy }) => Promise<unknown>
}

export function kmsService({ keyring, entropy, clock, authorizer }: KmsServiceOptions): WireService {
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
    let keys: CallKeys | undefined
    try {
      requireJsonCall(request)
      const input = decodeInput(shapes, route.inputShape, request.body) as never
      const access = new CallAccess({ authorizer, request, operation: route.name, input, now: clock.now() })
      keys = new CallKeys(place, keyring, access)
      const output = await route.run({ input, place, keyring, access, keys, entropy })
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
  if (error instanceof ServiceError) {
    const reason = error.cause instanceof AccessRefused ? { reason: error.cause.message } : {}
    return errorResponse(errorStatus[error.code], error.code, error.message, { ...report, ...reason })
  }
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

function reportOf({ name }: Route, keys: CallKeys | undefined): CallReport {
  const found = keys?.found
  return { operation: name, ...(found !== undefined && { resource: found }) }
}
