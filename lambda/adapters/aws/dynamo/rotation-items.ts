/**
 * The records of rotations in the table: an item each beside the head.
 * @module
 */
import type { RotationRef } from '../../../core/ports/secret-store.ts'
import type { RotationRecord } from '../../../core/rotation/rotation-record.ts'
import { decoded } from './failures.ts'
import { partitionOf, rotationKey, rotationPrefix, textOf, type Item } from './item-keys.ts'
import type { Table } from './table.ts'

/** Of one secret, the newest. */
const KEPT = 25

type Incarnation = Pick<RotationRef, 'key' | 'suffix'>

export async function readRotation(table: Table, ref: RotationRef): Promise<RotationRecord | undefined> {
  const item = await table.get(rotationKey(ref))
  return item && decoded(item, recordOf)
}

export async function readRotations(table: Table, secret: Incarnation): Promise<readonly RotationRecord[]> {
  const items = await rotationItems(table, secret)
  return items
    .map((item) => decoded(item, recordOf))
    .sort((one, other) => other.startedAt - one.startedAt)
    .slice(0, KEPT)
}

/** Every record of the incarnation. @param attributes none: keys only */
export function rotationItems(
  table: Table,
  { key, suffix }: Incarnation,
  attributes?: readonly string[],
): Promise<readonly Item[]> {
  const where = {
    text: '#pk = :pk AND begins_with(#sk, :prefix)',
    names: ['pk', 'sk'],
    values: { ':pk': { S: partitionOf(key) }, ':prefix': { S: rotationPrefix(key.region, suffix) } },
  }
  return table.query({ where, ...(attributes && { attributes }) })
}

/** Older ones than the newest go when a new one comes. */
export async function writeRotation(table: Table, secret: Incarnation, record: RotationRecord): Promise<void> {
  const isNew = record.attempts.length <= 1 && record.attempts[0]?.steps.length === 0
  await table.put({ ...rotationKey({ ...secret, token: record.token }), record: { S: JSON.stringify(record) } })
  if (isNew) await prune(table, secret)
}

async function prune(table: Table, secret: Incarnation): Promise<void> {
  const items = await rotationItems(table, secret)
  if (items.length <= KEPT) return
  const old = items
    .map((item) => decoded(item, recordOf))
    .sort((one, other) => other.startedAt - one.startedAt)
    .slice(KEPT)
  await Promise.allSettled(old.map(({ token }) => table.remove(rotationKey({ ...secret, token }))))
}

const recordOf = (item: Item): RotationRecord => JSON.parse(textOf(item, 'record')) as RotationRecord
