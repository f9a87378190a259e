/**
 * Asks the policy engine whether the caller may run an IAM operation (service authorization reference, "Actions, resources, and condition keys for AWS Identity and Access Management").
 * @module
 */
import { keysOf, NOT_HERE, tagKeys, type KeyLayer, type KeyValue } from '../../lambda/auth/condition-context.ts'
import type { WireRequest } from '../../lambda/protocol/wire.ts'
import { requireAllowed } from '../query/access.ts'
import { QueryError } from '../query/query-error.ts'
import { kindOf, type Principal } from '../../lambda/auth/principal.ts'
import type { IamMeans, RequestTags, Target } from './call.ts'

/** IAM is one for all Regions. */
export const IAM_REGION = 'us-east-1'

export interface IamQuestion {
  /** Such as `CreateUser`. */
  readonly action: string
  readonly target: Target
  readonly keys?: Readonly<Record<string, KeyValue>>
  readonly tags?: RequestTags
}

/** @throws {QueryError} AccessDenied */
export async function authorize(
  { principal, origin }: Pick<WireRequest, 'principal' | 'origin'>,
  {
    authorizer,
    clock,
  }: { readonly authorizer: IamMeans['identities']['authorizer']; readonly clock: IamMeans['clock'] },
  { action, target, keys = {}, tags }: IamQuestion,
): Promise<void> {
  const decision = await authorizer.decide({
    principal,
    origin,
    action: `iam:${action}`,
    resource: target.arn,
    account: principal.account,
    region: IAM_REGION,
    keys: [keysOf(keys), ...requestTagKeys(tags), ...resourceTagKeys(target), absentKeys],
    now: clock.now(),
  })
  requireAllowed(decision, { principal, action: `iam:${action}`, shown: target.shown ?? target.arn })
}

/**
 * Sessions of users reach IAM with MFA alone, and those of federated users not at all (IAM user guide, "Comparing AWS STS credentials").
 * @throws {QueryError}
 */
export function requireIamCredentials(principal: Principal): void {
  const { session } = principal
  const kind = kindOf(principal)
  const hasMfa = session !== undefined && session !== 'unseen' && session.mfaAt !== undefined
  if (kind === 'federated' || (kind === 'user' && session !== undefined && !hasMfa))
    throw new QueryError(
      'InvalidClientTokenId',
      'The security token included in the request is invalid: the credentials of GetSessionToken reach IAM only when they were made with an MFA code, those of GetFederationToken never.',
    )
}

function requestTagKeys(tags: RequestTags = { keys: [] }): KeyLayer[] {
  const names = [...new Set(tags.keys)]
  return [
    tagKeys('aws:requesttag/', tags.given ?? []),
    keysOf({ 'aws:TagKeys': names.length === 0 ? undefined : names }),
  ]
}

const resourceTagKeys = ({ tags = [] }: Target): KeyLayer[] => [
  tagKeys('aws:resourcetag/', tags),
  tagKeys('iam:resourcetag/', tags),
]

/** Keys that IAM gives to the actions that have them: the others are known to be without. */
const KEYS_OF_SOME_ACTIONS: ReadonlySet<string> = new Set(['iam:policyarn', 'iam:permissionsboundary'])

/**
 * Keys of other services, which a request to IAM has not. What is the same for all services is not theirs to say; and what else IAM may tell on AWS, such as `iam:PassedToService`, nobody
 * knows here.
 */
const absentKeys: KeyLayer = (key) =>
  key.startsWith('aws:') || (key.startsWith('iam:') && !KEYS_OF_SOME_ACTIONS.has(key)) ? NOT_HERE : undefined
