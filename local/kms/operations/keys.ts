/**
 * Making keys, describing them, and their states.
 * @module
 */
import * as states from '../../../lambda/adapters/embedded/keyring/key-states.ts'
import { refused, unsupported } from '../../../lambda/adapters/embedded/keyring/kms-failure.ts'
import { metadataOf, presentTags, tagsIn } from '../key-metadata.ts'
import type { CreateKeyRequest } from '../model/kms.types.generated.ts'
import type { KmsOperations } from '../operations.ts'
import { pageOf } from '../paging.ts'

export const keyOperations = {
  async CreateKey({ input, place, keyring }) {
    checkKind(input)
    const key = await keyring.create({
      place,
      owner: 'customer',
      multiRegion: input.MultiRegion ?? false,
      description: input.Description,
      tags: tagsIn(input.Tags),
      policy: input.Policy,
      mayLockOut: input.BypassPolicyLockoutSafetyCheck,
    })
    return { KeyMetadata: metadataOf(keyring, key) }
  },

  async ReplicateKey({ input, keyring, keys }) {
    const primary = keys.changed(input.KeyId)
    const replica = await keyring.replicate(primary, {
      region: input.ReplicaRegion,
      description: input.Description,
      tags: tagsIn(input.Tags),
      policy: input.Policy,
      mayLockOut: input.BypassPolicyLockoutSafetyCheck,
    })
    return {
      ReplicaKeyMetadata: metadataOf(keyring, replica),
      ReplicaPolicy: keyring.policyOf(replica),
      ReplicaTags: presentTags(replica.tags),
    }
  },

  async DescribeKey({ input, keyring, keys }) {
    return { KeyMetadata: metadataOf(keyring, keys.described(input.KeyId)) }
  },

  async ListKeys({ input, place, keyring }) {
    const rule = { nameOf: ({ id }: { id: string }) => id, size: { default: 100, max: 1000 } }
    const { items, ...page } = pageOf(input, rule, (after, limit) => keyring.list(place, { after, limit }))
    return { Keys: items.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), ...page }
  },

  async EnableKey({ input, keyring, keys }) {
    await keyring.change(keys.changed(input.KeyId), states.enabled)
  },

  async DisableKey({ input, keyring, keys }) {
    await keyring.change(keys.changed(input.KeyId), states.disabled)
  },

  async ScheduleKeyDeletion({ input, keyring, keys }) {
    const name = keys.changed(input.KeyId)
    const { arn, state, deletionAt, windowDays } = await keyring.scheduleDeletion(name, input.PendingWindowInDays)
    return {
      KeyId: arn,
      KeyState: state,
      ...(deletionAt !== undefined && { DeletionDate: deletionAt }),
      ...(windowDays !== undefined && { PendingWindowInDays: windowDays }),
    }
  },

  async CancelKeyDeletion({ input, keyring, keys }) {
    const { arn } = await keyring.change(keys.changed(input.KeyId), states.deletionCancelled)
    return { KeyId: arn }
  },
} satisfies Partial<KmsOperations>

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
