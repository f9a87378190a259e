/**
 * AssumeRole: the role's trust policy decides, together with the caller's own policies where it leaves it to the account or the account is another. A role that is not there is refused
 * as one that does not trust the caller.
 * @module
 */
import { storedPolicy } from '../../../lambda/auth/policy/compiled-policy.ts'
import { kindOf, type Principal, type Session } from '../../../lambda/auth/principal.ts'
import type { Account, EntityTag, Role } from '../../identities/model.ts'
import type { SessionGrant } from '../../identities/sessions.ts'
import { authorize } from '../authorize.ts'
import type { StsCall } from '../call.ts'
import * as failures from '../failures.ts'
import { verifyMfa } from '../mfa.ts'
import type { AssumeRoleRequest, AssumeRoleResponse } from '../model/sts.types.generated.ts'
import { issue, presentCredentials, presentPacked, sessionPoliciesIn, sessionTagsIn } from '../session-limits.ts'

const DEFAULT_SECONDS = 3600
/** Of a role that is assumed with credentials of a role. */
const MAX_CHAINED_SECONDS = 3600

export async function assumeRole(call: StsCall<AssumeRoleRequest>): Promise<AssumeRoleResponse> {
  const { input, request, means, note } = call
  note(input.RoleArn)
  requireCaller(request.principal)
  if (input.ProvidedContexts !== undefined) throw failures.validation('ProvidedContexts is not supported here.')
  const { account, role } = findRole(call)
  const tags = sessionTagsIn(input.Tags)
  requireTransitive(input, tags)
  const session = sessionOf(call, tags)
  const hasMfa = await verifyMfa(call)
  const trusting = await requireTrust(call, { account, role, session, hasMfa })
  const grant = grantOf(call, { account, role: trusting, session })
  const issued = issue(means.identities.sessions, grant)
  return {
    Credentials: presentCredentials(issued),
    AssumedRoleUser: { AssumedRoleId: issued.principal.userId, Arn: issued.principal.arn },
    ...presentPacked(issued, grant),
    ...(grant.sourceIdentity !== undefined && { SourceIdentity: grant.sourceIdentity }),
  }
}

/** @throws {QueryError} AccessDenied */
function requireCaller(principal: Principal): void {
  switch (kindOf(principal)) {
    case 'root':
      throw failures.noRoleForRoot()
    case 'federated':
    case 'other':
      throw failures.noSessionCredentials('AssumeRole')
    case 'user':
    case 'role-session':
      return
  }
}

interface Found {
  readonly account: Account
  readonly role: Role | undefined
}

/** @throws {QueryError} ValidationError: it is no ARN of a role */
function findRole({ input: { RoleArn }, means }: StsCall<AssumeRoleRequest>): Found {
  const [, id, name = ''] = /^arn:aws:iam::(\d{12}):role\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,64})$/.exec(RoleArn) ?? []
  if (id === undefined) throw failures.validation(`${RoleArn} is invalid`)
  const account = means.identities.store.account(id)
  const role = account.roles.get(name.toLowerCase())
  return { account, role: role?.arn === RoleArn ? role : undefined }
}

interface Asked extends Found {
  readonly session: Carried
  readonly hasMfa: boolean
}

/**
 * What the session takes over from the calling one is set on it as much as what the request says: the role must let it (IAM user guide, "Monitor and control actions taken with assumed roles",
 * for the source identity), and its conditions see it.
 */
