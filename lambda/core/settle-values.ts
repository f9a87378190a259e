/**
 * Decides where each value of a changed secret is kept, and so what a commit has to write: the AWSCURRENT value in the head as long as it is small, every other
 * one in an item of its own (docs/decisions, "head and values").
 * @module
 */
import { randomId } from './domain/random-id.ts'
import { INLINE_LIMIT, type SecretHead, type Version } from './domain/secret.ts'
import { CURRENT } from './domain/staging-labels.ts'
import type { Commit, NewValue } from './ports/secret-store.ts'
import { readSealed } from './read-sealed.ts'
import type { Services } from './services.ts'

/**
 * @param change the head that an operation wants; freshly sealed values stand in it as `inline`, whatever their size
 * @returns the commit that brings it about, one revision after `previous`
 */
export async function settleValues(
  services: Pick<Services, 'store' | 'entropy'>,
  previous: SecretHead | undefined,
  change: SecretHead,
): Promise<Commit> {
  const put: NewValue[] = []
  const versions = await Promise.all(change.versions.map((version) => settle(version)))
  const head: SecretHead = { ...change, versions, revision: (previous?.revision ?? 0) + 1 }
  const named = new Set(itemIds(head))
  return { head, put, drop: previous ? itemIds(previous).filter((id) => !named.has(id)) : [] }

  function wasCurrent(id: string): boolean {
    return previous?.versions.some((version) => version.id === id && version.stages.includes(CURRENT)) ?? false
  }

  async function settle(version: Version): Promise<Version> {
    const { value } = version
    const isCurrent = version.stages.includes(CURRENT)
    if (value.kind === 'inline' && !(isCurrent && value.sealed.byteLength <= INLINE_LIMIT)) {
      const id = `${version.id}.${randomId(services.entropy)}`
      put.push({ id, sealed: value.sealed })
      return { ...version, value: { kind: 'item', id, bytes: value.sealed.byteLength } }
    }
    // Only one that becomes current now: an operation that moves no label has no cause to touch values, and on AWS no right to.
    if (value.kind === 'item' && isCurrent && !wasCurrent(version.id) && value.bytes <= INLINE_LIMIT)
      return { ...version, value: { kind: 'inline', sealed: await readSealed(services, change, version) } }
    return version
  }
}

const itemIds = ({ versions }: SecretHead): string[] =>
  versions.flatMap(({ value }) => (value.kind === 'item' ? [value.id] : []))
