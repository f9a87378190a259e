/**
 * The Secrets Manager wire service: look-up of the target, decoding, the core, encoding, and the only place where errors become answers.
 * @module
 */
import {
  AccessRefused,
  errorStatus,
  notImplemented,
  serverFault,
  ServiceError,
  throttled,
  unknownOperation,
} from '../core/domain/errors.ts'
import { execute } from '../core/execute.ts'
import { operationModels, shapes } from '../core/model/secrets-manager.shapes.generated.ts'
import type { OperationName } from '../core/model/secrets-manager.types.generated.ts'
import type { Input, Operation } from '../core/operation.ts'
import { KeyFailure } from '../core/ports/key-service.ts'
import { StoreFailure } from '../core/ports/secret-store.ts'
import type { Services } from '../core/services.ts'
import { decodeInput } from './decode.ts'
import { compileEncoder, type Encoder } from './encode.ts'
import { requireJsonCall } from './json-call.ts'
import {
  errorResponse,
  JSON_CONTENT_TYPE,
  type CallReport,
  type WireRequest,
  type WireResponse,
  type WireService,
} from './wire.ts'

export const TARGET_PREFIX = 'secretsmanager.'

const encoders = new Map<OperationName, Encoder>()

/** Any operations of the table: all of them embedded, one in each function on AWS. */
export type Offered = Readonly<Partial<Record<OperationName, Operation>>>

export function createSecretsManagerService(services: Services, offered: Offered): WireService {
  return async (request) => {
    const name = operationNameOf(request.target)
    try {
      requireJsonCall(request)
      return await answer(services, offered, request, name)
    } catch (error) {
      return errorAnswer(error, { operation: name ?? 'unknown' })
    }
  }
}

/** @returns undefined for a target that the API does not have */
export function operationNameOf(target: string | undefined): OperationName | undefined {
  if (!target?.startsWith(TARGET_PREFIX)) return undefined
  const name = target.slice(TARGET_PREFIX.length)
  return Object.hasOwn(operationModels, name) ? (name as OperationName) : undefined
}

async function answer(
  services: Services,
  offered: Offered,
  request: WireRequest,
  name: OperationName | undefined,
): Promise<WireResponse> {
  if (name === undefined) throw unknownOperation('The X-Amz-Target header names no operation of this service.')
  const operation = offered[name]
  if (!operation) throw notImplemented(name)
  return run(operation, services, request)
}

async function run<N extends OperationName>(
  operation: Operation<N>,
  services: Services,
  request: WireRequest,
): Promise<WireResponse> {
  const input = decodeInput(shapes, operationModels[operation.name].input, request.body) as Input<N>
  const { principal, origin, region, requestId } = request
  let fault: unknown
  const noteFault = (noted: unknown): void => void (fault ??= noted)
  const { answer: output, arn } = await execute(operation, {
    noteFault,
    input,
    services,
    context: { principal, origin, region, requestId },
  })
  return {
    status: 200,
    headers: { 'content-type': JSON_CONTENT_TYPE },
    // SM-WIRE-05: operations without an output shape answer with an empty body.
    body: output === undefined ? '' : encoderOf(operation.name)(output),
    report: {
      operation: operation.name,
      ...(arn !== undefined && { resource: arn }),
      ...(fault !== undefined && { fault }),
    },
  }
}

function encoderOf(name: OperationName): Encoder {
  let encoder = encoders.get(name)
  if (!encoder) {
    const model = operationModels[name]
    if (!('output' in model)) throw new Error(`${name} has no output`)
    encoders.set(name, (encoder = compileEncoder(shapes, model.output)))
  }
  return encoder
}

/** Any error as an answer: the service's own, or a server fault that hides what it was. */
export function errorAnswer(error: unknown, report: CallReport): WireResponse {
  const shown = asServiceError(error)
  const status = errorStatus[shown.code]
  return errorResponse(status, shown.code, shown.message, {
    ...report,
    ...(status >= 500 ? { fault: shown.cause ?? error } : reasonOf(shown.cause)),
  })
}

function reasonOf(cause: unknown): Pick<CallReport, 'reason'> {
  if (cause instanceof KeyFailure) return { reason: `${cause.code}: ${cause.message} (KMS request ${cause.requestId})` }
  return cause instanceof StoreFailure || cause instanceof AccessRefused ? { reason: cause.message } : {}
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (error instanceof StoreFailure && error.kind === 'throttled') return throttled({ cause: error })
  return serverFault(error)
}
