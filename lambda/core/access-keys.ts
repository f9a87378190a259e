/**
 * The condition keys of Secrets Manager (behaviour section 12): of the secret, and of the request. A key of the service that a request does not carry is absent, never unknown: a plain
 * condition on it then fails, and policies say `...IfExists`.
 * @module
 */
import { NOT_HERE, tagValue, UNKNOWN, type KeyLayer, type KeyValue } from '../auth/condition-context.ts'
import { customerKeyId } from './domain/customer-key-id.ts'
import { partitionOf } from './domain/names.ts'
import { primaryRegionOf } from './domain/replication.ts'
import type { SecretHead, Tag } from './domain/secret.ts'

/** By name without `secretsmanager:`, such as `VersionStage`. */
export type RequestKeys = Readonly<Record<string, KeyValue | number | boolean>>

const SERVICE = 'secretsmanager:'
/** In lower case: what the service reference lists, whichever action it is for. Another name under `secretsmanager:` is unknown. */
const SERVICE_KEYS = new Set(
  [
    'Name',
    'Description',
    'KmsKeyArn',
    'KmsKeyId',
    'Type',
    'AddReplicaRegions',
    'ForceOverwriteReplicaSecret',
    'RecoveryWindowInDays',
    'ForceDeleteWithoutRecovery',
    'VersionId',
    'VersionStage',
    'BlockPublicPolicy',
    'RotationLambdaARN',
    'RotateImmediately',
    'ModifyRotationRules',
    'ExternalSecretRotationRoleArn',
    'SecretId',
    'SecretPrimaryRegion',
    'resource/AllowRotationLambdaArn',
    'resource/Type',
  ].map((name) => (SERVICE + name).toLowerCase()),
)

/** What the resource itself says; the keys of a secret that is not there are absent. */
/** @param secretArn undefined also for a secret that is yet to be made: SecretId is a key of all actions but CreateSecret */
export function secretKeys(head: SecretHead | undefined, secretArn: string | undefined): KeyLayer {
  const tags = head?.tags ?? []
  return (key) => {
    switch (key) {
      case 'secretsmanager:secretid':
        return secretArn
      case 'secretsmanager:secretprimaryregion':
        return head && (primaryRegionOf(head) ?? head.key.region)
      case 'secretsmanager:resource/allowrotationlambdaarn':
        return head?.rotation?.functionArn
      case 'secretsmanager:resource/type':
        return head?.type
    }
    const prefix = RESOURCE_TAGS.find((each) => key.startsWith(each))
    return prefix === undefined ? NOT_HERE : tagValue(tags, key.slice(prefix.length))
  }
}

const RESOURCE_TAGS = ['aws:resourcetag/', 'secretsmanager:resourcetag/'] as const

/**
 * `KmsKeyArn` of a key that a request names. What an alias stands for is KMS's to say and not known before the request is allowed: a policy on it allows key ids and key ARNs only.
 * The service's own key has a value too, so that going back to it does not pass for naming no key.
 */
export function keyConditionKeys(
  keyId: string | undefined,
  { account, region }: { readonly account: string; readonly region: string },
): RequestKeys {
  if (keyId === undefined) return {}
  const arn = (resource: string): string => `arn:${partitionOf(region)}:kms:${region}:${account}:${resource}`
  const isService = customerKeyId(keyId, { account, region }) === undefined
  if (isService) return { KmsKeyArn: arn('alias/aws/secretsmanager'), KmsKeyId: keyId }
  const isAlias = keyId.startsWith('alias/') || /^arn:[^/]*:alias\//.test(keyId)
  return { KmsKeyArn: isAlias ? UNKNOWN : keyId.startsWith('arn:') ? keyId : arn(`key/${keyId}`), KmsKeyId: keyId }
}

/** Tags as a request has them: the model requires neither member. */
type RequestedTags = readonly { readonly Key?: string; readonly Value?: string }[]

/** What the request says: its own keys, and the tags that it brings or takes away. */
export function requestKeys(keys: RequestKeys, input: object): KeyLayer {
  return (key) => {
    if (key.startsWith(REQUEST_TAG)) return tagValue(tagsIn(input), key.slice(REQUEST_TAG.length))
    if (key === 'aws:tagkeys') return tagKeysIn(input)
    if (!SERVICE_KEYS.has(key)) return NOT_HERE
    const name = Object.keys(keys).find((each) => each.toLowerCase() === key.slice(SERVICE.length))
    return name === undefined ? undefined : textOf(keys[name])
  }
}

const REQUEST_TAG = 'aws:requesttag/'

function tagKeysIn(input: object): KeyValue {
  const removed = 'TagKeys' in input && Array.isArray(input.TagKeys) ? (input.TagKeys as readonly string[]) : []
  const names = [...tagsIn(input).map(({ key }) => key), ...removed]
  return names.length > 0 ? [...new Set(names)] : undefined
}

function tagsIn(input: object): readonly Tag[] {
  if (!('Tags' in input) || !Array.isArray(input.Tags)) return []
  return (input.Tags as RequestedTags).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }))
}

function textOf(value: RequestKeys[string]): KeyValue {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}
