/**
 * Functions that a test makes up: a FunctionService without a place to run them.
 * @module
 */
import type { ResourcePolicy } from '../../lambda/auth/decide.ts'
import { EMBEDDED_MANAGED_NAME } from '../../lambda/core/managed-function.ts'
import type {
  FunctionCheck,
  FunctionOutcome,
  FunctionService,
  FunctionUse,
  RotationEvent,
} from '../../lambda/core/ports/functions.ts'

export type StubFunction = (event: RotationEvent) => Promise<FunctionOutcome | undefined> | FunctionOutcome | undefined

/** Functions by ARN; a function that answers nothing has returned. Without any, every function is there and returns. */
export class StubFunctions implements FunctionService {
  readonly managedName = EMBEDDED_MANAGED_NAME
  readonly byArn = new Map<string, StubFunction>()
  /** In the order of the invocations. */
  readonly events: RotationEvent[] = []
  checked: FunctionCheck = 'allowed'
  settingsProblem?: NonNullable<FunctionService['settingsProblem']>
  /** Policies of functions by ARN. */
  readonly policies = new Map<string, ResourcePolicy>()

  async check(_use: FunctionUse): Promise<FunctionCheck> {
    return this.checked
  }

  async policy({ functionArn }: FunctionUse): Promise<ResourcePolicy | undefined> {
    return this.policies.get(functionArn)
  }

  async invoke({ functionArn }: FunctionUse, event: RotationEvent): Promise<FunctionOutcome> {
    this.events.push(event)
    const outcome = await this.byArn.get(functionArn)?.(event)
    return outcome ?? { kind: 'returned', requestId: `request-${this.events.length}` }
  }
}
