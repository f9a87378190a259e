/**
 * StopReplicationToReplica (behaviour 9.2, SM-REPLICA-10): a replica becomes a secret of its own. One flag is flipped here; the replicator gives it a key of its own afterwards, and tells the former primary.
 *
 * Beyond AWS: called on a primary that has been told to step down for another Region, it takes that back.
 * @module
 */
import { notAReplica } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { randomFraction } from '../domain/random-id.ts'
import { goneOn } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { secretOperation } from '../operation.ts'
import { contentDigest } from '../replication/content.ts'
import { withoutRotation } from '../replication/succession.ts'

export const stopReplicationToReplica = secretOperation('StopReplicationToReplica', {
  needs: ['store:read', 'store:write'],
  onCopy: 'accepted',
  // DOC: the SecretId is the ARN of the primary, which differs in its Region.
  takesArnOfAnyRegion: true,
  async run({ secret: { head }, services, now }) {
    const moment = { now, fraction: randomFraction(services.entropy) }
    const change = promoted(head, now) ?? notSteppingDown(head, moment)
    if (!change) throw notAReplica()
    return { answer: { ARN: arnOf(head) }, change }
  },
})

function promoted(head: SecretHead, now: number): SecretHead | undefined {
  const { source, ...rest } = head.replication ?? {}
  if (!source) return undefined
  const promotion = { from: source.region, at: now, base: contentDigest(head) }
  return withoutRotation({ ...head, changedAt: now, replication: { ...rest, replicas: [], promotion } })
}

function notSteppingDown(
  head: SecretHead,
  moment: { readonly now: number; readonly fraction: number },
): SecretHead | undefined {
  const { yielding, ...rest } = head.replication ?? {}
  if (!yielding) return undefined
  return goneOn({ ...head, replication: rest }, moment)
}
