/**
 * Pages of IAM's lists. A marker is the name of the last entry given out, in base64url: it stays valid when that entry is gone.
 * @module
 */
import { validation } from './failures.ts'

export interface Paged {
  readonly Marker?: string
  readonly MaxItems?: number
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly rest: { readonly IsTruncated: boolean; readonly Marker?: string }
}

/** IAM's own. */
const DEFAULT_ITEMS = 100

/** @param nameOf unique among the items, which come in its order @throws {QueryError} ValidationError */
export function pageOf<T>(items: Iterable<T>, nameOf: (item: T) => string, { Marker, MaxItems }: Paged): Page<T> {
  const after = Marker === undefined ? undefined : nameIn(Marker)
  const named = [...items].map((item) => ({ item, name: nameOf(item) }))
  const left = named
    .filter(({ name }) => after === undefined || name > after)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const page = left.slice(0, MaxItems ?? DEFAULT_ITEMS)
  const last = page.at(-1)
  const found = page.map(({ item }) => item)
  if (last === undefined || page.length === left.length) return { items: found, rest: { IsTruncated: false } }
  return { items: found, rest: { IsTruncated: true, Marker: Buffer.from(last.name, 'utf8').toString('base64url') } }
}

function nameIn(marker: string): string {
  const bytes = Buffer.from(marker, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== marker)
    throw validation('Invalid Marker: it is not one that this operation has given out.')
  return bytes.toString('utf8')
}
