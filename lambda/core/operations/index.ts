/**
 * The operation table: the spine. Dispatch, validation, permissions, deployed functions, metrics and the compatibility matrix are all read from it.
 * @module
 */
import type { OperationName } from '../model/secrets-manager.types.generated.ts'
import type { Operation } from '../operation.ts'
import { batchGetSecretValue } from './batch-get-secret-value.ts'
import { cancelRotateSecret } from './cancel-rotate-secret.ts'
import { createSecret } from './create-secret.ts'
import { deleteResourcePolicy } from './delete-resource-policy.ts'
import { deleteSecret } from './delete-secret.ts'
import { describeSecret } from './describe-secret.ts'
import { getRandomPassword } from './get-random-password.ts'
import { getResourcePolicy } from './get-resource-policy.ts'
import { getSecretValue } from './get-secret-value.ts'
import { listSecretVersionIds } from './list-secret-version-ids.ts'
import { listSecrets } from './list-secrets.ts'
import { putResourcePolicy } from './put-resource-policy.ts'
import { putSecretValue } from './put-secret-value.ts'
import { removeRegionsFromReplication } from './remove-regions-from-replication.ts'
import { replicateSecretToRegions } from './replicate-secret-to-regions.ts'
import { restoreSecret } from './restore-secret.ts'
import { rotateSecret } from './rotate-secret.ts'
import { stopReplicationToReplica } from './stop-replication-to-replica.ts'
import { tagResource } from './tag-resource.ts'
import { untagResource } from './untag-resource.ts'
import { updateSecret } from './update-secret.ts'
import { updateSecretVersionStage } from './update-secret-version-stage.ts'
import { validateResourcePolicy } from './validate-resource-policy.ts'

const rows = [
  batchGetSecretValue,
  cancelRotateSecret,
  createSecret,
  deleteResourcePolicy,
  deleteSecret,
  describeSecret,
  getRandomPassword,
  getResourcePolicy,
  getSecretValue,
  listSecretVersionIds,
  listSecrets,
  putResourcePolicy,
  putSecretValue,
  removeRegionsFromReplication,
  replicateSecretToRegions,
  restoreSecret,
  rotateSecret,
  stopReplicationToReplica,
  tagResource,
  untagResource,
  updateSecret,
  updateSecretVersionStage,
  validateResourcePolicy,
]

/** Without a prototype: a target such as `constructor` finds nothing. */
export const operations: Readonly<Partial<Record<OperationName, Operation>>> = Object.freeze(
  Object.assign(Object.create(null), Object.fromEntries(rows.map((row) => [row.name, row]))),
) as Readonly<Partial<Record<OperationName, Operation>>>
