/**
 * Making a changed head durable: one commit, and what to make of it when its answer says that another writer was first.
 * @module
 */
import { isDeepStrictEqual } from 'node:util'
import { throttled } from './domain/errors.ts'
import type { SecretHead, SecretKey } from './domain/secret.ts'
import type { Commit } from './ports/secret-store.ts'
import { onFreshState } from './fresh-state.ts'
import { inTurn } from './in-turn.ts'
import type { Services } from './services.ts'
import { settleValues } from './settle-values.ts'

/** Rounds against writers in other processes; those in this one take turns. */
const MAX_ATTEMPTS = 12

/**
 * Loads, decides and commits, in the secret's turn, again on fresh state while another writer is first.
 * @param attempt one round; undefined when another writer was first
 * @throws {ServiceError} ThrottlingException when others were always first
 */
export function untilCommitted<T extends object>(key: SecretKey, attempt: () => Promise<T | undefined>): Promise<T> {
  return inTurn(key, async () => {
    for (let round = 0; round < MAX_ATTEMPTS; round++) {
      const done = await onFreshState(attempt)
      if (done) return done
    }
    throw throttled()
  })
}

export interface Committed {
  /** The head as it was made durable; undefined when another writer was first. */
  readonly committed?: SecretHead
  /** What stands in the store after a conflict. */
  readonly stored?: SecretHead | undefined
}

type Means = Pick<Services, 'store' | 'entropy'>

export async function commitChange(
  services: Means,
  previous: SecretHead | undefined,
  change: SecretHead,
): Promise<Committed> {
  const settled = await settleValues(services, previous, change)
  const result = await commitOnce(services, settled)
  // A secret with the suffix that was drawn for this creation is ours, whatever others have made of it meanwhile.
  const isOurCreation = previous === undefined && result.stored?.suffix === settled.head.suffix
  return isOurCreation ? { committed: settled.head } : result
}

/** One commit, and what came of it: a conflict may be with ourselves, since a store that is asked over a network repeats a write whose answer was lost. */
export async function commitOnce({ store }: Pick<Services, 'store'>, commit: Commit): Promise<Committed> {
  if ((await store.commit(commit)) === 'committed') return { committed: commit.head }
  const stored = (await store.load(commit.head.key))?.head
  return isDeepStrictEqual(stored, commit.head) ? { committed: commit.head } : { stored }
}

/** What shall become of a secret, decided on its present state; without `change` nothing is written. */
export interface Decided<T> {
  readonly result: T
  readonly change?: SecretHead
}

/**
 * For work in the background: loads, decides and commits, again on fresh state when another writer was first. `decide` may run several times.
 * @throws {ServiceError} ThrottlingException when others were always first
 */
export async function changeSecret<T>(
  services: Means,
  key: SecretKey,
  decide: (head: SecretHead | undefined) => Decided<T> | Promise<Decided<T>>,
): Promise<T> {
  return (await untilCommitted(key, () => attempt(services, key, decide))).result
}

async function attempt<T>(
  services: Means,
  key: SecretKey,
  decide: (head: SecretHead | undefined) => Decided<T> | Promise<Decided<T>>,
): Promise<{ readonly result: T } | undefined> {
  const head = (await services.store.load(key))?.head
  const { result, change } = await decide(head)
  if (change === undefined || change === head) return { result }
  return (await commitChange(services, head, change)).committed && { result }
}
