/**
 * Repairs what was lost on the way to a rotation: the change feed gives a record up after an hour, a schedule may not fire, an execution may break. Whatever wants attention and has had none is in the
 * due index.
 * @module
 */
import type { DueRotation, SecretStore } from '../../../core/ports/secret-store.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { SweepResult } from '../../../core/sweeper.ts'
import type { RotationStarter } from './rotation-starter.ts'

export interface SweepRotationsMeans {
  readonly store: Pick<SecretStore, 'dueRotations' | 'load'>
  readonly clock: Clock
  readonly starter: Pick<RotationStarter, 'revive'>
}

/** What is due since less than that is on its way. */
const GRACE_MS = 10 * 60_000
const PAGE = 100
const AT_ONCE = 10

/** What fails for one keeps back no other. */
export async function sweepRotations({ store, clock, starter }: SweepRotationsMeans): Promise<SweepResult> {
  const before = clock.now() - GRACE_MS
  const faults: unknown[] = []
  let done = 0
  for (let after: DueRotation | undefined; ;) {
    const page = await store.dueRotations(before, PAGE, after)
    for (let index = 0; index < page.length; index += AT_ONCE) {
      const results = await Promise.allSettled(page.slice(index, index + AT_ONCE).map(({ key }) => revive(key)))
      for (const result of results)
        if (result.status === 'rejected') faults.push(result.reason)
        else if (result.value) done++
    }
    after = page.at(-1)
    if (after === undefined || page.length < PAGE) return { done, faults }
  }

  /** The index may be a moment behind: the head says whether there is anything to do. */
  async function revive(key: DueRotation['key']): Promise<boolean> {
    const secret = await store.load(key)
    return secret !== undefined && (await starter.revive(secret.head, before)) !== 'nothing due'
  }
}
