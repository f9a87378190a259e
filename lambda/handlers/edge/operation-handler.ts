/**
 * The function of one operation: an event of API Gateway in, the core, an answer out. Whatever goes wrong has the service's own error; nothing is thrown at
 * Lambda, whose error payload would hold a message and a stack.
 * @module
 */
import { pathMismatch } from '../../core/domain/errors.ts'
import type { OperationName } from '../../core/model/secrets-manager.types.generated.ts'
import type { Operation } from '../../core/operation.ts'
import { createSecretsManagerService, errorAnswer, TARGET_PREFIX } from '../../protocol/service.ts'
import type { WireResponse } from '../../protocol/wire.ts'
import { attempt, composeOnAws, type Composing, type Made } from './compose-on-aws.ts'
import { edge, type EdgeHandler } from './edge.ts'
import { wireRequestOf, type ProxyRequest } from './proxy-event.ts'

export function operationHandler<N extends OperationName>(
  operation: Operation<N>,
  { environment = process.env, compose = composeOnAws }: Composing = {},
): EdgeHandler {
  const target = TARGET_PREFIX + operation.name
  const answer = attempt(() => serve(operation, target, compose(environment)))
  return edge({ operation: operation.name, answer: async (request) => answer()(request) })
}

function serve<N extends OperationName>(operation: Operation<N>, target: string, { services, region }: Made) {
  const service = createSecretsManagerService(services, { [operation.name]: operation })
  return (request: ProxyRequest): Promise<WireResponse> => {
    // The path names the operation, and API Gateway has applied its permission: a header that names another one is a mistake or a trick.
    if (request.target !== undefined && request.target !== target)
      return Promise.resolve(
        errorAnswer(pathMismatch(), {
          operation: operation.name,
        }),
      )
    return service(wireRequestOf(request, { target, region }))
  }
}
