/**
 * RestoreSecret (behaviour 5.10, SM-RESTORE-01).
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { randomFraction } from '../domain/random-id.ts'
import { goneOn } from '../domain/rotation-state.ts'
import { secretOperation } from '../operation.ts'

export const restoreSecret = secretOperation('RestoreSecret', {
  needs: ['store:read', 'store:write'],
  accepts: 'any',
  async run({ secret: { head }, services, now }) {
    const answer = { ARN: arnOf(head), Name: head.key.name }
    // UNK for a secret that is not scheduled: a success without change.
    if (head.state === 'active') return { answer }
    const { deletion: _cancelled, ...rest } = head
    const fraction = randomFraction(services.entropy)
    return { answer, change: goneOn({ ...rest, state: 'active', changedAt: now }, { now, fraction }) }
  },
})
