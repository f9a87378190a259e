/**
 * The walk over every value item of a Region, for the daily check against the heads: the only Scan there is.
 * @module
 */
import type { ScannedValue } from '../../../core/ports/secret-store.ts'
import { PARTITION_KEY, SORT_KEY } from '../table-schema.ts'
import { decoded } from './failures.ts'
import { keyOfItem, numberOf, textOf, valueRefOf, valuesPrefix, type Item } from './item-keys.ts'
import type { Table } from './table.ts'

/** @param limit items to look at in one request; an empty page means the end */
export async function scanValues(
  table: Table,
  { region, after, limit }: { region: string; after: string | undefined; limit: number },
): Promise<readonly ScannedValue[]> {
  const where = {
    text: `begins_with(#${SORT_KEY}, :values)`,
    names: [SORT_KEY],
    values: { ':values': { S: valuesPrefix(region) } },
  }
  let from = after === undefined ? undefined : keyAt(after)
  for (;;) {
    const { items, next } = await table.scan(where, { from, limit, attributes: ['writtenAt'] })
    // The walk goes on from where the request ended, which may be well after its last value item.
    if (items.length > 0)
      return items.map((item, index) => scanned(item, index === items.length - 1 ? next : undefined))
    if (!next) return []
    from = next
  }
}

const scanned = (item: Item, next: Item | undefined): ScannedValue =>
  decoded(item, () => ({
    ref: valueRefOf(item),
    writtenAt: numberOf(item, 'writtenAt'),
    position: positionOf(next ?? item),
  }))

const positionOf = (key: Item): string =>
  Buffer.from(JSON.stringify([textOf(key, PARTITION_KEY), textOf(key, SORT_KEY)])).toString('base64url')

/** A position that is none of ours starts the walk from the beginning: a damaged note must not stop it for ever. */
function keyAt(position: string): Item | undefined {
  try {
    const [partition, sort] = JSON.parse(Buffer.from(position, 'base64url').toString('utf8')) as unknown[]
    if (typeof partition !== 'string' || typeof sort !== 'string') return undefined
    return keyOfItem({ [PARTITION_KEY]: { S: partition }, [SORT_KEY]: { S: sort } })
  } catch {
    return undefined
  }
}
