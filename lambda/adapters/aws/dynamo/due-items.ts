/**
 * The index of work to come, in pages: by time and name, for the work whose due attributes are written so.
 * @module
 */
import type { SecretKey } from '../../../core/domain/secret.ts'
import { indexes } from '../table-schema.ts'
import { decoded } from './failures.ts'
import { secretKeyOf, textOf } from './item-keys.ts'
import { sortableTime, sortableTimeAndName } from './sort-text.ts'
import type { Table } from './table.ts'

export interface DueItem {
  readonly key: SecretKey
  /** Epoch milliseconds. */
  readonly at: number
}

export interface DueQuestion {
  /** Of the attribute `due`. */
  readonly due: string
  readonly now: number
  readonly limit: number
  readonly after: DueItem | undefined
}

/** At or before `now`, earliest first, behind `after`. */
export async function queryDue(table: Table, { due, now, limit, after }: DueQuestion): Promise<readonly DueItem[]> {
  // Bounds are inclusive: nothing is between a text and the same with the smallest character behind it.
  const from = after ? `${sortableTimeAndName(after.at, after.key.name)}\u0000` : sortableTime(0)
  const where = {
    text: '#due = :due AND #dueAt BETWEEN :from AND :to',
    names: ['due', 'dueAt'],
    values: { ':due': { S: due }, ':from': { S: from }, ':to': { S: sortableTime(now + 1) } },
  }
  const items = await table.query({ index: indexes.due, where, limit })
  return items.map((item) =>
    decoded(item, (found) => ({ key: secretKeyOf(found), at: Number(textOf(found, 'dueAt').split('#', 1)[0]) })),
  )
}
