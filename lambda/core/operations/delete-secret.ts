/**
 * DeleteSecret (behaviour 5.9).
 * @module
 */
import { purgeDate } from '../domain/deletion.ts'
import { alreadyScheduled } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { arnSuffix } from '../domain/random-id.ts'
import { secretOperation } from '../operation.ts'

export const deleteSecret = secretOperation('DeleteSecret', {
  needs: ['store:read', 'store:write'],
  accepts: 'any',
  conditionKeys: ({ RecoveryWindowInDays, ForceDeleteWithoutRecovery }) => ({
    RecoveryWindowInDays,
    ForceDeleteWithoutRecovery,
  }),
  async run({ input, secret: { head }, now, services }) {
    const purgeAt = purgeDate(input, now)
    const isForced = input.ForceDeleteWithoutRecovery ?? false
    if (head.state === 'scheduled' && !isForced) throw alreadyScheduled()
    return {
      answer: { ARN: arnOf(head), Name: head.key.name, DeletionDate: purgeAt },
      change: { ...head, state: isForced ? 'purging' : 'scheduled', deletion: { purgeAt }, changedAt: now },
      ...(isForced && { after: services.purgeSoon }),
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
