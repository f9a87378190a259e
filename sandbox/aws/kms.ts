/**
 * KMS as the functions call it: Coffer's own KMS API over a keyring in memory, and the permissions and key policies that AWS would ask for.
 * @module
 */
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { KeyRecord } from '../../lambda/adapters/embedded/keyring/key-record.ts'
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import { isObject, oneOrMany, type JsonObject } from '../json.ts'
import { readPolicy, type ReadPolicy } from '../iam/policy-document.ts'
import {
  jsonError,
  readJsonCall,
  type AwsAnswer,
  type AwsOperation,
  type AwsRequest,
  type AwsService,
  type Need,
} from './service.ts'
import { performOnWire, type WireCallOptions } from './wire-call.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.1'
const PREFIX = 'TrentService'

/** Operations on one key that is there. */
const ON_A_KEY = new Set([
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'Encrypt',
  'Decrypt',
  'DescribeKey',
  'GetKeyPolicy',
  'ListResourceTags',
  'TagResource',
  'UntagResource',
  'EnableKey',
  'DisableKey',
  'ScheduleKeyDeletion',
  'CancelKeyDeletion',
])

/** "Create multi-Region primary keys", KMS developer guide: the principal also needs iam:CreateServiceLinkedRole. */
const LINKED_ROLE = 'aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys'

export interface KmsOptions extends WireCallOptions {
  readonly keyring: Keyring
  /** Those of the deployment: a function may call KMS of another one, if its role lets it. */
  readonly regions?: readonly string[]
}

export class KmsService implements AwsService {
  readonly signingName = 'kms'
  readonly signingRegions: readonly string[]
  readonly actionPrefix = 'kms'
  readonly operations = ['CreateKey', 'ReplicateKey', ...ON_A_KEY]
  readonly deniedStatus = 400
  readonly #options: KmsOptions
  /** By text: most keys of a deployment have the same few policies. */
  readonly #policies = new Map<string, ReadPolicy>()

  constructor(options: KmsOptions) {
    this.#options = options
    this.signingRegions = options.regions ?? []
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, { contentType: CONTENT_TYPE })
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const call = readJsonCall(request, PREFIX)
    if (call === undefined || !this.operations.includes(call.name)) return undefined
    const { name, input } = call
    return { name, needs: this.#needs(request, name, input), perform: () => performOnWire(request, this.#options) }
  }

  #needs(request: AwsRequest, name: string, input: JsonObject): readonly Need[] {
    if (name === 'CreateKey') return creationNeeds(request, input)
    const onKey = this.#keyNeed(request, name, input)
    return name === 'ReplicateKey' ? [onKey, ...replicationNeeds(request, input)] : [onKey]
  }

  #keyNeed(request: AwsRequest, name: string, input: JsonObject): Need {
    const { region, caller } = request
    const key = this.#keyOf(request, input)
    const tags = Object.fromEntries((key?.tags ?? []).map((tag) => [`aws:ResourceTag/${tag.key}`, tag.value]))
    const keyId = typeof input.KeyId === 'string' ? input.KeyId : '*'
    const named = keyId.startsWith('arn:')
      ? keyId
      : `arn:${partitionOf(region)}:kms:${region}:${caller.account}:key/${keyId}`
    return {
      action: `kms:${name}`,
      resource: key?.arn ?? named,
      region,
      context: {
        'kms:CallerAccount': caller.account,
        ...(name === 'ReplicateKey' && conditionsOfReplica(input)),
        ...encryptionContext(input),
        ...requestTags(input),
        ...tags,
        ...(key !== undefined && {
          'kms:MultiRegion': String(key.primaryRegion !== undefined),
          'kms:MultiRegionKeyType':
            key.primaryRegion === undefined ? undefined : key.primaryRegion === key.region ? 'PRIMARY' : 'REPLICA',
          'kms:KeySpec': 'SYMMETRIC_DEFAULT',
          'kms:KeyUsage': 'ENCRYPT_DECRYPT',
          'kms:KeyOrigin': 'AWS_KMS',
        }),
        'kms:ScheduleKeyDeletionPendingWindowInDays':
          typeof input.PendingWindowInDays === 'number' ? String(input.PendingWindowInDays) : undefined,
      },
      // A key that is not there has no policy: the call goes on to be answered NotFoundException.
      ...(key !== undefined && { resourcePolicy: () => this.#policyOf(key) }),
    }
  }

  /** The key that a call names, or that made its ciphertext. */
  #keyOf({ region, caller }: AwsRequest, input: JsonObject): KeyRecord | undefined {
    const { keyring } = this.#options
    const place = { account: caller.account, region }
    try {
      if (typeof input.KeyId === 'string') return keyring.read(keyring.resolve(place, input.KeyId))
      if (typeof input.CiphertextBlob !== 'string') return undefined
      return keyring.read(keyring.keyOfBlob(place, Buffer.from(input.CiphertextBlob, 'base64')))
    } catch (error) {
      if (error instanceof KmsFailure) return undefined
      throw error
    }
  }

  #policyOf(key: KeyRecord): ReadPolicy {
    const text = this.#options.keyring.policyOf(key)
    const known = this.#policies.get(text)
    if (known !== undefined) return known
    const policy = readPolicy(text, `the policy of ${key.arn}`, 'key')
    this.#policies.set(text, policy)
    return policy
  }
}

