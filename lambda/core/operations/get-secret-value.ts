/**
 * GetSecretValue (behaviour 5.3, SM-GET-01).
 * @module
 */
import { selectVersion } from '../domain/staging-labels.ts'
import { secretOperation } from '../operation.ts'
import { readValue } from '../present-value.ts'

export const getSecretValue = secretOperation('GetSecretValue', {
  needs: ['store:read', 'store:touch', 'values:read', 'keys:open'],
  // UNK: what AWS fills in for a VersionStage that is not given; nothing.
  conditionKeys: ({ VersionId, VersionStage }) => ({ VersionId, VersionStage }),
  async run(call) {
    const { VersionId: versionId, VersionStage: stage } = call.input
    const version = selectVersion(call.secret.head.versions, { versionId, stage })
    return { answer: await readValue(call, call.secret, version) }
  },
})
