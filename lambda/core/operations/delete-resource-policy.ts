/**
 * DeleteResourcePolicy (behaviour 7.1, SM-POLICY-04): answers the same when there was none.
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { secretOperation } from '../operation.ts'

export const deleteResourcePolicy = secretOperation('DeleteResourcePolicy', {
  needs: ['store:read', 'store:write'],
  async run({ secret: { head }, now }) {
    const answer = { ARN: arnOf(head), Name: head.key.name }
    const { policy, ...rest } = head
    return policy === undefined ? { answer } : { answer, change: { ...rest, changedAt: now } }
  },
})
