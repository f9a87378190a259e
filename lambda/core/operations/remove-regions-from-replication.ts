/**
 * RemoveRegionsFromReplication (behaviour 9.2, SM-REPLICA-09): each Region deletes its copy and the copy's key when it hears of it, without a recovery window.
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { withoutReplicas } from '../domain/replica-regions.ts'
import { secretOperation } from '../operation.ts'
import { replicationStatus } from '../replication/status.ts'

export const removeRegionsFromReplication = secretOperation('RemoveRegionsFromReplication', {
  needs: ['store:read', 'store:write', 'links:read'],
  async run({ input, secret: { head }, services, now }) {
    const change = withoutReplicas(head, input.RemoveReplicaRegions, now)
    // UNK for a secret without replicas: an empty list.
    const answer = { ARN: arnOf(head), ReplicationStatus: await replicationStatus(services, change) }
    return { answer, ...(change !== head && { change }) }
  },
})
