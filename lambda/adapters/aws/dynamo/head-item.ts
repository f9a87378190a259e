/**
 * A head as an item: its record as text, the sealed AWSCURRENT value beside it as bytes, and the attributes that the conditions and the indexes need.
 * @module
 */
import { regionsConcernedBy } from '../../../core/domain/replication.ts'
import { rotationDueAt } from '../../../core/domain/rotation-due.ts'
import type { SecretHead, SecretSummary } from '../../../core/domain/secret.ts'
import { decodeHead, decodeSummary, encodeHead } from '../../head-record.ts'
import { wantedText } from '../rotation/wanted.ts'
import { headKey, secretKeyOf, textOf, type Item } from './item-keys.ts'
import { sortableTime, sortableTimeAndName } from './sort-text.ts'

/** All that a listing reads of a head: never the value. */
export const SUMMARY_ATTRIBUTES = ['pk', 'sk', 'record'] as const

export function headItem(head: SecretHead): Item {
  const { key, suffix, revision, createdAt, changedAt } = head
  const { record, inline } = encodeHead(head)
  const rotates = wantedText(head)
  const replicates = replicatesText(head)
  return {
    ...headKey(key),
    record: { S: record },
    ...(inline && { inline: { B: inline } }),
    suffix: { S: suffix },
    revision: { N: String(revision) },
    // The change feeds' filters look at these three.
    ...(head.state !== 'active' && { state: { S: head.state } }),
    ...(rotates !== undefined && { rotates: { S: rotates } }),
    ...(replicates !== undefined && { replicates: { S: replicates } }),
    list: { S: listOf(key) },
    byCreated: { S: sortableTimeAndName(createdAt, key.name) },
    byChanged: { S: sortableTimeAndName(changedAt, key.name) },
    byName: { S: key.name },
    ...dueAttributes(head),
  }
}

export const listOf = ({ account, region }: { account: string; region: string }): string => `${account}#${region}`
export const dueRotationsOf = (region: string): string => `rotate#${region}`
export const duePurgesOf = (region: string): string => `purge#${region}`
export const dueLinksOf = (region: string): string => `replicate#${region}`

/** Where to look again when the head has changed, for whoever reads the item; undefined for a secret that never had to do with another Region. */
function replicatesText(head: SecretHead): string | undefined {
  if (head.replication === undefined) return undefined
  return [head.key.region, ...regionsConcernedBy(head)].join(' ')
}

function dueAttributes(head: SecretHead): Item {
  const { key, state, deletion } = head
  // A purge that has begun is due whatever the clock says.
  const purgeAt = state === 'purging' ? 0 : deletion?.purgeAt
  if (purgeAt !== undefined) return { due: { S: duePurgesOf(key.region) }, dueAt: { S: sortableTime(purgeAt) } }
  const rotateAt = rotationDueAt(head)
  if (rotateAt === undefined) return {}
  return { due: { S: dueRotationsOf(key.region) }, dueAt: { S: sortableTimeAndName(rotateAt, key.name) } }
}

/** Value bytes come as a plain Uint8Array from the SDK: the core compares heads deeply. */
export const headOf = (item: Item): SecretHead =>
  decodeHead(secretKeyOf(item), textOf(item, 'record'), item.inline?.B ?? null)

export const summaryOf = (item: Item): SecretSummary => decodeSummary(secretKeyOf(item), textOf(item, 'record'))
