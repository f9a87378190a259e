/**
 * DeleteSecret (behaviour 5.9).
 * @module
 */
import { purgeDate } from '../domain/deletion.ts'
import { alreadyScheduled, hasReplicaRegions } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { arnSuffix } from '../domain/random-id.ts'
import { suspended } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { secretOperation, type Outcome } from '../operation.ts'
import { rotationEnded } from '../rotation/end-rotation.ts'
import type { Services } from '../services.ts'

export const deleteSecret = secretOperation('DeleteSecret', {
  needs: ['store:read', 'store:write', 'values:drop', 'rotation:read'],
  accepts: 'any',
  conditionKeys: ({ RecoveryWindowInDays, ForceDeleteWithoutRecovery }) => ({
    RecoveryWindowInDays,
    ForceDeleteWithoutRecovery,
  }),
  async run({ input, secret: { head }, now, services }) {
    const purgeAt = purgeDate(input, now)
    const isForced = input.ForceDeleteWithoutRecovery ?? false
    refuseWithReplicas(head)
    if (head.state === 'scheduled' && !isForced) throw alreadyScheduled()
    return {
      answer: { ARN: arnOf(head), Name: head.key.name, DeletionDate: purgeAt },
      change: { ...suspended(head), state: isForced ? 'purging' : 'scheduled', deletion: { purgeAt }, changedAt: now },
      ...(isForced ? { after: services.purgeSoon } : afterStopping(services, head)),
    }
  },
  /** SM-DELETE-05: deleting by force what is not there answers as if it had been. */
  async missing({ input, services, now }, { key }) {
    if (!input.ForceDeleteWithoutRecovery) return undefined
    const purgeAt = purgeDate(input, now)
    const arn = arnOf({ key, suffix: arnSuffix(services.entropy) })
    return { answer: { ARN: arn, Name: input.SecretId, DeletionDate: purgeAt } }
  },
})

/** SM-DELETE-08 @throws {ServiceError} InvalidParameterException */
function refuseWithReplicas(head: SecretHead): void {
  const regions = (head.replication?.replicas ?? []).map(({ region }) => region)
  if (regions.length > 0) throw hasReplicaRegions(arnOf(head), regions)
}

/** SM-ROTATE-24 */
function afterStopping(services: Services, { rotation }: SecretHead): Pick<Outcome<never>, 'after'> {
  const versionId = rotation?.running?.token
  return versionId === undefined
    ? {}
    : { after: (committed) => rotationEnded(services, committed, { versionId, result: 'stopped' }) }
}
