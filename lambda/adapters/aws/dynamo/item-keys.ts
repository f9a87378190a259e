/**
 * The keys of items in the table (design section 3). All items of a name are in one partition, `<account>#<name>`; a sort key begins with the kind of item and the
 * Region that writes it. A name can't hold `#` (SM-NAME-01), nor can anything that stands before the last part of a sort key.
 * @module
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import type { RotationRef, ValueRef } from '../../../core/ports/secret-store.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { PARTITION_KEY, SORT_KEY } from '../table-schema.ts'

export type Item = Record<string, AttributeValue>

const itemKey = (partition: string, sort: string): Item => ({
  [PARTITION_KEY]: { S: partition },
  [SORT_KEY]: { S: sort },
})

export const partitionOf = ({ account, name }: Pick<SecretKey, 'account' | 'name'>): string => `${account}#${name}`

export const headSort = (region: string): string => `head#${region}`
export const headKey = (key: SecretKey): Item => itemKey(partitionOf(key), headSort(key.region))

/** What a Region tells the others about a name; it outlives the head. */
export const linkSort = (region: string): string => `link#${region}`
export const linkKey = (key: SecretKey): Item => itemKey(partitionOf(key), linkSort(key.region))

/** The suffix is part of the key, so that the reads of an earlier secret of the name are never taken for those of a later one. */
export const accessPrefix = (region: string): string => `${headSort(region)}#access#`
export const accessKey = ({ key, suffix }: Pick<SecretHead, 'key' | 'suffix'>): Item =>
  itemKey(partitionOf(key), accessPrefix(key.region) + suffix)

/** Before the value items of all secrets in a Region. */
export const valuesPrefix = (region: string): string => `value#${region}#`
/** Before the ids of those of one incarnation. */
export const valuePrefix = (region: string, suffix: string): string => `${valuesPrefix(region)}${suffix}#`
export const valueKey = ({ key, suffix, id }: ValueRef): Item =>
  itemKey(partitionOf(key), valuePrefix(key.region, suffix) + id)

/** Before the records of the rotations of one incarnation. */
export const rotationPrefix = (region: string, suffix: string): string => `rotation#${region}#${suffix}#`
export const rotationKey = ({ key, suffix, token }: RotationRef): Item =>
  itemKey(partitionOf(key), rotationPrefix(key.region, suffix) + token)

/** Where a deployment keeps what belongs to no secret. A secret may have this name too: its sort keys are of other kinds. */
export const deploymentPartition = (account: string): string => `${account}#coffer`
export const serviceKeyKey = ({ account, region }: KeyPlace): Item =>
  itemKey(deploymentPartition(account), `service-key#${region}`)
export const checkpointKey = ({ account, region }: KeyPlace, task: string): Item =>
  itemKey(deploymentPartition(account), `checkpoint#${region}#${task}`)

/** Identities, by the unique id of the user or role: its policies. Written by the identity function alone, as all that follow. */
export const identityPrefix = (region: string): string => `identity#${region}#`
export const identityKey = ({ account, region }: KeyPlace, uniqueId: string): Item =>
  itemKey(deploymentPartition(account), identityPrefix(region) + uniqueId)
/** Who has a name now. IAM does not tell names of users, or of roles, apart by case. */
export const identityNamePrefix = (region: string): string => `identity-name#${region}#`
export const identityNameKey = ({ account, region }: KeyPlace, kind: 'user' | 'role', name: string): Item =>
  itemKey(deploymentPartition(account), `${identityNamePrefix(region)}${kind}/${name.toLowerCase()}`)
/** When the last whole snapshot was begun. */
export const identitySnapshotKey = ({ account, region }: KeyPlace): Item =>
  itemKey(deploymentPartition(account), `identity-snapshot#${region}`)
/** Who is making one now. */
export const identityLeaseKey = ({ account, region }: KeyPlace): Item =>
  itemKey(deploymentPartition(account), `identity-lease#${region}`)

/** The secret that an item of a head, of its reads or of its values belongs to, or that a link is about. @throws {Error} for any other item */
export function secretKeyOf(item: Item): SecretKey {
  const [, account, name] = /^([^#]*)#(.*)$/s.exec(textOf(item, PARTITION_KEY)) ?? []
  const [, region] = /^(?:head|value|link)#([^#]+)/.exec(textOf(item, SORT_KEY)) ?? []
  if (account === undefined || name === undefined || region === undefined) throw new Error('not an item of a secret')
  return { account, region, name }
}

export function valueRefOf(item: Item): ValueRef {
  const key = secretKeyOf(item)
  const [suffix = '', ...id] = textOf(item, SORT_KEY).slice(valuesPrefix(key.region).length).split('#')
  return { key, suffix, id: id.join('#') }
}

/** The key alone of an item, to name it in a request. */
export const keyOfItem = (item: Item): Item => itemKey(textOf(item, PARTITION_KEY), textOf(item, SORT_KEY))

/** @throws {Error} which the table turns into a damaged record */
export function textOf(item: Item, attribute: string): string {
  const text = item[attribute]?.S
  if (text === undefined) throw new Error(`an item has no text in its attribute ${attribute}`)
  return text
}

export function numberOf(item: Item, attribute: string): number {
  const number = Number(item[attribute]?.N)
  if (!Number.isFinite(number)) throw new Error(`an item has no number in its attribute ${attribute}`)
  return number
}
