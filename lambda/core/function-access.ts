/**
 * Whether the caller of RotateSecret may have the function invoked (SM-ROTATE-05): who may not invoke it themselves must not get the service to do it.
 * @module
 */
import { isAllowed } from '../auth/decision.ts'
import { accessDenied } from './domain/errors.ts'
import type { FunctionArn } from './domain/function-arn.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { Call } from './operation.ts'
import type { FunctionUse } from './ports/functions.ts'

const INVOKE = 'lambda:InvokeFunction'

/**
 * As Lambda would decide, by the caller's own policies; for a function of another account by its policy, too. A version or an alias is asked about under both names, with it and without: a Deny on the function
 * is one on all of it.
 * @throws {ServiceError} AccessDeniedException
 */
export async function requireFunctionAccess(
  { context, services, now }: Pick<Call<OperationName>, 'context' | 'services' | 'now'>,
  { account, canonical, unqualified, region }: FunctionArn,
  use: FunctionUse,
): Promise<void> {
  const { principal, origin } = context
  const isForeign = account !== principal.account
  const resourcePolicy = isForeign ? await services.functions.policy?.(use) : undefined
  for (const resource of new Set([canonical, unqualified])) {
    const decision = await services.authorizer.decide({
      principal,
      origin,
      action: INVOKE,
      resource,
      account,
      region,
      resourcePolicy,
      keys: [],
      now,
    })
    if (!isAllowed(decision))
      throw accessDenied({ principal: principal.arn, action: INVOKE, shown: resource, decision })
  }
}
