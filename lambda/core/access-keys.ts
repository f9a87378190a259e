/**
 * The condition keys of Secrets Manager (behaviour section 12): of the secret, and of the request. A key of the service that a request does not carry is absent, never unknown: a plain
 * condition on it then fails, and policies say `...IfExists`.
 * @module
 */
import { keysOf, NOT_HERE, tagKeys, UNKNOWN, type KeyLayer, type KeyValue } from '../auth/condition-context.ts'
import { customerKeyId } from './domain/customer-key-id.ts'
import { partitionOf } from './domain/names.ts'
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

const serviceKeys: KeyLayer = (key) => (SERVICE_KEYS.has(key) ? undefined : NOT_HERE)

/** What the resource itself says; the keys of a secret that is not there are absent. */
export const secretKeys = (head: SecretHead | undefined, secretArn: string | undefined): KeyLayer =>
  lazily(() => {
    const tags = head?.tags ?? []
    return [
      keysOf({
        [`${SERVICE}SecretId`]: secretArn,
        [`${SERVICE}SecretPrimaryRegion`]: head?.key.region,
        // Until rotation is offered no function is attached to a secret.
        [`${SERVICE}resource/AllowRotationLambdaArn`]: undefined,
        [`${SERVICE}resource/Type`]: head?.type,
      }),
      tagKeys('aws:resourcetag/', tags),
      tagKeys(`${SERVICE}resourcetag/`, tags),
    ]
  })

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
export const requestKeys = (keys: RequestKeys, input: object): KeyLayer =>
  lazily(() => {
    const own = Object.entries(keys).map(([name, value]) => [SERVICE + name, textOf(value)] as const)
    const tags = tagsIn(input)
    const removed = 'TagKeys' in input && Array.isArray(input.TagKeys) ? (input.TagKeys as readonly string[]) : []
    const names = [...tags.map(({ key }) => key), ...removed]
    return [
      keysOf(Object.fromEntries(own)),
      tagKeys('aws:requesttag/', tags),
      keysOf({ 'aws:TagKeys': names.length > 0 ? [...new Set(names)] : undefined }),
      serviceKeys,
    ]
  })

function tagsIn(input: object): readonly Tag[] {
  if (!('Tags' in input) || !Array.isArray(input.Tags)) return []
  return (input.Tags as RequestedTags).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }))
}

function textOf(value: RequestKeys[string]): KeyValue {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}

/** Most requests meet no condition: what a layer knows is put together when it is first asked. */
function lazily(make: () => readonly KeyLayer[]): KeyLayer {
  let layers: readonly KeyLayer[] | undefined
  return (key) => {
    for (const layer of (layers ??= make())) {
      const value = layer(key)
      if (value !== NOT_HERE) return value
    }
    return NOT_HERE
  }
}
