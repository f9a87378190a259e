/**
 * Looks again at what nobody has told of: copies that failed, messages that were lost, copies that are not what they should be.
 * @module
 */
import type { DueLink } from '../ports/replication-store.ts'
import type { SweepResult } from '../sweeper.ts'
import { reconcileSecret } from './reconcile-secret.ts'
import type { ReplicationMeans } from './replication-means.ts'

const BATCH = 100
const AT_ONCE = 8

/** Every link that is due in the Regions that the store looks after. What fails is left where it is, and does not keep back the others. */
export async function sweepReplication(means: ReplicationMeans): Promise<SweepResult> {
  let done = 0
  const faults: unknown[] = []
  const now = means.clock.now()
  for (let after: DueLink | undefined; ;) {
    const page = await means.replication.dueLinks(now, BATCH, after)
    for (let index = 0; index < page.length; index += AT_ONCE) {
      const some = page.slice(index, index + AT_ONCE)
      const results = await Promise.allSettled(some.map(({ key }) => reconcileSecret(means, key)))
      for (const result of results) {
        if (result.status === 'rejected') faults.push(result.reason)
        else if (result.value.steps.length > 0) done++
      }
    }
    after = page.at(-1)
    if (after === undefined || page.length < BATCH) return { done, faults }
  }
}
