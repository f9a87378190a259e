/**
 * The function that is managed rotation, in this process: beside those that users bring, under a name that none of them can have.
 * @module
 */
import { EMBEDDED_MANAGED_NAME, isManagedFunction } from '../../lambda/core/managed-function.ts'
import type { FunctionOutcome, FunctionService, FunctionUse, RotationEvent } from '../../lambda/core/ports/functions.ts'
import type { ManagedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { settingsProblem } from '../../lambda/managed-rotation/settings.ts'

export interface ManagedFunctionOptions {
  /** The functions of users. */
  readonly others: Pick<FunctionService, 'check' | 'invoke' | 'policy'>
  /** For the secrets of one account and Region. */
  readonly managed: (place: { readonly account: string; readonly region: string }) => ManagedRotation
  readonly newRequestId: () => string
}

export function withManagedFunction({ others, managed, newRequestId }: ManagedFunctionOptions): FunctionService {
  const isManaged = ({ functionArn, secret }: FunctionUse): boolean =>
    isManagedFunction(functionArn, secret, EMBEDDED_MANAGED_NAME)
  return {
    managedName: EMBEDDED_MANAGED_NAME,
    settingsProblem: (use, settings) => (isManaged(use) ? settingsProblem(settings) : undefined),
    policy: async (use) => (isManaged(use) ? undefined : others.policy?.(use)),
    check: async (use) => (isManaged(use) ? 'allowed' : others.check(use)),
    invoke: (use, event) =>
      isManaged(use) ? performed(managed(use.secret), event, newRequestId()) : others.invoke(use, event),
  }
}

/** As Lambda tells of what a function throws. */
async function performed(rotate: ManagedRotation, event: RotationEvent, requestId: string): Promise<FunctionOutcome> {
  try {
    await rotate(event)
    return { kind: 'returned', requestId }
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'failed', requestId }
    return { kind: 'failed', requestId, errorType: error.name, message: error.message }
  }
}
