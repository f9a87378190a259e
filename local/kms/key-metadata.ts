/**
 * A key as KMS describes it.
 * @module
 */
import { keyArn } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { KeyRecord, KeyTag } from '../../lambda/adapters/embedded/keyring/key-record.ts'
import { isMultiRegion, isReplica } from '../../lambda/adapters/embedded/keyring/key-record.ts'
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import type { KeyMetadata, MultiRegionConfiguration, MultiRegionKey, Tag } from './model/kms.types.generated.ts'

export function metadataOf(keyring: Keyring, key: KeyRecord): KeyMetadata {
  const family = multiRegionConfiguration(keyring, key)
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.state,
    Origin: 'AWS_KMS',
    KeyManager: key.owner === 'customer' ? 'CUSTOMER' : 'AWS',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: isMultiRegion(key),
    ...(family && { MultiRegionConfiguration: family }),
    ...(key.deletionAt !== undefined && { DeletionDate: key.deletionAt }),
    ...(key.state === 'PendingReplicaDeletion' &&
      key.windowDays !== undefined && { PendingDeletionWindowInDays: key.windowDays }),
  }
}

export const presentTags = (tags: readonly KeyTag[]): Tag[] =>
  tags.map(({ key, value }) => ({ TagKey: key, TagValue: value }))

export const tagsIn = (tags: readonly Tag[] = []): KeyTag[] =>
  tags.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue }))

function multiRegionConfiguration(keyring: Keyring, key: KeyRecord): MultiRegionConfiguration | undefined {
  const family = keyring.familyOf(key)
  if (!family) return undefined
  const member = (region: string): MultiRegionKey => ({ Arn: keyArn({ ...key, region }), Region: region })
  return {
    MultiRegionKeyType: isReplica(key) ? 'REPLICA' : 'PRIMARY',
    PrimaryKey: member(family.primaryRegion),
    ReplicaKeys: family.replicaRegions.map(member),
  }
}
