/**
 * The days on which a secret and its versions were read, as an item of their own: a read never touches the head. It is made with the secret, so that one that was
 * never read is in the listing by last access too.
 * @module
 */
import { hash } from 'node:crypto'
import type { AccessRecord, SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import { ACCESS_SHARDS } from '../table-schema.ts'
import { accessKey, numberOf, textOf, type Item } from './item-keys.ts'
import { listOf } from './head-item.ts'
import { sortableTime } from './sort-text.ts'

export const neverRead: AccessRecord = { day: 0, versions: new Map() }

type Incarnation = Pick<SecretHead, 'key' | 'suffix'>

export function accessItem(secret: Incarnation, { day, versions }: AccessRecord = neverRead): Item {
  const days = [...versions].map(([id, read]) => [id, { N: String(read) }] as const)
  return {
    ...accessKey(secret),
    suffix: { S: secret.suffix },
    shard: { S: shardOf(secret.key) },
    byAccessed: { S: sortableAccess(day, secret) },
    day: { N: String(day) },
    versions: { M: Object.fromEntries(days) },
  }
}

export const suffixOf = (item: Item): string => textOf(item, 'suffix')

export function accessOf(item: Item): AccessRecord {
  const versions = Object.entries(item.versions?.M ?? {}).map(([id, { N }]) => [id, Number(N)] as const)
  return { day: numberOf(item, 'day'), versions: new Map(versions) }
}

const shardName = (place: { account: string; region: string }, shard: number): string => `${listOf(place)}#${shard}`

/** Reads of many secrets on one day would all go to one partition of the index otherwise. */
const shardOf = (key: SecretKey): string =>
  shardName(key, hash('sha256', key.name, 'buffer').readUInt8(0) % ACCESS_SHARDS)

export const shardsOf = (place: { account: string; region: string }): readonly string[] =>
  Array.from({ length: ACCESS_SHARDS }, (_, shard) => shardName(place, shard))

/** Ends a name: before every character that a name can have (SM-NAME-01), so that a name sorts before a longer one. */
const END_OF_NAME = ' '
/** After the end of a name whatever suffix follows it, and still before every longer name: the first character that a name can have. */
const AFTER_NAME = '!'

/** The suffix at the end keeps what an earlier secret of the name may have left apart, so that a page can end between the two. */
export const sortableAccess = (day: number, { key, suffix }: Incarnation): string =>
  `${sortableTime(day)}#${key.name}${END_OF_NAME}${suffix}`

/** The end of a place in the listing by last access: before (or after) every secret of that day and name. */
export const accessBound = (day: number, name: string, side: 'before' | 'after'): string =>
  `${sortableTime(day)}#${name}${side === 'before' ? END_OF_NAME : AFTER_NAME}`
