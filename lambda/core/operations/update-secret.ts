/**
 * UpdateSecret (behaviour 5.6).
 * @module
 */
import { keyConditionKeys } from '../access-keys.ts'
import { customerKeyId } from '../domain/customer-key-id.ts'
import { defaultKeyAcrossAccounts, notOnReplica, ServiceError } from '../domain/errors.ts'
import { arnOf } from '../domain/names.ts'
import { isReplica } from '../domain/replication.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import { CURRENT, PENDING, PREVIOUS } from '../domain/staging-labels.ts'
import { materialOf, requireToken } from '../domain/value.ts'
import { refuseSteppingDown } from '../stepping-down.ts'
import { secretOperation, type SecretCall } from '../operation.ts'
import { keyScopeOf } from '../key-scope.ts'
import { readSealed } from '../read-sealed.ts'
import { inline, open, reseal, shownKeyArns, testKey, translated } from '../sealing.ts'
import { takeBackKey } from '../take-back-key.ts'
import { afterWriting, writeVersion } from '../write-version.ts'

/** SM-KMS-06: the versions that follow when the key of a secret changes. */
const RE_ENCRYPTED = [CURRENT, PENDING, PREVIOUS]

export const updateSecret = secretOperation('UpdateSecret', {
  needs: [
    'store:read',
    'store:write',
    'values:read',
    'values:write',
    'values:drop',
    'keys:open',
    'keys:seal',
    'keys:rewrap',
    'keys:create',
    'rotation:read',
    'events:tell',
  ],
  conditionKeys: ({ Description, KmsKeyId, Type }, place) => ({
    Description,
    Type,
    ...keyConditionKeys(KmsKeyId, place),
  }),
  onCopy: 'accepted',
  precheck(input) {
    // UNK: whether a call without a value needs a token; it makes no version, so we ask for none.
    if (input.SecretString !== undefined || input.SecretBinary !== undefined) requireToken(input)
  },
  async run(call) {
    const { input, secret, now } = call
    const before = secret.head
    refuseBeyondKey(call)
    const material = materialOf(input)
    const { head: rekeyed, madeKey } = await withKey(call, withMetadata(call))
    try {
      const written =
        material &&
        (await writeVersion(call, { head: rekeyed, token: requireToken(input), material, stages: [CURRENT] }))
      const changed = written?.head ?? rekeyed
      const after = written && afterWriting(call, written)
      return {
        // SM-UPDATE-02
        answer: { ARN: arnOf(before), Name: before.key.name, ...(material && { VersionId: requireToken(input) }) },
        ...(changed !== before && { change: { ...changed, changedAt: now } }),
        ...(after && { after }),
        madeKey,
      }
    } catch (error) {
      await takeBackKey(call, madeKey)
      throw error
    }
  },
})

/** SM-REPLICA-07: a copy's key is its Region's own affair, all else its primary's. @throws {ServiceError} InvalidParameterException */
function refuseBeyondKey({ input, secret: { head } }: SecretCall<'UpdateSecret'>): void {
  const { Description, Type, SecretString, SecretBinary } = input
  const isBeyond = [Description, Type, SecretString, SecretBinary].some((given) => given !== undefined)
  if (isReplica(head) && isBeyond) throw notOnReplica()
  refuseSteppingDown(head)
}

/** The very same head when nothing is to change (SM-UPDATE-01); an empty description clears it (SM-UPDATE-03). */
function withMetadata({ input, secret }: SecretCall<'UpdateSecret'>): SecretHead {
  const { Description, Type } = input
  if (Description === undefined && Type === undefined) return secret.head
  const { description, type, ...rest } = secret.head
  const next = { description: Description ?? description, type: Type ?? type }
  return { ...rest, ...(next.description && { description: next.description }), ...(next.type && { type: next.type }) }
}

interface Rekeyed {
  readonly head: SecretHead
  readonly madeKey?: string | undefined
}

async function withKey(call: SecretCall<'UpdateSecret'>, head: SecretHead): Promise<Rekeyed> {
  const { KmsKeyId } = call.input
  const wanted = customerKeyId(KmsKeyId, head.key)
  if (KmsKeyId === undefined || wanted === head.kmsKeyId) return { head }
  const { kmsKeyId: _former, ...rest } = head
  if (wanted !== undefined) {
    await testKey(call.services, { arn: arnOf(head), keyId: wanted, scope: keyScopeOf(call.context, head) })
    return { head: await reEncrypted(call, { ...rest, kmsKeyId: wanted }) }
  }
  if (call.context.principal.account !== head.key.account) throw defaultKeyAcrossAccounts()
  const { serviceKeyArn, madeKey } = await serviceKeyFor(call, head)
  try {
    return { head: await reEncrypted(call, { ...rest, serviceKeyArn }), madeKey }
  } catch (error) {
    await takeBackKey(call, madeKey)
    throw error
  }
}

async function serviceKeyFor(
  call: SecretCall<'UpdateSecret'>,
  head: SecretHead,
): Promise<{ serviceKeyArn: string; madeKey?: string }> {
  if (head.serviceKeyArn !== undefined) return { serviceKeyArn: head.serviceKeyArn }
  const { keys } = call.services
  const scope = keyScopeOf(call.context, head)
  const serviceKeyArn = await translated('encrypt', () => keys.serviceKey({ secretArn: arnOf(head), scope }))
  return { serviceKeyArn, madeKey: serviceKeyArn }
}

/**
 * Seals the labelled versions again under the head's new key. A caller who may not encrypt with it changes the key for later versions only (SM-KMS-07).
 */
async function reEncrypted(call: SecretCall<'UpdateSecret'>, head: SecretHead): Promise<SecretHead> {
  try {
    return {
      ...head,
      versions: await Promise.all(head.versions.map((version) => reEncryptedVersion(call, head, version))),
    }
  } catch (error) {
    if (error instanceof EncryptNotAllowed) return head
    throw error
  }
}

class EncryptNotAllowed extends Error {}

async function reEncryptedVersion(
  call: SecretCall<'UpdateSecret'>,
  head: SecretHead,
  version: Version,
): Promise<Version> {
  const isLabelled = version.stages.some((stage) => RE_ENCRYPTED.includes(stage))
  if (!isLabelled || version.value.kind === 'none') return version
  const { services, secret } = call
  const scope = keyScopeOf(call.context, head)
  const versionId = version.id
  const sealedBefore = await readSealed(services, secret.head, version)
  const material = await open(services, { head: secret.head, version, sealed: sealedBefore, scope })
  const { sealed, keyArn } = await reseal(services, { head, versionId, material, scope }).catch((error: unknown) => {
    throw error instanceof ServiceError && error.code === 'AccessDeniedException' ? new EncryptNotAllowed() : error
  })
  const { keyArns: _former, ...rest } = version
  return { ...rest, ...shownKeyArns(head, keyArn), value: inline(sealed) }
}
