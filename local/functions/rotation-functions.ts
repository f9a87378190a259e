/**
 * The core's functions port over the functions of this Coffer, and over those that are run elsewhere. Secrets Manager invokes a function in its own name, so the function's policy decides.
 * @module
 */
import type { FunctionOutcome, FunctionService, FunctionUse } from '../../lambda/core/ports/functions.ts'
import { RoleNotAssumable, type FunctionHost } from './function-host.ts'
import { isLatest, parseFunctionName } from './function-name.ts'
import { mayInvoke, policyOf } from './function-policy.ts'
import type { FunctionRecord } from './function-record.ts'
import type { FunctionRegistry } from './function-registry.ts'
import { outcomeOf } from './invocation-outcome.ts'
import type { InvokeRemote } from './remote-functions.ts'

export const SECRETS_MANAGER_SERVICE = 'secretsmanager.amazonaws.com'

export interface RotationFunctionsOptions {
  readonly registry: FunctionRegistry
  readonly host: FunctionHost
  /** Name of the function that is managed rotation. */
  readonly managedName: string
  /** For every function that is not known here; absent: there are no others. */
  readonly remote?: InvokeRemote | undefined
}

export function rotationFunctions({ registry, host, managedName, remote }: RotationFunctionsOptions): FunctionService {
  return {
    managedName,
    async policy(use) {
      const record = find(registry, use)
      return record && policyOf(record)
    },
    async check(use) {
      const record = find(registry, use)
      // Whoever runs it elsewhere decides who may invoke it.
      if (record === undefined) return remote === undefined ? 'missing' : 'allowed'
      return isPermitted(record, use) ? 'allowed' : 'not-allowed'
    },
    async invoke(use, event) {
      const record = find(registry, use)
      if (record === undefined)
        return remote === undefined ? { kind: 'not-invoked', reason: 'missing' } : remote(use.functionArn, event)
      if (!isPermitted(record, use)) return { kind: 'not-invoked', reason: 'not-allowed' }
      return run(host, record, event)
    },
  }
}

async function run(host: FunctionHost, record: FunctionRecord, event: object): Promise<FunctionOutcome> {
  try {
    return outcomeOf(await host.invoke(record, Buffer.from(JSON.stringify(event), 'utf8')))
  } catch (error) {
    if (error instanceof RoleNotAssumable)
      return { kind: 'failed', errorType: 'RoleNotAssumable', message: error.message }
    throw error
  }
}

/** Of the secret's own Region, and $LATEST: there are no other versions. */
function find(registry: FunctionRegistry, { functionArn, secret }: FunctionUse): FunctionRecord | undefined {
  const reference = parseFunctionName(functionArn, secret)
  if (reference?.region !== secret.region || !isLatest(reference)) return undefined
  return registry.find(reference)
}

const isPermitted = (record: FunctionRecord, { secretArn, secret: { account } }: FunctionUse): boolean =>
  mayInvoke(record, { service: SECRETS_MANAGER_SERVICE, sourceArn: secretArn, sourceAccount: account })