function creationNeeds({ region, caller }: AwsRequest, input: JsonObject): readonly Need[] {
  const { account } = caller
  const partition = partitionOf(region)
  const isMultiRegion = input.MultiRegion === true
  const conditions = {
    'kms:MultiRegion': String(isMultiRegion),
    'kms:MultiRegionKeyType': isMultiRegion ? 'PRIMARY' : undefined,
    ...lockoutCheck(input),
    ...requestTags(input),
  }
  const needs = makingNeeds({ region, account, input, conditions })
  if (isMultiRegion)
    needs.push({
      action: 'iam:CreateServiceLinkedRole',
      resource: `arn:${partition}:iam::${account}:role/${LINKED_ROLE}`,
      context: { 'iam:AWSServiceName': 'mrk.kms.amazonaws.com' },
    })
  return needs
}

/**
 * "Control access to multi-Region keys", KMS developer guide: beside kms:ReplicateKey on the primary, kms:CreateKey (and with tags kms:TagResource) in the Region of the replica. Nothing is said of the replica's tags and
 * Region as conditions of that kms:CreateKey: they are absent here, so that no grant of ours depends on them.
 */
function replicationNeeds({ caller }: AwsRequest, input: JsonObject): readonly Need[] {
  const conditions = { 'kms:MultiRegion': 'true', 'kms:MultiRegionKeyType': 'REPLICA', ...lockoutCheck(input) }
  return makingNeeds({ region: String(input.ReplicaRegion), account: caller.account, input, conditions })
}

const conditionsOfReplica = (input: JsonObject) => ({
  'kms:ReplicaRegion': String(input.ReplicaRegion),
  ...lockoutCheck(input),
})

const lockoutCheck = (input: JsonObject) => ({
  'kms:BypassPolicyLockoutSafetyCheck': String(input.BypassPolicyLockoutSafetyCheck === true),
})

interface Making {
  /** Of the new key. */
  readonly region: string
  readonly account: string
  readonly input: JsonObject
  /** Of the kms:CreateKey. */
  readonly conditions: Need['context']
}

function makingNeeds({ region, account, input, conditions }: Making): Need[] {
  const needs: Need[] = [
    {
      action: 'kms:CreateKey',
      resource: '*',
      region,
      context: {
        'kms:CallerAccount': account,
        'kms:KeySpec': 'SYMMETRIC_DEFAULT',
        'kms:KeyUsage': 'ENCRYPT_DECRYPT',
        'kms:KeyOrigin': 'AWS_KMS',
        ...conditions,
      },
    },
  ]
  if (oneOrMany(input.Tags).length > 0)
    needs.push({
      action: 'kms:TagResource',
      resource: `arn:${partitionOf(region)}:kms:${region}:${account}:key/*`,
      region,
      context: { 'kms:CallerAccount': account, ...requestTags(input) },
    })
  return needs
}

function encryptionContext({ EncryptionContext: context }: JsonObject): Record<string, string | readonly string[]> {
  if (!isObject(context)) return {}
  const entries = Object.entries(context).map(
    ([name, value]) => [`kms:EncryptionContext:${name}`, String(value)] as const,
  )
  return { ...Object.fromEntries(entries), 'kms:EncryptionContextKeys': Object.keys(context) }
}

function requestTags({ Tags: tags, TagKeys: keys }: JsonObject): Record<string, string | readonly string[]> {
  const given = oneOrMany(tags).filter(isObject)
  const names = [...given.map(({ TagKey }) => String(TagKey)), ...oneOrMany(keys).map(String)]
  if (names.length === 0) return {}
  const values = given.map(({ TagKey, TagValue }) => [`aws:RequestTag/${String(TagKey)}`, String(TagValue)] as const)
  return { ...Object.fromEntries(values), 'aws:TagKeys': names }
}
