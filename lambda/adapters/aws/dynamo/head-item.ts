/**
 * A head as an item: its record as text, the sealed AWSCURRENT value beside it as bytes, and the attributes that the conditions and the indexes need.
 * @module
 */
import type { SecretHead, SecretSummary } from '../../../core/domain/secret.ts'
import { decodeHead, decodeSummary, encodeHead } from '../../head-record.ts'
import { headKey, secretKeyOf, textOf, type Item } from './item-keys.ts'
import { sortableTime, sortableTimeAndName } from './sort-text.ts'

/** All that a listing reads of a head: never the value. */
export const SUMMARY_ATTRIBUTES = ['pk', 'sk', 'record'] as const

export function headItem(head: SecretHead): Item {
  const { key, suffix, revision, createdAt, changedAt } = head
  const { record, inline } = encodeHead(head)
  return {
    ...headKey(key),
    record: { S: record },
    ...(inline && { inline: { B: inline } }),
    suffix: { S: suffix },
    revision: { N: String(revision) },
    // The change feed's filter looks at it.
    ...(head.state !== 'active' && { state: { S: head.state } }),
    list: { S: listOf(key) },
    byCreated: { S: sortableTimeAndName(createdAt, key.name) },
    byChanged: { S: sortableTimeAndName(changedAt, key.name) },
    byName: { S: key.name },
    ...dueAttributes(head),
  }
}

export const listOf = ({ account, region }: { account: string; region: string }): string => `${account}#${region}`
export const duePurgesOf = (region: string): string => `purge#${region}`

function dueAttributes({ key, state, deletion }: SecretHead): Item {
  // A purge that has begun is due whatever the clock says.
  const dueAt = state === 'purging' ? 0 : deletion?.purgeAt
  return dueAt === undefined ? {} : { due: { S: duePurgesOf(key.region) }, dueAt: { S: sortableTime(dueAt) } }
}

/** Value bytes come as a plain Uint8Array from the SDK: the core compares heads deeply. */
export const headOf = (item: Item): SecretHead =>
  decodeHead(secretKeyOf(item), textOf(item, 'record'), item.inline?.B ?? null)

export const summaryOf = (item: Item): SecretSummary => decodeSummary(secretKeyOf(item), textOf(item, 'record'))
