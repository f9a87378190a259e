/**
 * A secret's metadata as DescribeSecret and ListSecrets show it: what has no value is left out (SM-ABSENT-01..07).
 * @module
 */
import { arnOf } from './domain/names.ts'
import { primaryRegionOf } from './domain/replication.ts'
import type { Rotation, RotationRules } from './domain/rotation.ts'
import type { SecretSummary } from './domain/secret.ts'
import type { Writable } from './domain/writable.ts'
import type { SecretListEntry } from './model/secrets-manager.types.generated.ts'
import type { ListedSecret } from './ports/secret-store.ts'

type Shown = Omit<SecretListEntry, 'SecretVersionsToStages'>

/** Member by member: a page of a list comes through here a hundred times. */
export function presentSecret({ head, access }: ListedSecret): Writable<Shown> {
  const shown: Writable<Shown> = {
    ARN: arnOf(head),
    Name: head.key.name,
    LastChangedDate: head.changedAt,
    CreatedDate: head.createdAt,
  }
  if (head.rotation) presentRotation(shown, head.rotation)
  if (head.type !== undefined) shown.Type = head.type
  if (head.description !== undefined) shown.Description = head.description
  if (head.kmsKeyId !== undefined) shown.KmsKeyId = head.kmsKeyId
  if (access.day > 0) shown.LastAccessedDate = access.day
  // INF: the two documentations of DeletedDate disagree; we show the date of the deletion to come.
  if (head.deletion) shown.DeletedDate = head.deletion.purgeAt
  if (head.tags) shown.Tags = head.tags.map(({ key, value }) => ({ Key: key, Value: value }))
  if (head.owningService !== undefined) shown.OwningService = head.owningService
  if (head.replication) presentReplication(shown, head)
  return shown
}

/** SM-REPLICA-11: a secret that is by itself shows none. */
function presentReplication(shown: Writable<Shown>, head: ListedSecret['head']): void {
  const primaryRegion = primaryRegionOf(head)
  if (primaryRegion !== undefined) shown.PrimaryRegion = primaryRegion
}

/** SM-ABSENT-04, SM-ROTATE-22: NextRotationDate is the last second of the window. */
function presentRotation(shown: Writable<Shown>, rotation: Rotation): void {
  const { functionArn, rules, settings, window } = rotation
  shown.RotationEnabled = rotation.isEnabled
  if (functionArn !== undefined) shown.RotationLambdaARN = functionArn
  if (rules) shown.RotationRules = presentRules(rules, rotation.calculatedDays)
  if (settings && settings.length > 0)
    shown.ExternalSecretRotationMetadata = settings.map(({ key, value }) => ({ Key: key, Value: value }))
  if (rotation.roleArn !== undefined) shown.ExternalSecretRotationRoleArn = rotation.roleArn
  if (rotation.lastRotatedAt !== undefined) shown.LastRotatedDate = rotation.lastRotatedAt
  if (window) shown.NextRotationDate = window.end - 1000
}

/** SM-ROTATE-21: after a success days are there beside the expression that they are calculated from. */
function presentRules(
  { automaticallyAfterDays, duration, scheduleExpression }: RotationRules,
  calculatedDays: number | undefined,
): NonNullable<Shown['RotationRules']> {
  const days = automaticallyAfterDays ?? calculatedDays
  return {
    ...(days !== undefined && { AutomaticallyAfterDays: days }),
    ...(duration !== undefined && { Duration: duration }),
    ...(scheduleExpression !== undefined && { ScheduleExpression: scheduleExpression }),
  }
}

/** Labelled versions only (SM-LABEL-13); undefined when there is none. */
export function stagesByVersion(
  versions: SecretSummary['versions'],
): Readonly<Record<string, readonly string[]>> | undefined {
  // Without a prototype: an id such as `__proto__` stays an id, and ids do not each make a hidden class of their own.
  const byVersion = Object.create(null) as Record<string, readonly string[]>
  let isEmpty = true
  for (const { id, stages } of versions) {
    if (stages.length === 0) continue
    byVersion[id] = stages
    isEmpty = false
  }
  return isEmpty ? undefined : byVersion
}
