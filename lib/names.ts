/**
 * What everything of a deployment is called. Names are made from the prefix alone, so that stacks, functions and key policies find each other without references between
 * stacks, and two deployments with different prefixes share nothing.
 * @module
 */
import { rolePath } from '../lambda/adapters/aws/role-path.ts'
import { operationModels } from '../lambda/core/model/secrets-manager.shapes.generated.ts'
import { operations } from '../lambda/core/operations/index.ts'
import {
  eventTopicName,
  deadLetterQueueName,
  scheduleGroupName,
  scheduleRoleName,
  stateMachineName,
} from '../lambda/adapters/aws/rotation/rotation-names.ts'
import { backgroundEntries, entryOf, functionName } from '../lambda/handlers/edge/function-name.ts'

/**
 * A role's name has 64 characters at most, and the longest here is prefix, `remove-regions-from-replication` and a Region of 14 characters.
 */
export const LONGEST_PREFIX = 16

export interface OperationEntry {
  /** `GetSecretValue` */
  readonly operation: keyof typeof operations
  /** `get-secret-value`: its file under lambda/handlers, and the end of its function's name. */
  readonly entry: string
}

export const operationEntries: readonly OperationEntry[] = Object.keys(operations).map((name) => ({
  operation: name as keyof typeof operations,
  entry: entryOf(name),
}))

/** Operations of the API without a row in the table. */
export const operationsToCome: readonly string[] = Object.keys(operationModels).filter((name) => !(name in operations))

export const allEntries: readonly string[] = [...operationEntries.map(({ entry }) => entry), ...backgroundEntries]

/**
 * `-batch`: with it, `<prefix>-batch` + `get-secret-value` would be the function that `<prefix>` calls `batch-get-secret-value`.
 */
export function ambiguousEndings(): readonly string[] {
  const entries = [...allEntries, ...operationsToCome.map(entryOf)]
  return entries.flatMap((long) =>
    entries.filter((short) => long.endsWith(`-${short}`)).map((short) => `-${long.slice(0, -short.length - 1)}`),
  )
}

export type Names = ReturnType<typeof namesOf>

export function namesOf(prefix: string) {
  const stack = prefix.charAt(0).toUpperCase() + prefix.slice(1)
  return {
    table: prefix,
    rolePath: rolePath(prefix),
    function: (entry: string) => functionName(prefix, entry),
    /** Roles are of the account, not of a Region. */
    role: (entry: string, region: string) => `${functionName(prefix, entry)}-${region}`,
    functionLogs: (entry: string) => `/aws/lambda/${functionName(prefix, entry)}`,
    accessLogs: `/coffer/${prefix}/access`,
    api: prefix,
    deadLetters: deadLetterQueueName(prefix),
    alarmTopic: `${prefix}-alarms`,
    stateMachine: stateMachineName(prefix),
    stateMachineRole: (region: string) => `${prefix}-rotation-machine-${region}`,
    /** The place where CloudWatch takes the logs of services without a word in its one resource policy for each. */
    stateMachineLogs: `/aws/vendedlogs/states/${stateMachineName(prefix)}`,
    scheduleGroup: scheduleGroupName(prefix),
    scheduleRole: (region: string) => scheduleRoleName(prefix, region),
    eventTopic: eventTopicName(prefix),
    alarm: (name: string) => `${prefix}-${name}`,
    sweep: (task: string) => `${prefix}-sweep-${task}`,
    identitySnapshot: `${prefix}-identity-snapshot`,
    layer: `${prefix}-botocore-extras`,
    webAcl: prefix,
    dashboard: prefix,
    dataStack: `${stack}-Data`,
    serviceStack: (region: string) => `${stack}-Service-${region}`,
    observabilityStack: `${stack}-Observability`,
  } as const
}
