/**
 * A secret's metadata as DescribeSecret and ListSecrets show it: what has no value is left out (SM-ABSENT-01..07).
 * @module
 */
import { arnOf } from './domain/names.ts'
import type { SecretSummary } from './domain/secret.ts'
import type { SecretListEntry } from './model/secrets-manager.types.generated.ts'
import type { ListedSecret } from './ports/secret-store.ts'

type Shown = Omit<SecretListEntry, 'SecretVersionsToStages'>

export function presentSecret({ head, access }: ListedSecret): Shown {
  return {
    ARN: arnOf(head),
    Name: head.key.name,
    ...(head.type !== undefined && { Type: head.type }),
    ...(head.description !== undefined && { Description: head.description }),
    ...(head.kmsKeyId !== undefined && { KmsKeyId: head.kmsKeyId }),
    LastChangedDate: head.changedAt,
    ...(access.day > 0 && { LastAccessedDate: access.day }),
    // INF: the two documentations of DeletedDate disagree; we show the date of the deletion to come.
    ...(head.deletion && { DeletedDate: head.deletion.purgeAt }),
    ...(head.tags && { Tags: head.tags.map(({ key, value }) => ({ Key: key, Value: value })) }),
    ...(head.owningService !== undefined && { OwningService: head.owningService }),
    CreatedDate: head.createdAt,
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
