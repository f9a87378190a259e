/**
 * The function that is managed rotation, in this process: beside those that users bring, under a name that none of them can have.
 * @module
 */
import { EMBEDDED_MANAGED_NAME, isManagedFunction } from '../../lambda/core/managed-function.ts'
import type { FunctionOutcome, FunctionService, FunctionUse } from '../../lambda/core/ports/functions.ts'
import { STEP_DEADLINE_MS, withinDeadline } from '../../lambda/managed-rotation/deadline.ts'
import type { ManagedRotation } from '../../lambda/managed-rotation/managed-rotation.ts'
import { settingsProblem } from '../../lambda/managed-rotation/settings.ts'

export interface ManagedFunctionOptions {
  /** The functions of users. */
  readonly others: Pick<FunctionService, 'check' | 'invoke' | 'policy'>
  /** For the secrets of one account and Region. */
  readonly managed: (place: { readonly account: string; readonly region: string }) => ManagedRotation
  readonly newRequestId: () => string
  /** After which a step has ended for the rotation, whatever hangs in it. Managed rotation's own deadline is before it and has a better word. */
  readonly patienceMs?: number
}

export function withManagedFunction(options: ManagedFunctionOptions): FunctionService {
  const { others, managed, newRequestId, patienceMs = STEP_DEADLINE_MS + 5_000 } = options
  const isManaged = ({ functionArn, secret }: FunctionUse): boolean =>
    isManagedFunction(functionArn, secret, EMBEDDED_MANAGED_NAME)
  return {
    managedName: EMBEDDED_MANAGED_NAME,
    settingsProblem: (use, settings) => (isManaged(use) ? settingsProblem(settings) : undefined),
    policy: async (use) => (isManaged(use) ? undefined : others.policy?.(use)),
    check: async (use) => (isManaged(use) ? 'allowed' : others.check(use)),
    invoke: (use, event) =>
      isManaged(use)
        ? performed(() => managed(use.secret)(event), { requestId: newRequestId(), patienceMs })
        : others.invoke(use, event),
  }
}

/** As Lambda tells of what a function throws. */
async function performed(
  rotate: () => Promise<void>,
  { requestId, patienceMs }: { readonly requestId: string; readonly patienceMs: number },
): Promise<FunctionOutcome> {
  try {
    await withinDeadline(rotate, { deadlineMs: patienceMs })
    return { kind: 'returned', requestId }
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'failed', requestId }
    if (error.name === 'TimedOut') return { kind: 'timed-out', requestId, message: error.message }
    return { kind: 'failed', requestId, errorType: error.name, message: error.message }
  }
}
