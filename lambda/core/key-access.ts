/**
 * Whether a caller may use a customer's key. On AWS our own role calls KMS, and it may use every key of the account: so before it does, the policies are asked as KMS would ask them had the
 * caller come itself, through Secrets Manager (design 5, "no confused deputy"). Grants are not counted.
 *
 * SM-KMS-05. The service's own keys need no such check: every principal of the account may use them through the service.
 * @module
 */
import type { AccessRequest, Authorizer } from '../auth/authorizer.ts'
import { keysOf } from '../auth/condition-context.ts'
import type { ResourcePolicy } from '../auth/decide.ts'
import { isAllowed } from '../auth/decision.ts'
import { storedPolicy } from '../auth/policy/compiled-policy.ts'
import { AccessRefused, keyAccessDenied } from './domain/errors.ts'
import { partitionOf } from './domain/names.ts'
import {
  conditionsOfContext,
  conditionsOfKey,
  conditionsOfName,
  conditionsOfRequestTags,
  restOfKmsConditions,
  usesSymmetricAlgorithm,
} from './key-conditions.ts'
import type { AccessScope } from './key-scope.ts'
import type { Clock } from './ports/clock.ts'
import { KeyFailure, type EncryptionContext, type KeyDescription, type KeyService } from './ports/key-service.ts'

export type KeyAction = 'kms:Decrypt' | 'kms:Encrypt' | 'kms:GenerateDataKey'

export interface KeyAccessMeans {
  readonly keys: KeyService
  readonly authorizer: Authorizer
  readonly clock: Clock
}

export interface KeyAccess {
  /** As the customer wrote it, or a key ARN. */
  readonly keyId: string
  /** All of them are needed. */
  readonly actions: readonly KeyAction[]
  readonly context: EncryptionContext
  readonly scope: AccessScope
}

/**
 * @returns the ARN of the key: what was allowed is that very key, and an alias may point to another one a moment later
 * @throws {ServiceError} AccessDeniedException, with the reason as its cause
 * @throws {KeyFailure} for a key that can't be found, to a caller who may know
 */
export async function requireKeyAccess(means: KeyAccessMeans, access: KeyAccess): Promise<string> {
  const { keyId, scope } = access
  const key = await means.keys
    .describeKey({ keyId, scope })
    .catch((error: unknown) => afterFailedLookUp(means, access, error))
  for (const action of access.actions) await requireAllowed(means, requestOn(key, action, means, access))
  return key.arn
}

/** What {@link requireKeyAccess} asks the policies, for explanations. @throws {KeyFailure} */
export async function keyAccessRequests(means: KeyAccessMeans, access: KeyAccess): Promise<readonly AccessRequest[]> {
  const key = await means.keys.describeKey(access)
  return access.actions.map((action) => requestOn(key, action, means, access))
}

function requestOn(
  key: KeyDescription,
  action: KeyAction,
  { clock }: KeyAccessMeans,
  access: KeyAccess,
): AccessRequest {
  const { arn, account, region } = key
  const { keyId, context, scope } = access
  return {
    ...throughSecretsManager(scope, action, clock),
    resource: arn,
    account,
    region,
    rule: 'resource',
    resourcePolicy: keyPolicyOf(key),
    keys: [
      viaService(scope),
      NO_TAGS,
      // The data key is opened by the ARN of the key that wrapped it.
      ...(action === 'kms:Decrypt' ? [] : [conditionsOfName(keyId)]),
      conditionsOfContext({ ...context }),
      conditionsOfKey(key),
      usesSymmetricAlgorithm,
      restOfKmsConditions,
    ],
  }
}

export const keyPolicyOf = ({ arn, policy, principalIds }: KeyDescription): ResourcePolicy => ({
  source: `key policy of ${arn}`,
  policy: storedPolicy(policy, 'key'),
  ...(principalIds && { principalIds }),
})

/** Only a caller whose own policies let it use a key of this name hears that there is none. @throws what went wrong, or AccessDeniedException */
async function afterFailedLookUp(means: KeyAccessMeans, access: KeyAccess, error: unknown): Promise<never> {
  if (!(error instanceof KeyFailure) || error.kind !== 'unusable') throw error
  await requireKeyAccessByOwnPolicies(means, access)
  throw error
}

/** Where a key's policy can't be read, such as in another Region: the caller's own policies must allow its use. @throws {ServiceError} AccessDeniedException */
export async function requireKeyAccessByOwnPolicies(
  means: KeyAccessMeans,
  { keyId, actions, context, scope }: KeyAccess,
): Promise<void> {
  for (const action of actions)
    await requireAllowed(means, {
      ...throughSecretsManager(scope, action, means.clock),
      ...keyAsNamed(keyId, scope),
      region: scope.region,
      rule: 'either',
      keys: [viaService(scope), NO_TAGS, conditionsOfContext({ ...context }), usesSymmetricAlgorithm],
    })
}

const throughSecretsManager = ({ principal, origin }: AccessScope, action: KeyAction, clock: Clock) => ({
  principal,
  origin,
  action,
  now: clock.now(),
})

const viaService = ({ principal, region }: AccessScope) =>
  keysOf({
    'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
    'kms:CallerAccount': principal.account,
    'aws:ViaAWSService': 'true',
    'aws:CalledVia': [SERVICE],
    'aws:CalledViaFirst': SERVICE,
    'aws:CalledViaLast': SERVICE,
  })

const SERVICE = 'secretsmanager.amazonaws.com'
/** Those that the caller sends are for the secret. */
const NO_TAGS = conditionsOfRequestTags([])

/**
 * The key that a KeyId would name, and the account that would own it; any key of it where an alias leads nowhere: a policy on one key alone says nothing of it. A key of another account
 * that is not there has no policy to let anybody in, and so is denied as one whose policy does not.
 */
export function keyAsNamed(
  keyId: string,
  { account: own, region }: { readonly account: string; readonly region: string },
): Pick<AccessRequest, 'account'> & { readonly resource: string } {
  const [, account = own, type] = /^arn:[^:]+:kms:[^:]+:(\d{12}):(key|alias)\//.exec(keyId) ?? []
  if (type === 'key') return { resource: keyId, account }
  const id = /^(?:arn:|alias\/)/.test(keyId) ? '*' : keyId
  return { resource: `arn:${partitionOf(region)}:kms:${region}:${account}:key/${id}`, account }
}

/** @throws {ServiceError} AccessDeniedException */
async function requireAllowed({ authorizer }: KeyAccessMeans, request: AccessRequest): Promise<void> {
  const decision = await authorizer.decide(request)
  if (!isAllowed(decision)) throw keyAccessDenied({ cause: new AccessRefused(decision) })
}
