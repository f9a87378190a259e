/**
 * Remembers a read in the access item without reading it first.
 * @module
 */
import type { StoredSecret } from '../../../core/ports/secret-store.ts'
import { accessItem, sortableAccess } from './access-item.ts'
import { accessKey, type Item } from './item-keys.ts'
import { ifAbsent, type Table } from './table.ts'

interface Read {
  readonly versionId: string
  readonly day: number
}

/**
 * Only an item that is there is changed: one that comes back after its secret was removed would stay for ever. Days only move forward.
 * @returns false when there is no such item, or when it knows of a later day
 */
export async function noteRead(
  table: Table,
  { head, access }: StoredSecret,
  { versionId, day }: Read,
): Promise<boolean> {
  const known = new Set([versionId, ...head.versions.map(({ id }) => id)])
  const gone = [...access.versions.keys()].filter((id) => !known.has(id))
  const removes = gone.length === 0 ? '' : ` REMOVE ${gone.map((_, index) => `#versions.#gone${index}`).join(', ')}`
  return table.updateOnce(accessKey(head), {
    set: `SET #day = :day, #byAccessed = :sort, #versions.#version = :day${removes}`,
    condition: {
      text: 'attribute_exists(#pk) AND #day <= :day',
      names: ['pk', 'day', 'byAccessed', 'versions'],
      placeholders: { '#version': versionId, ...Object.fromEntries(gone.map((id, index) => [`#gone${index}`, id])) },
      values: { ':day': { N: String(day) }, ':sort': { S: sortableAccess(day, head) } },
    },
  })
}

/** Makes the item of a secret that has lost it, unless somebody was first. */
export async function makeRead(table: Table, { head }: StoredSecret, { versionId, day }: Read): Promise<void> {
  const { pk, sk, ...attributes } = accessItem(head, { day, versions: new Map([[versionId, day]]) })
  const names = Object.keys(attributes)
  await table.updateOnce({ pk, sk } as Item, {
    set: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    condition: {
      text: ifAbsent.text,
      names: [...ifAbsent.names, ...names],
      values: Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]])) as Item,
    },
  })
}
