/**
 * A head as text: short member names, since every read of a secret that is not in memory parses one. Both stores keep
 * this text, with the sealed inline value beside it as bytes of their own.
 * @module
 */
import type {
  AttachedResourcePolicy,
  SecretHead,
  SecretKey,
  SecretSummary,
  Tag,
  ValuePlace,
  Version,
} from '../core/domain/secret.ts'
import type { Replication } from '../core/domain/replication.ts'
import type { Rotation } from '../core/domain/rotation.ts'
import type { Writable } from '../core/domain/writable.ts'

/** Absent members are left out, never null. */
interface HeadRecord {
  /** suffix */ readonly s: string
  /** revision */ readonly r: number
  /** state, when not active */ readonly z?: SecretHead['state']
  /** purge date */ readonly p?: number
  /** description */ readonly d?: string
  /** customer key */ readonly k?: string
  /** service key */ readonly K?: string
  /** tags */ readonly t?: readonly (readonly [string, string])[]
  /** resource policy: text, and the principals' unique ids by ARN */
  readonly q?: readonly [string, (readonly (readonly [string, string])[])?]
  /** rotation, as it is */ readonly R?: Rotation
  /** replication, as it is ({@link REPLICATION_MEMBER}) */ readonly L?: Replication
  /** type */ readonly y?: string
  /** owning service */ readonly o?: string
  /** creation token */ readonly x: string
  /** created */ readonly c: number
  /** changed */ readonly m: number
  /** versions */ readonly v: readonly VersionRecord[]
}

/** id, created, labels, place (0 none, 1 inline, or the item's id and size), key ARNs */
type VersionRecord = readonly [string, number, readonly string[], PlaceRecord, (readonly string[])?]
type PlaceRecord = 0 | 1 | readonly [string, number]

/** For a store that looks into the text: only a head that has to do with other Regions has it. */
export const REPLICATION_MEMBER = 'L' satisfies keyof HeadRecord

export interface EncodedHead {
  readonly record: string
  readonly inline: Uint8Array | null
}

export function encodeHead(head: SecretHead): EncodedHead {
  const record: HeadRecord = {
    s: head.suffix,
    r: head.revision,
    ...(head.state !== 'active' && { z: head.state }),
    ...(head.deletion && { p: head.deletion.purgeAt }),
    ...(head.description !== undefined && { d: head.description }),
    ...(head.kmsKeyId !== undefined && { k: head.kmsKeyId }),
    ...(head.serviceKeyArn !== undefined && { K: head.serviceKeyArn }),
    ...(head.tags && { t: head.tags.map(({ key, value }) => [key, value] as const) }),
    ...(head.policy && { q: encodePolicy(head.policy) }),
    ...(head.rotation && { R: head.rotation }),
    ...(head.replication && { L: head.replication }),
    ...(head.type !== undefined && { y: head.type }),
    ...(head.owningService !== undefined && { o: head.owningService }),
    x: head.creationToken,
    c: head.createdAt,
    m: head.changedAt,
    v: head.versions.map(encodeVersion),
  }
  const inline = head.versions.find(({ value }) => value.kind === 'inline')?.value
  return { record: JSON.stringify(record), inline: inline?.kind === 'inline' ? inline.sealed : null }
}

const encodePolicy = ({ text, principals }: AttachedResourcePolicy): NonNullable<HeadRecord['q']> =>
  principals.length > 0 ? [text, principals] : [text]

function encodeVersion({ id, createdAt, stages, value, keyArns }: Version): VersionRecord {
  const place = value.kind === 'item' ? ([value.id, value.bytes] as const) : value.kind === 'inline' ? 1 : 0
  return keyArns ? [id, createdAt, stages, place, keyArns] : [id, createdAt, stages, place]
}

/** @param inline the blob that stands beside the record */
export function decodeHead(key: SecretKey, text: string, inline: Uint8Array | null): SecretHead {
  const record = JSON.parse(text) as HeadRecord
  const versions = record.v.map((version) =>
    Object.assign(decodeVersion(version), { value: placeOf(version[3], inline) }),
  )
  return Object.assign(decodeMembers(key, record), { versions })
}

export function decodeSummary(key: SecretKey, text: string): SecretSummary {
  const record = JSON.parse(text) as HeadRecord
  return Object.assign(decodeMembers(key, record), { versions: record.v.map(decodeVersion) })
}

/** Member by member: every read of a secret comes through here. */
function decodeMembers(key: SecretKey, record: HeadRecord): Omit<SecretHead, 'versions'> {
  const head: Writable<Omit<SecretHead, 'versions'>> = {
    key,
    suffix: record.s,
    revision: record.r,
    state: record.z ?? 'active',
    creationToken: record.x,
    createdAt: record.c,
    changedAt: record.m,
  }
  if (record.p !== undefined) head.deletion = { purgeAt: record.p }
  if (record.d !== undefined) head.description = record.d
  if (record.k !== undefined) head.kmsKeyId = record.k
  if (record.K !== undefined) head.serviceKeyArn = record.K
  if (record.t) head.tags = record.t.map(decodeTag)
  if (record.q) head.policy = { text: record.q[0], principals: record.q[1] ?? [] }
  if (record.R) head.rotation = record.R
  if (record.L) head.replication = record.L
  if (record.y !== undefined) head.type = record.y
  if (record.o !== undefined) head.owningService = record.o
  return head
}

const decodeTag = ([key, value]: readonly [string, string]): Tag => ({ key, value })

function decodeVersion([id, createdAt, stages, , keyArns]: VersionRecord): Omit<Version, 'value'> {
  return keyArns ? { id, createdAt, stages, keyArns } : { id, createdAt, stages }
}

function placeOf(place: PlaceRecord, inline: Uint8Array | null): ValuePlace {
  if (place === 0) return { kind: 'none' }
  if (place !== 1) return { kind: 'item', id: place[0], bytes: place[1] }
  if (!inline) throw new Error('a head names an inline value and has none')
  return { kind: 'inline', sealed: inline }
}
