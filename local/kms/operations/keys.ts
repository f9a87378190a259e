/**
 * Making keys, describing them, and their states.
 * @module
 */
import { keyArn, type KeyPlace } from '../../../lambda/adapters/embedded/keyring/key-names.ts'
import * as states from '../../../lambda/adapters/embedded/keyring/key-states.ts'
import { refused, unsupported } from '../../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { KeyDescription } from '../../../lambda/core/ports/key-service.ts'
import type { CallAccess } from '../access.ts'
import { bypassOf, givenPolicy } from '../given-policy.ts'
import { metadataOf, presentTags, tagsIn } from '../key-metadata.ts'
import type { CreateKeyRequest } from '../model/kms.types.generated.ts'
import type { KmsOperations } from '../operations.ts'
import { pageOf } from '../paging.ts'

export const keyOperations = {
  async CreateKey({ input, place, keyring, access }) {
    checkKind(input)
    await access.toAccount({ conditions: { ...conditionsOfNewKey(input), ...bypassOf(input) } })
    await checkTagging(access, place, input)
    const policy = await givenPolicy(access, input, newKey(place, input))
    const key = await keyring.create({
      place,
      owner: 'customer',
      multiRegion: input.MultiRegion ?? false,
      description: input.Description,
      tags: tagsIn(input.Tags),
      policy,
    })
    return { KeyMetadata: metadataOf(keyring, key) }
  },

  async ReplicateKey({ input, place, keyring, access, keys }) {
    const conditions = { 'kms:ReplicaRegion': input.ReplicaRegion, ...bypassOf(input) }
    const primary = await keys.changed(input.KeyId, { conditions })
    const there = { ...place, region: input.ReplicaRegion }
    await access.toAccount({
      action: 'CreateKey',
      region: there.region,
      conditions: { ...conditions, ...conditionsOfNewKey({ MultiRegion: true }), 'kms:MultiRegionKeyType': 'REPLICA' },
    })
    await checkTagging(access, there, input)
    const policy = await givenPolicy(access, input, { ...newKey(there, input), multiRegionType: 'REPLICA' })
    const replica = await keyring.replicate(primary, {
      region: input.ReplicaRegion,
      description: input.Description,
      tags: tagsIn(input.Tags),
      policy,
    })
    return {
      ReplicaKeyMetadata: metadataOf(keyring, replica),
      ReplicaPolicy: keyring.policyOf(replica),
      ReplicaTags: presentTags(replica.tags),
    }
  },

  async DescribeKey({ input, keyring, keys }) {
    return { KeyMetadata: metadataOf(keyring, await keys.described(input.KeyId)) }
  },

  async ListKeys({ input, place, keyring, access }) {
    await access.toAccount()
    const rule = { nameOf: ({ id }: { id: string }) => id, size: { default: 100, max: 1000 } }
    const { items, ...page } = pageOf(input, rule, (after, limit) => keyring.list(place, { after, limit }))
    return { Keys: items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...page }
  },

  async EnableKey({ input, keyring, keys }) {
    await keyring.change(await keys.changed(input.KeyId), states.enabled)
  },

  async DisableKey({ input, keyring, keys }) {
    await keyring.change(await keys.changed(input.KeyId), states.disabled)
  },

  async ScheduleKeyDeletion({ input, keyring, keys }) {
    const days = String(input.PendingWindowInDays ?? states.WINDOW_DAYS.default)
    const conditions = { 'kms:ScheduleKeyDeletionPendingWindowInDays': days }
    const name = await keys.changed(input.KeyId, { conditions })
    const { arn, state, deletionAt, windowDays } = await keyring.scheduleDeletion(name, input.PendingWindowInDays)
    return {
      KeyId: arn,
      KeyState: state,
      ...(deletionAt !== undefined && { DeletionDate: deletionAt }),
      ...(windowDays !== undefined && { PendingWindowInDays: windowDays }),
    }
  },

  async CancelKeyDeletion({ input, keyring, keys }) {
    const { arn } = await keyring.change(await keys.changed(input.KeyId), states.deletionCancelled)
    return { KeyId: arn }
  },
} satisfies Partial<KmsOperations>

/** Tags given to a new key need kms:TagResource on whatever key that will be (KMS developer guide, "Controlling access to tags"). */
async function checkTagging(
  access: CallAccess,
  place: KeyPlace,
  { Tags }: Pick<CreateKeyRequest, 'Tags'>,
): Promise<void> {
  if (Tags !== undefined && Tags.length > 0)
    await access.toAccount({ action: 'TagResource', resource: arnOfNewKey(place), region: place.region })
}

const arnOfNewKey = (place: KeyPlace): string => keyArn({ ...place, id: '*' })

const conditionsOfNewKey = ({ MultiRegion: isMultiRegion = false }: Pick<CreateKeyRequest, 'MultiRegion'>) => ({
  'kms:KeySpec': 'SYMMETRIC_DEFAULT',
  'kms:KeyUsage': 'ENCRYPT_DECRYPT',
  'kms:KeyOrigin': 'AWS_KMS',
  'kms:MultiRegion': String(isMultiRegion),
  'kms:MultiRegionKeyType': isMultiRegion ? 'PRIMARY' : undefined,
})

/** A key that is about to be made, but for its policy. */
const newKey = (place: KeyPlace, input: Pick<CreateKeyRequest, 'MultiRegion' | 'Tags'>): KeyDescription => ({
  ...place,
  arn: arnOfNewKey(place),
  policy: '',
  tags: tagsIn(input.Tags),
  aliases: [],
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  ...(input.MultiRegion === true && { multiRegionType: 'PRIMARY' as const }),
})

/** Symmetric AES-256 keys made here are the only kind. @throws {KmsFailure} */
function checkKind({ KeySpec, CustomerMasterKeySpec, KeyUsage, Origin, ...stores }: CreateKeyRequest): void {
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined)
    throw refused(
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    )
  const spec = KeySpec ?? CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  if (spec !== 'SYMMETRIC_DEFAULT') {
    if (KeyUsage === undefined)
      throw refused('You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.')
    throw unsupported(`KeySpec ${spec} is not supported here: only SYMMETRIC_DEFAULT is.`)
  }
  if (KeyUsage !== undefined && KeyUsage !== 'ENCRYPT_DECRYPT')
    throw refused(`KeyUsage ${KeyUsage} is not compatible with KeySpec ${spec}`)
  if (Origin !== undefined && Origin !== 'AWS_KMS')
    throw unsupported(`Origin ${Origin} is not supported here: only AWS_KMS is.`)
  if (stores.CustomKeyStoreId !== undefined || stores.XksKeyId !== undefined)
    throw unsupported('Custom and external key stores are not supported here.')
}
