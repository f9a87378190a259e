/**
 * KMS's condition keys about a key and the use that is made of it (service authorization reference, "AWS Key Management Service"). Keys of which nothing is known
 * here are left to the other layers, and are unknown in the end.
 * @module
 */
import { keysOf, NOT_HERE, tagKeys, UNKNOWN, type KeyLayer, type KeyValue } from '../auth/condition-context.ts'
import type { KeyDescription } from './ports/key-service.ts'

const RESOURCE_TAG = 'aws:resourcetag/'
const REQUEST_TAG = 'aws:requesttag/'
const ENCRYPTION_CONTEXT = 'kms:encryptioncontext:'

/** The only algorithm of symmetric keys. */
export const usesSymmetricAlgorithm = keysOf({ 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' })

/** Of the key itself. */
export function conditionsOfKey(key: KeyDescription): KeyLayer {
  const { tags, multiRegionType } = key
  const keySpec: KeyValue = key.keySpec ?? UNKNOWN
  const keyUsage: KeyValue = key.keyUsage ?? UNKNOWN
  const facts = keysOf({
    'kms:KeySpec': keySpec,
    'kms:CustomerMasterKeySpec': keySpec,
    'kms:KeyUsage': keyUsage,
    'kms:CustomerMasterKeyUsage': keyUsage,
    'kms:KeyOrigin': key.origin ?? UNKNOWN,
    'kms:MultiRegion': String(multiRegionType !== undefined),
    'kms:MultiRegionKeyType': multiRegionType,
  })
  const ofTags: KeyLayer =
    tags === undefined ? (name) => (name.startsWith(RESOURCE_TAG) ? UNKNOWN : NOT_HERE) : tagKeys(RESOURCE_TAG, tags)
  return (name) => {
    if (name === 'kms:resourcealiases') return key.aliases ?? UNKNOWN
    const fact = facts(name)
    return fact === NOT_HERE ? ofTags(name) : fact
  }
}

/** Of the encryption context of a request. */
export function conditionsOfContext(context: Readonly<Record<string, string>>): KeyLayer {
  const entries = Object.entries(context).map(([key, value]) => ({ key, value }))
  const names = entries.map(({ key }) => key)
  const ofEntries = tagKeys(ENCRYPTION_CONTEXT, entries)
  return (name) => (name === 'kms:encryptioncontextkeys' ? (names.length > 0 ? names : undefined) : ofEntries(name))
}

/** The alias that a request names its key by. */
export function conditionsOfName(keyId: string): KeyLayer {
  return keysOf({ 'kms:RequestAlias': /^(?:arn:[^/]*:)?(alias\/.+)$/.exec(keyId)?.[1] })
}

/** Tags in the request. */
export function conditionsOfRequestTags(
  tags: readonly { readonly key: string; readonly value: string }[],
  keys = tags.map(({ key }) => key),
): KeyLayer {
  const values = tagKeys(REQUEST_TAG, tags)
  return (name) => (name === 'aws:tagkeys' ? (keys.length > 0 ? keys : undefined) : values(name))
}

/** What no layer before has told of is not in the request. Asked last. */
export const restOfKmsConditions: KeyLayer = (name) =>
  ELSEWHERE.has(name) || name.startsWith('kms:recipientattestation:') ? undefined : NOT_HERE

/** Keys of some requests, of grants, and of kinds of keys that secrets are not kept under. */
const ELSEWHERE = new Set([
  'kms:bypasspolicylockoutsafetycheck',
  'kms:datakeypairspec',
  'kms:encryptionalgorithm',
  'kms:encryptioncontextkeys',
  'kms:expirationmodel',
  'kms:grantconstrainttype',
  'kms:grantisforawsresource',
  'kms:grantoperations',
  'kms:granteeprincipal',
  'kms:keyagreementalgorithm',
  'kms:keyorigin',
  'kms:keyspec',
  'kms:keyusage',
  'kms:macalgorithm',
  'kms:messagetype',
  'kms:multiregion',
  'kms:multiregionkeytype',
  'kms:primaryregion',
  'kms:reencryptonsamekey',
  'kms:replicaregion',
  'kms:requestalias',
  'kms:resourcealiases',
  'kms:retiringprincipal',
  'kms:rotationperiodindays',
  'kms:schedulekeydeletionpendingwindowindays',
  'kms:signingalgorithm',
  'kms:validto',
  'kms:viaservice',
  'kms:wrappingalgorithm',
  'kms:wrappingkeyspec',
])
