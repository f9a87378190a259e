/**
 * The snapshot's items. What a principal may do is in one item, by unique id; a second, small one says who has a name now, so that one of the same name that was made earlier is nobody any more.
 * @module
 */
import { identityKey, identityNameKey, identitySnapshotKey, numberOf, textOf, type Item } from '../dynamo/item-keys.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { canonicalText, hashOf, packed, unpacked, type KeptIdentity } from './kept-identity.ts'
import type { PrincipalName } from './principal-name.ts'

export interface IdentityItems {
  /** Changes when anything about the identity does. */
  readonly hash: string
  readonly item: Item
  readonly nameItem: Item
  /** Its policies take more than an item holds: it is kept as somebody who may do nothing. */
  readonly isTooLarge: boolean
}

export function itemsOf(identity: KeptIdentity, { kind, name }: PrincipalName, place: KeyPlace): IdentityItems {
  const canonical = canonicalText(identity)
  const hash = hashOf(canonical)
  const bytes = packed(canonical)
  const isTooLarge = bytes.length > LARGEST
  const content: Item = isTooLarge ? { problem: { S: TOO_LARGE } } : { packed: { B: bytes } }
  return {
    hash,
    isTooLarge,
    item: { ...identityKey(place, identity.uniqueId), hash: { S: hash }, ...content },
    nameItem: {
      ...identityNameKey(place, kind, name),
      arn: { S: identity.arn },
      uniqueId: { S: identity.uniqueId },
      hash: { S: hash },
    },
  }
}

/** Who has a name. @throws {Error} for a damaged item */
export const holderIn = (item: Item): { arn: string; uniqueId: string; hash: string } => ({
  arn: textOf(item, 'arn'),
  uniqueId: textOf(item, 'uniqueId'),
  hash: textOf(item, 'hash'),
})

/** @returns text: why there is no identity in it @throws {Error} for a damaged item */
export function identityIn(item: Item): KeptIdentity | string {
  const bytes = item.packed?.B
  return bytes === undefined ? textOf(item, 'problem') : unpacked(bytes)
}

/** @param began epoch milliseconds at which the reading of IAM was begun: everything in the snapshot is as late as that, or later */
export const snapshotItem = (place: KeyPlace, began: number): Item => ({
  ...identitySnapshotKey(place),
  began: { N: String(began) },
})

/** @throws {Error} for a damaged item */
export const beganIn = (item: Item): number => numberOf(item, 'began')

/** Of DynamoDB's 400 KB, with room for the rest of the item. */
const LARGEST = 380 * 1024
const TOO_LARGE = 'its policies are too large to be kept'
