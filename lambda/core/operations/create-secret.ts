/**
 * CreateSecret (behaviour 5.1): the value is optional (SM-CREATE-01), the token becomes the id of its version (SM-TOKEN-02).
 * @module
 */
import { decideAccess, refusalOf } from '../access.ts'
import { keyConditionKeys } from '../access-keys.ts'
import { customerKeyId } from '../domain/customer-key-id.ts'
import { nameBeingDeleted, secretExists, tokenInUse } from '../domain/errors.ts'
import { arnOf, checkName } from '../domain/names.ts'
import { arnSuffix } from '../domain/random-id.ts'
import { parseReplicaRegions, withReplicas } from '../domain/replica-regions.ts'
import { isReplica } from '../domain/replication.ts'
import type { SecretHead, SecretKey } from '../domain/secret.ts'
import { addVersion, versionById } from '../domain/staging-labels.ts'
import { parseTags } from '../domain/tags.ts'
import { materialOf, requireToken } from '../domain/value.ts'
import { secretOperation, type Call, type Outcome, type Output, type SecretCall } from '../operation.ts'
import { replicationStatus, statusOfRequests } from '../replication/status.ts'
import { inline, seal, shownKeyArns, testKey, translated } from '../sealing.ts'
import { keyScopeOf } from '../key-scope.ts'
import { isSameValue } from '../same-value.ts'
import { takeBackKey } from '../take-back-key.ts'

type Created = Outcome<Output<'CreateSecret'>>

export const createSecret = secretOperation('CreateSecret', {
  needs: [
    'store:read',
    'store:create',
    'values:read',
    'values:write',
    'keys:open',
    'keys:seal',
    'keys:create',
    'links:read',
  ],
  makesSecret: true,
  conditionKeys: (input, place) => ({
    Name: input.Name,
    Description: input.Description,
    ...keyConditionKeys(input.KmsKeyId, place),
    Type: input.Type,
    AddReplicaRegions: input.AddReplicaRegions?.flatMap(({ Region }) => Region ?? []),
    ForceOverwriteReplicaSecret: input.ForceOverwriteReplicaSecret,
  }),
  alsoNeeds: ({ Tags = [], AddReplicaRegions = [] }) => [
    ...(Tags.length > 0 ? (['TagResource'] as const) : []),
    ...(AddReplicaRegions.length > 0 ? (['ReplicateSecretToRegions'] as const) : []),
  ],
  accepts: 'any',
  secretId({ Name }) {
    // SM-CREATE-04: a name that looks as if it ended in a suffix is taken all the same.
    checkName(Name)
    return Name
  },
  precheck: requireToken,
  run: answerExisting,
  async missing(call, { key, isReserved }) {
    if (isReserved) throw nameBeingDeleted()
    return makeSecret(call, key)
  },
})

/**
 * The name is taken: a retry of the call that took it gets its answer again (SM-TOKEN-03), any other is refused. The retry is known by its token and its value, so whoever may create
 * secrets learns by it whether they guessed the value that the secret was created with, and of no other version.
 */
async function answerExisting(call: SecretCall<'CreateSecret'>): Promise<Created> {
  const { input, secret } = call
  const { head } = secret
  if (head.state !== 'active') throw nameBeingDeleted()
  const token = requireToken(input)
  const material = materialOf(input)
  const version = versionById(head.versions, token)
  const isRetry = head.creationToken === token && !isReplica(head)
  if (!version) {
    if (isRetry && material === undefined && head.versions.length === 0)
      return { answer: { ARN: arnOf(head), Name: head.key.name, ...(await statusShown(call, head)) } }
    throw secretExists(head.key.name)
  }
  if (!isRetry || !material) throw tokenInUse(token, arnOf(head))
  await refuseForbidden(call)
  if (!(await isSameValue(call, version, material))) throw tokenInUse(token, arnOf(head))
  return { answer: { ARN: arnOf(head), Name: head.key.name, VersionId: token, ...(await statusShown(call, head)) } }
}

/** Only for who asked for replicas. */
async function statusShown({ input, services }: SecretCall<'CreateSecret'>, head: SecretHead): Promise<StatusShown> {
  return input.AddReplicaRegions ? { ReplicationStatus: await replicationStatus(services, head) } : {}
}

type StatusShown = Pick<Output<'CreateSecret'>, 'ReplicationStatus'>

/** Beside the decision on the name (see `makesSecret`): a Deny on the secret itself, by its ARN, its tags or its policy. @throws {ServiceError} AccessDeniedException */
async function refuseForbidden(call: SecretCall<'CreateSecret'>): Promise<void> {
  const question = { action: 'CreateSecret', target: { ...call.target, shown: call.input.Name } }
  const decision = await decideAccess(call, question)
  if (decision.verdict === 'explicit-deny') throw refusalOf(call, question, decision)
}

async function makeSecret(call: Call<'CreateSecret'>, key: SecretKey): Promise<Created> {
  const { input, services, context, now } = call
  const { keys, entropy } = services
  const scope = keyScopeOf(context, { key })
  const wanted = parseReplicaRegions(input.AddReplicaRegions ?? [], key, services.regions)
  const token = requireToken(input)
  const tags = parseTags(input.Tags ?? [])
  const material = materialOf(input)
  const suffix = arnSuffix(entropy)
  const arn = arnOf({ key, suffix })
  const kmsKeyId = customerKeyId(input.KmsKeyId, key)
  if (kmsKeyId !== undefined) await testKey(services, { arn, keyId: kmsKeyId, scope })
  const serviceKeyArn =
    kmsKeyId === undefined ? await translated('encrypt', () => keys.serviceKey({ secretArn: arn, scope })) : undefined
  const unreplicated: SecretHead = {
    key,
    suffix,
    revision: 0,
    state: 'active',
    ...(input.Description && { description: input.Description }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(serviceKeyArn !== undefined && { serviceKeyArn }),
    ...(tags.length > 0 && { tags }),
    ...(input.Type && { type: input.Type }),
    creationToken: token,
    createdAt: now,
    changedAt: now,
    versions: [],
  }
  const empty = withReplicas(unreplicated, { wanted, force: input.ForceOverwriteReplicaSecret ?? false, now })
  const base = {
    ARN: arn,
    Name: key.name,
    ...(wanted.length > 0 && { ReplicationStatus: statusOfRequests(empty) }),
  }
  if (!material) return { answer: base, change: empty, arn, madeKey: serviceKeyArn }
  try {
    const { sealed, keyArn } = await seal(services, { head: empty, versionId: token, material, scope })
    const version = { id: token, createdAt: now, ...shownKeyArns(empty, keyArn), value: inline(sealed) }
    const change = { ...empty, versions: addVersion([], version, []) }
    return { answer: { ...base, VersionId: token }, change, arn, madeKey: serviceKeyArn }
  } catch (error) {
    await takeBackKey(call, serviceKeyArn)
    throw error
  }
}
