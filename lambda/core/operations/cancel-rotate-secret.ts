/**
 * CancelRotateSecret (behaviour 8.8, SM-ROTATE-23): rotation is off, and what is running is not gone on with. Labels stay where they are.
 * @module
 */
import { rotationNotConfigured } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { cancelled, isRotating } from '../domain/rotation-state.ts'
import { secretOperation } from '../operation.ts'
import { rotationEnded } from '../rotation/end-rotation.ts'

export const cancelRotateSecret = secretOperation('CancelRotateSecret', {
  needs: ['store:read', 'store:write', 'values:drop', 'rotation:read'],
  async run({ secret: { head }, services, now }) {
    if (!isRotating(head)) throw rotationNotConfigured()
    const { running, isEnabled } = head.rotation
    const answer = { ARN: arnOf(head), Name: head.key.name, ...(running && { VersionId: running.token }) }
    if (!isEnabled && !running) return { answer }
    return {
      answer,
      change: { ...cancelled(head), changedAt: now },
      ...(running && {
        after: (committed) => rotationEnded(services, committed, { versionId: running.token, result: 'cancelled' }),
      }),
    }
  },
})
