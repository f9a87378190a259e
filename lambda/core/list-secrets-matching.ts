/**
 * Walks the secrets of an account and Region in order and keeps those that match: the engine under ListSecrets and BatchGetSecretValue. Pages go
 * on from the last secret's place in the order, so whatever is created or deleted between two pages, a secret that stays is seen once (SM-LIST-09).
 * @module
 */
import type { SecretPredicate } from './domain/filters.ts'
import type { ListOrder, ListPosition, ListQuery, SecretStore, ListedSecret } from './ports/secret-store.ts'

/** Secrets looked at for one page at most; then the page is answered as it is, even empty, with a NextToken (behaviour section 6). */
const SCAN_LIMIT = 2_000
/** Secrets fetched at once while filtering. */
const CHUNK = 100

export interface MatchQuery extends Omit<ListQuery, 'limit' | 'after'> {
  readonly after: ListPosition | undefined
  /** Matches wanted. */
  readonly count: number
  /** Undefined: everything matches. */
  readonly matches: SecretPredicate | undefined
  readonly includeScheduled: boolean
}

export interface MatchPage {
  readonly secrets: readonly ListedSecret[]
  /** Where the next page goes on; undefined on the last. */
  readonly next: ListPosition | undefined
}

export async function listSecretsMatching(store: SecretStore, query: MatchQuery): Promise<MatchPage> {
  const { count, matches, includeScheduled, after, ...place } = query
  const isWanted = ({ head }: ListedSecret): boolean =>
    (head.state === 'active' || (includeScheduled && head.state === 'scheduled')) && (matches?.(head) ?? true)
  const found: ListedSecret[] = []
  const limit = matches ? Math.max(count, CHUNK) : count
  let last = after
  for (let scanned = 0; scanned < SCAN_LIMIT; scanned += limit) {
    const { secrets, hasMore } = await store.list({ ...place, ...(last && { after: last }), limit })
    for (const secret of secrets) {
      if (isWanted(secret)) {
        // One more than asked for shows that there is a next page.
        if (found.length === count) return { secrets: found, next: last }
        found.push(secret)
      }
      last = positionOf(secret, place.order)
    }
    if (!hasMore) return { secrets: found, next: undefined }
    // A full page is not worth another request to learn that only secrets follow which are not shown.
    if (found.length === count && !matches) break
    // A long search lets others have their turn.
    await new Promise(setImmediate)
  }
  return { secrets: found, next: last }
}

function positionOf({ head, access }: ListedSecret, order: ListOrder): ListPosition {
  const at = { created: head.createdAt, changed: head.changedAt, accessed: access.day, name: 0 }[order]
  return { at, name: head.key.name }
}
