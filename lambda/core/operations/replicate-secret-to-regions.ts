/**
 * ReplicateSecretToRegions (behaviour 9.2): the copies are made by the Regions themselves, after the answer (SM-REPLICA-01).
 * @module
 */
import { CURRENT, holderOf } from '../domain/staging-labels.ts'
import { arnOf } from '../domain/names.ts'
import { parseReplicaRegions, withReplicas } from '../domain/replica-regions.ts'
import type { SecretHead } from '../domain/secret.ts'
import { requireKeyAccess } from '../key-access.ts'
import { keyScopeOf } from '../key-scope.ts'
import { secretOperation, type SecretCall } from '../operation.ts'
import { replicationStatus } from '../replication/status.ts'
import { translated } from '../sealing.ts'

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
    await requireDecryption(call, head)
    const change = withReplicas(head, { wanted, force: input.ForceOverwriteReplicaSecret ?? false, now })
    return { answer: { ARN: arnOf(head), ReplicationStatus: await replicationStatus(services, change) }, change }
  },
})

/**
 * SM-KMS-05: whoever sends a secret to other Regions must be able to read it. The replicators open it there later, and ask nobody.
 * @throws {ServiceError} AccessDeniedException, DecryptionFailure
 */
async function requireDecryption(
  { services, context }: SecretCall<'ReplicateSecretToRegions'>,
  head: SecretHead,
): Promise<void> {
  const current = holderOf(head.versions, CURRENT)
  const keyId = current?.keyArns?.[0]
  if (current === undefined || keyId === undefined) return
  await translated('decrypt', () =>
    requireKeyAccess(services, {
      keyId,
      actions: ['kms:Decrypt'],
      context: { SecretARN: arnOf(head), SecretVersionId: current.id },
      scope: keyScopeOf(context, head),
    }),
  )
}