async function requireTrust(
  call: StsCall<AssumeRoleRequest>,
  { account, role, session, hasMfa }: Asked,
): Promise<Role> {
  const { input, request } = call
  const { RoleArn, RoleSessionName, ExternalId } = input
  const { tags, transitiveTagKeys, sourceIdentity } = session
  if (!role)
    throw failures.notAuthorized(
      { principal: request.principal.arn, action: 'sts:AssumeRole', resource: RoleArn },
      `there is no role ${RoleArn}`,
    )
  await authorize(call, {
    actions: [
      'sts:AssumeRole',
      ...(tags.length > 0 ? ['sts:TagSession'] : []),
      ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    ],
    resource: role.arn,
    account: account.id,
    trustPolicy: {
      source: `trust policy of ${role.arn}`,
      policy: storedPolicy(role.trustPolicy, 'trust'),
      ...(role.trustedIds && { principalIds: role.trustedIds }),
    },
    requestTags: tags,
    resourceTags: role.tags,
    keys: {
      'sts:ExternalId': ExternalId,
      'sts:RoleSessionName': RoleSessionName,
      'sts:SourceIdentity': sourceIdentity,
      'sts:TransitiveTagKeys': transitiveTagKeys.length === 0 ? undefined : transitiveTagKeys,
      // The code of this very call counts for it. Without one the credentials of the caller speak.
      ...(hasMfa && { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': '0' }),
    },
  })
  return role
}

/** @throws {QueryError} InvalidParameterValue */
function requireTransitive({ TransitiveTagKeys = [] }: AssumeRoleRequest, tags: readonly EntityTag[]): void {
  const names = new Set(tags.map(({ key }) => key.toLowerCase()))
  if (!TransitiveTagKeys.every((key) => names.has(key.toLowerCase())))
    throw failures.invalidParameter('The specified transitive tag key must be included in the requested tags.')
}

/** What a session is to carry, of the request and of the session that makes it. */
interface Carried {
  readonly tags: readonly EntityTag[]
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
}

/** @throws {QueryError} InvalidParameterValue */
function sessionOf({ input, request }: StsCall<AssumeRoleRequest>, tags: readonly EntityTag[]): Carried {
  const { session } = request.principal
  const calling = session === 'unseen' ? undefined : session
  const inherited = inheritedTags(calling, tags)
  return {
    tags: [...inherited, ...tags],
    transitiveTagKeys: [...inherited.map(({ key }) => key), ...(input.TransitiveTagKeys ?? [])],
    sourceIdentity: sourceIdentityOf(input, calling),
  }
}

/** Of the calling session, for those that follow it; nobody may say otherwise. */
function inheritedTags(session: Session | undefined, tags: readonly EntityTag[]): EntityTag[] {
  const { tags: present = {}, transitiveTagKeys = [] } = session ?? {}
  const isTransitive = (key: string): boolean =>
    transitiveTagKeys.some((name) => name.toLowerCase() === key.toLowerCase())
  if (tags.some(({ key }) => isTransitive(key)))
    throw failures.invalidParameter(
      "One of the specified tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  return Object.entries(present).flatMap(([key, value]) => (isTransitive(key) ? [{ key, value }] : []))
}

/** Once set it stays for all sessions that follow. */
function sourceIdentityOf({ SourceIdentity }: AssumeRoleRequest, session: Session | undefined): string | undefined {
  const inherited = session?.sourceIdentity
  if (inherited !== undefined && SourceIdentity !== undefined && SourceIdentity !== inherited)
    throw failures.invalidParameter('The source identity of the calling session cannot be changed.')
  return inherited ?? SourceIdentity
}

interface Granted {
  readonly account: Account
  readonly role: Role
  readonly session: Carried
}

/**
 * The session does not say that there was a code: one that needs to, is made by GetSessionToken (IAM user guide, "Secure API access with MFA").
 * @throws {QueryError}
 */
function grantOf(
  { input, request: { principal } }: StsCall<AssumeRoleRequest>,
  { account, role, session: { tags, transitiveTagKeys, sourceIdentity } }: Granted,
): SessionGrant {
  const policies = sessionPoliciesIn(input, account)
  return {
    kind: 'role',
    account: account.id,
    identityId: role.id,
    identityName: role.name,
    identityPath: role.path,
    sessionName: input.RoleSessionName,
    durationSeconds: durationOf(input, { role, isChained: kindOf(principal) === 'role-session' }),
    ...(tags.length > 0 && { tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }),
    ...(transitiveTagKeys.length > 0 && { transitiveTagKeys }),
    ...(policies && { policies }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
  }
}

function durationOf(
  { DurationSeconds: seconds = DEFAULT_SECONDS }: AssumeRoleRequest,
  { role, isChained }: { readonly role: Role; readonly isChained: boolean },
): number {
  if (isChained && seconds > MAX_CHAINED_SECONDS)
    throw failures.validation(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  if (seconds > role.maxSessionSeconds)
    throw failures.validation('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return seconds
}
