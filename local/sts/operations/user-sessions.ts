/**
 * GetSessionToken and GetFederationToken: sessions that users make with their long-term keys.
 * @module
 */
import { kindOf } from '../../../lambda/auth/principal.ts'
import { findCallingUser } from '../../iam/caller.ts'
import type { Account, User } from '../../identities/model.ts'
import type { SessionGrant } from '../../identities/sessions.ts'
import { authorize } from '../authorize.ts'
import type { StsCall } from '../call.ts'
import * as failures from '../failures.ts'
import { verifyMfa } from '../mfa.ts'
import type {
  GetFederationTokenRequest,
  GetFederationTokenResponse,
  GetSessionTokenRequest,
  GetSessionTokenResponse,
} from '../model/sts.types.generated.ts'
import { issue, presentCredentials, presentPacked, sessionPoliciesIn, sessionTagsIn } from '../session-limits.ts'

const DEFAULT_SECONDS = 43_200

/** Every user may ask for it; policies have no say (STS API reference). With a code the session can do what MFA is needed for. */
export async function getSessionToken(call: StsCall<GetSessionTokenRequest>): Promise<GetSessionTokenResponse> {
  const { input, request, means } = call
  const { account, user } = requireUserWithKey(call, 'GetSessionToken')
  const hasMfa = await verifyMfa(call)
  const issued = issue(means.identities.sessions, {
    ...userGrant(account, user),
    kind: 'user',
    durationSeconds: input.DurationSeconds ?? DEFAULT_SECONDS,
    ...(hasMfa && { mfaAt: request.origin.receivedAt }),
  })
  return { Credentials: presentCredentials(issued) }
}

export async function getFederationToken(
  call: StsCall<GetFederationTokenRequest>,
): Promise<GetFederationTokenResponse> {
  const { input, means, note } = call
  const { account, user } = requireUserWithKey(call, 'GetFederationToken')
  const arn = `arn:aws:sts::${account.id}:federated-user/${input.Name}`
  note(arn)
  const tags = sessionTagsIn(input.Tags)
  await authorize(call, {
    actions: ['sts:GetFederationToken', ...(tags.length > 0 ? ['sts:TagSession'] : [])],
    resource: arn,
    account: account.id,
    requestTags: tags,
  })
  const policies = sessionPoliciesIn(input, account)
  const grant: SessionGrant = {
    ...userGrant(account, user),
    kind: 'federated',
    sessionName: input.Name,
    durationSeconds: input.DurationSeconds ?? DEFAULT_SECONDS,
    ...(tags.length > 0 && { tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }),
    ...(policies && { policies }),
  }
  const issued = issue(means.identities.sessions, grant)
  return {
    Credentials: presentCredentials(issued),
    FederatedUser: { FederatedUserId: issued.principal.userId, Arn: issued.principal.arn },
    ...presentPacked(issued, grant),
  }
}

/** @throws {QueryError} AccessDenied */
function requireUserWithKey(
  { request: { principal }, means }: Omit<StsCall<unknown>, 'input'>,
  operation: string,
): { readonly account: Account; readonly user: User } {
  if (principal.session !== undefined) throw failures.noSessionCredentials(operation)
  const account = means.identities.store.account(principal.account)
  const user = kindOf(principal) === 'user' ? findCallingUser(account, principal) : undefined
  if (!user) throw failures.usersOnly(operation)
  return { account, user }
}

const userGrant = (account: Account, { id, name, path }: User) => ({
  account: account.id,
  identityId: id,
  identityName: name,
  identityPath: path,
})
