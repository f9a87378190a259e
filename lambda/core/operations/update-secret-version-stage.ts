/**
 * UpdateSecretVersionStage (behaviour 5.7).
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { moveStage } from '../domain/staging-labels.ts'
import { secretOperation } from '../operation.ts'

export const updateSecretVersionStage = secretOperation('UpdateSecretVersionStage', {
  needs: ['store:read', 'store:write', 'values:read', 'values:write', 'values:drop'],
  conditionKeys: ({ VersionStage }) => ({ VersionStage }),
  async run({ input, secret: { head }, now }) {
    const { VersionStage: stage, MoveToVersionId: moveTo, RemoveFromVersionId: removeFrom } = input
    const versions = moveStage(head.versions, { stage, moveTo, removeFrom })
    return {
      answer: { ARN: arnOf(head), Name: head.key.name },
      ...(versions !== head.versions && { change: { ...head, versions, changedAt: now } }),
    }
  },
})
