/**
 * Whether the caller of RotateSecret may have the function invoked (SM-ROTATE-05): who may not invoke it themselves must not get the service to do it.
 * @module
 */
import { isAllowed } from '../auth/decision.ts'
import { accessDenied } from './domain/errors.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { Call } from './operation.ts'

const INVOKE = 'lambda:InvokeFunction'

/**
 * By the caller's own policies; the function's is asked for the service (functions:check).
 * @throws {ServiceError} AccessDeniedException
 */
export async function requireFunctionAccess(
  { context, services, now }: Pick<Call<OperationName>, 'context' | 'services' | 'now'>,
  functionArn: string,
): Promise<void> {
  const { principal, origin, region } = context
  const decision = await services.authorizer.decide({
    principal,
    origin,
    action: INVOKE,
    resource: functionArn,
    account: principal.account,
    region,
    keys: [],
    now,
  })
  if (!isAllowed(decision))
    throw accessDenied({ principal: principal.arn, action: INVOKE, shown: functionArn, decision })
}
