/**
 * GetSecretValue (behaviour 5.3, SM-GET-01).
 * @module
 */
import { selectVersion } from '../domain/staging-labels.ts'
import { secretOperation } from '../operation.ts'
import { readValue } from '../present-value.ts'

export const getSecretValue = secretOperation('GetSecretValue', {
  needs: ['store:read', 'store:touch', 'values:read', 'keys:open'],
  async run(call) {
    const { VersionId: versionId, VersionStage: stage } = call.input
    const version = selectVersion(call.secret.head.versions, { versionId, stage })
    return { answer: await readValue(call, call.secret, version) }
  },
})
