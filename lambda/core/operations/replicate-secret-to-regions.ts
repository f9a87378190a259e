/**
 * ReplicateSecretToRegions (behaviour 9.2): the copies are made by the Regions themselves, after the answer (SM-REPLICA-01).
 * @module
 */
import { arnOf } from '../domain/names.ts'
import { parseReplicaRegions, withReplicas } from '../domain/replica-regions.ts'
import { secretOperation } from '../operation.ts'
import { requireDecryption } from '../replication/require-decryption.ts'
import { replicationStatus } from '../replication/status.ts'

export const replicateSecretToRegions = secretOperation('ReplicateSecretToRegions', {
  needs: ['store:read', 'store:write', 'links:read', 'keys:describe'],
  conditionKeys: ({ AddReplicaRegions, ForceOverwriteReplicaSecret }) => ({
    AddReplicaRegions: AddReplicaRegions.flatMap(({ Region }) => Region ?? []),
    ForceOverwriteReplicaSecret,
  }),
  async run(call) {
    const { input, secret, services, now } = call
    const { head } = secret
    const wanted = parseReplicaRegions(input.AddReplicaRegions, head.key, services.regions)
    await requireDecryption(services, call.context, head)
    const change = withReplicas(head, { wanted, force: input.ForceOverwriteReplicaSecret ?? false, now })
    return { answer: { ARN: arnOf(head), ReplicationStatus: await replicationStatus(services, change) }, change }
  },
})
