/**
 * Commits a head in the background of its Region. Unlike an operation's commit it is not tried again on fresh state: the plan is made anew instead.
 * @module
 */
import { commitOnce } from '../commit-change.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { Commit } from '../ports/secret-store.ts'
import type { Services } from '../services.ts'
import { settleValues } from '../settle-values.ts'

export interface HeadChange {
  /** The head that it builds on, of the same incarnation; undefined for a new one. */
  readonly previous: SecretHead | undefined
  /** A head of another incarnation whose place it takes. */
  readonly replaces?: SecretHead
  readonly change: SecretHead
  /** Of a head that is new, or replaces another: the revision that it begins with. */
  readonly firstRevision?: number
}

/** @returns the head as it was made durable; undefined when another writer was first */
export async function commitHead(
  services: Pick<Services, 'store' | 'entropy'>,
  { previous, replaces, change, firstRevision }: HeadChange,
): Promise<SecretHead | undefined> {
  const settled = await settleValues(services, previous, change)
  const revision = previous ? settled.head.revision : (firstRevision ?? 1)
  const commit: Commit = {
    ...settled,
    head: { ...settled.head, revision },
    isNew: !previous && !replaces,
    ...(replaces && { replaces }),
  }
  return (await commitOnce(services, commit)).committed
}
