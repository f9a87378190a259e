/**
 * DescribeSecret (behaviour 5.2).
 * @module
 */
import { secretOperation } from '../operation.ts'
import { replicationStatus } from '../replication/status.ts'
import { presentSecret, stagesByVersion } from '../present-secret.ts'

export const describeSecret = secretOperation('DescribeSecret', {
  needs: ['store:read', 'links:read'],
  accepts: 'any',
  async run({ secret, services }) {
    const replicas = await replicationStatus(services, secret.head)
    const stages = stagesByVersion(secret.head.versions)
    return {
      answer: {
        ...presentSecret(secret),
        ...(stages && { VersionIdsToStages: stages }),
        ...(replicas.length > 0 && { ReplicationStatus: replicas }),
      },
    }
  },
})
