/**
 * Lists of secrets: one Query of an index and one BatchGetItem for what the index does not hold. Places in a list are compared as text (sort-text.ts), so a page goes
 * on strictly after a place whether or not that secret is still there.
 * @module
 */
import type { AccessRecord } from '../../../core/domain/secret.ts'
import type { ListedSecret, ListOrder, ListPage, ListPosition, ListQuery } from '../../../core/ports/secret-store.ts'
import { indexes, type IndexSchema } from '../table-schema.ts'
import { accessBound, accessOf, neverRead, shardsOf, suffixOf } from './access-item.ts'
import { decoded } from './failures.ts'
import { listOf, summaryOf, SUMMARY_ATTRIBUTES } from './head-item.ts'
import { accessKey, headKey, secretKeyOf, textOf, type Item } from './item-keys.ts'
import { compareText, sortableTimeAndName } from './sort-text.ts'
import type { Table } from './table.ts'

/** A sort key takes 1024 bytes; a place that a caller made up may be longer than any name. */
const NAME_BYTES = 900

export function listSecrets(table: Table, query: ListQuery): Promise<ListPage> {
  const { order } = query
  return order === 'accessed' ? listByAccess(table, query) : listByHead(table, { ...query, order })
}

type HeadOrder = Exclude<ListOrder, 'accessed'>

async function listByHead(
  table: Table,
  { order, limit, descending, after, ...place }: ListQuery & { order: HeadOrder },
): Promise<ListPage> {
  const bound = after && headBound(order, after)
  const found = await queryIndex(table, {
    index: indexes[order],
    partition: listOf(place),
    bound,
    descending,
    limit: limit + 1,
  })
  const heads = found.slice(0, limit).map((item) => decoded(item, summaryOf))
  const items = await table.getMany(heads.map(accessKey), { consistent: false, attributes: ['day', 'versions'] })
  const secrets = heads.map((head, index) => ({ head, access: accessIn(items[index]) }))
  return { secrets, hasMore: found.length > limit }
}

function headBound(order: HeadOrder, { at, name }: ListPosition): string {
  // An empty text can't be compared with a key; a space sorts before every name too.
  return order === 'name' ? bounded(name) || ' ' : sortableTimeAndName(at, bounded(name))
}

const bounded = (name: string): string => Buffer.from(name).subarray(0, NAME_BYTES).toString('utf8')

export const accessIn = (item: Item | undefined): AccessRecord => (item ? decoded(item, accessOf) : neverRead)

/**
 * The shards side by side, merged. An access record whose secret is gone, or whose name belongs to a later secret, is passed over without shortening the page.
 */
async function listByAccess(table: Table, { limit, descending, after, ...place }: ListQuery): Promise<ListPage> {
  const listed: ListedSecret[] = []
  let bound = after && accessBound(after.at, bounded(after.name), descending ? 'before' : 'after')
  for (;;) {
    const question = { index: indexes.accessed, bound, descending, limit: limit + 1 }
    const shards = await Promise.all(shardsOf(place).map((partition) => queryIndex(table, { ...question, partition })))
    const found = inOrder(shards.flat(), descending)
    const records = found.slice(0, limit)
    listed.push(...(await withHeads(table, records)))
    const last = records.at(-1)
    const hasMore = found.length > limit
    if (!last || !hasMore || listed.length >= limit)
      return { secrets: listed.slice(0, limit), hasMore: hasMore || listed.length > limit }
    bound = sortTextOf(last)
  }
}

const sortTextOf = (item: Item): string => textOf(item, indexes.accessed.sortKey)

function inOrder(items: readonly Item[], descending: boolean): readonly Item[] {
  const sign = descending ? -1 : 1
  return [...items].sort((a, b) => sign * compareText(sortTextOf(a), sortTextOf(b)))
}

async function withHeads(table: Table, records: readonly Item[]): Promise<ListedSecret[]> {
  const keys = records.map((record) => headKey(decoded(record, secretKeyOf)))
  const heads = await table.getMany(keys, { consistent: false, attributes: SUMMARY_ATTRIBUTES })
  return records.flatMap((record, index) => {
    const item = heads[index]
    const head = item && decoded(item, summaryOf)
    return head?.suffix === decoded(record, suffixOf) ? [{ head, access: accessIn(record) }] : []
  })
}

interface IndexQuestion {
  readonly index: IndexSchema
  readonly partition: string
  /** Strictly after it, in the direction of the list. */
  readonly bound: string | undefined
  readonly descending: boolean
  readonly limit: number
}

function queryIndex(table: Table, { index, partition, bound, descending, limit }: IndexQuestion) {
  const { partitionKey, sortKey } = index
  const beyond = bound === undefined ? '' : ` AND #${sortKey} ${descending ? '<' : '>'} :bound`
  return table.query({
    index,
    where: {
      text: `#${partitionKey} = :partition${beyond}`,
      names: bound === undefined ? [partitionKey] : [partitionKey, sortKey],
      values: { ':partition': { S: partition }, ...(bound !== undefined && { ':bound': { S: bound } }) },
    },
    descending,
    limit,
  })
}
