/**
 * DescribeSecret (behaviour 5.2).
 * @module
 */
import { secretOperation } from '../operation.ts'
import { presentSecret, stagesByVersion } from '../present-secret.ts'

export const describeSecret = secretOperation('DescribeSecret', {
  needs: ['store:read'],
  accepts: 'any',
  async run({ secret }) {
    const stages = stagesByVersion(secret.head.versions)
    return { answer: { ...presentSecret(secret), ...(stages && { VersionIdsToStages: stages }) } }
  },
})
