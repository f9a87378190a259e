/**
 * How keys and aliases are named: ids, ARNs and the four forms of a KeyId.
 * @module
 */
import { partitionOf } from '../../../core/domain/names.ts'
import type { Entropy } from '../../../core/ports/entropy.ts'
import { invalidArn, invalidKeyId, otherRegion } from './kms-failure.ts'

/** Where a key lives, and where a caller is. */
export interface KeyPlace {
  readonly account: string
  readonly region: string
}

export interface KeyName extends KeyPlace {
  readonly id: string
}

export type KeyReference =
  | { readonly kind: 'key'; readonly name: KeyName }
  | { readonly kind: 'alias'; readonly place: KeyPlace; readonly alias: string }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MULTI_REGION_ID = /^mrk-[0-9a-f]{32}$/
const ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):(?:key\/(.+)|(alias\/.+))$/

/** Namespace of the aliases that services make for their own keys. */
export const RESERVED_ALIAS_PREFIX = 'alias/aws/'

export function keyArn({ region, account, id }: KeyName): string {
  return `${arnPrefix({ region, account })}key/${id}`
}

/** @param alias with its `alias/` */
export function aliasArn(place: KeyPlace, alias: string): string {
  return arnPrefix(place) + alias
}

/**
 * Takes a key id, key ARN, alias name or alias ARN apart, as `place` may name it: only an ARN can mean another account. Whether it exists, and who may use it, is not looked
 * at. @throws {KmsFailure}
 */
export function parseKeyId(keyId: string, place: KeyPlace): KeyReference {
  if (keyId.startsWith('arn:')) return parseArn(keyId, place)
  if (keyId.startsWith('alias/')) return { kind: 'alias', place, alias: keyId }
  return keyReference(place, keyId, keyId)
}

/** Parses a key ARN of any account and Region. */
export function parseKeyArn(arn: string): KeyName | undefined {
  const [, region, account, id] = ARN.exec(arn) ?? []
  return region !== undefined && account !== undefined && id !== undefined ? { region, account, id } : undefined
}

export function newKeyId(entropy: Entropy, multiRegion: boolean): string {
  const hex = entropy.bytes(16).toString('hex')
  return multiRegion ? `mrk-${hex}` : asUuid(hex)
}

export const isMultiRegionId = (id: string): boolean => id.startsWith('mrk-')

/** The 16 bytes of an id, in hexadecimal. */
export const hexOfId = (id: string): string => (isMultiRegionId(id) ? id.slice(4) : id.replaceAll('-', ''))

export const idOfHex = (hex: string, multiRegion: boolean): string => (multiRegion ? `mrk-${hex}` : dashed(hex))

/** RFC 9562 section 5.4: a random (version 4) UUID. */
export function asUuid(hex: string): string {
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return dashed(`${hex.slice(0, 12)}4${hex.slice(13, 16)}${variant}${hex.slice(17)}`)
}

const dashed = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`

function parseArn(arn: string, place: KeyPlace): KeyReference {
  const [, region, account, id, alias] = ARN.exec(arn) ?? []
  if (region === undefined || account === undefined) throw invalidArn(arn)
  if (region !== place.region) throw otherRegion(region)
  const owner = { account, region }
  return alias === undefined ? keyReference(owner, id ?? '', arn) : { kind: 'alias', place: owner, alias }
}

function keyReference({ account, region }: KeyPlace, id: string, given: string): KeyReference {
  if (!UUID.test(id) && !MULTI_REGION_ID.test(id)) throw invalidKeyId(given)
  return { kind: 'key', name: { account, region, id } }
}

const arnPrefix = ({ region, account }: KeyPlace): string => `arn:${partitionOf(region)}:kms:${region}:${account}:`
