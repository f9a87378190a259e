/**
 * One reading of all identities of the account: every page of GetAccountAuthorizationDetails, or nothing. The pages are not of one moment: what one page names may be missing in another, which
 * whoever resolves them takes for unreadable.
 * @module
 */
import {
  GetAccountAuthorizationDetailsCommand,
  type GetAccountAuthorizationDetailsResponse,
  type GroupDetail,
  type ManagedPolicyDetail,
  type RoleDetail,
  type UserDetail,
} from '@aws-sdk/client-iam'

export interface AccountReading {
  readonly users: readonly UserDetail[]
  readonly roles: readonly RoleDetail[]
  readonly groups: readonly GroupDetail[]
  /** With their default versions: those of the account, and those of AWS that are attached in it. */
  readonly policies: readonly ManagedPolicyDetail[]
}

/** What a reading needs of an IAMClient. */
export interface IamReader {
  send(command: GetAccountAuthorizationDetailsCommand): Promise<GetAccountAuthorizationDetailsResponse>
}

/** @throws {Error} of the SDK, or {@link IncompleteReading} */
export async function readAccount(iam: IamReader): Promise<AccountReading> {
  const reading: AccountReading & { [K in keyof AccountReading]: AccountReading[K][number][] } = {
    users: [],
    roles: [],
    groups: [],
    policies: [],
  }
  for await (const page of pagesOf(iam)) {
    reading.users.push(...(page.UserDetailList ?? []))
    reading.roles.push(...(page.RoleDetailList ?? []))
    reading.groups.push(...(page.GroupDetailList ?? []))
    reading.policies.push(...(page.Policies ?? []))
  }
  // The role of whoever reads this is one.
  if (reading.roles.length === 0) throw new IncompleteReading('IAM told of no role at all')
  return reading
}

/** What IAM answered cannot be all there is. */
export class IncompleteReading extends Error {
  override readonly name = 'IncompleteReading'
}

/** The API takes 1,000 at most. Large pages take IAM long. */
const PAGE_SIZE = 500

async function* pagesOf(iam: IamReader): AsyncGenerator<GetAccountAuthorizationDetailsResponse> {
  const seen = new Set<string>()
  let marker: string | undefined
  for (;;) {
    const page: GetAccountAuthorizationDetailsResponse = await iam.send(
      new GetAccountAuthorizationDetailsCommand({
        MaxItems: PAGE_SIZE,
        ...(marker !== undefined && { Marker: marker }),
      }),
    )
    yield page
    if (page.IsTruncated !== true) return
    marker = page.Marker
    if (marker === undefined || seen.has(marker)) throw new IncompleteReading('IAM lost the place in its pages')
    seen.add(marker)
  }
}
