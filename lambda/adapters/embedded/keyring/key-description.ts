/**
 * A key as the core asks for it, to find out who may use it.
 * @module
 */
import type { KeyDescription } from '../../../core/ports/key-service.ts'
import { MAX_ALIASES_PER_KEY, type Alias, type AliasPage } from './aliases.ts'
import type { KeyPlace } from './key-names.ts'
import type { KeyPolicy } from './key-policy.ts'
import type { KeyRecord } from './key-record.ts'
import { isMultiRegion, isReplica } from './key-record.ts'

/** Of the keyring. */
interface Attributes {
  attachedPolicy(key: KeyRecord): KeyPolicy
  aliases(place: KeyPlace, page: AliasPage): readonly Alias[]
}

export function descriptionOf(keyring: Attributes, key: KeyRecord): KeyDescription {
  const { arn, account, region, id, tags } = key
  const { text, principals } = keyring.attachedPolicy(key)
  return {
    arn,
    account,
    region,
    policy: text,
    principalIds: new Map(principals),
    tags,
    // Few policies ask, and they are no part of the key.
    get aliases() {
      return keyring
        .aliases({ account, region }, { keyId: id, after: '', limit: MAX_ALIASES_PER_KEY })
        .map(({ name }) => name)
    },
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    ...(isMultiRegion(key) && { multiRegionType: isReplica(key) ? 'REPLICA' : 'PRIMARY' }),
  }
}
