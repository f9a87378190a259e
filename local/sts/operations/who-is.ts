/**
 * GetCallerIdentity and GetAccessKeyInfo: whose credentials are these?
 * @module
 */
import { authorize } from '../authorize.ts'
import type { StsCall } from '../call.ts'
import * as failures from '../failures.ts'
import type {
  GetAccessKeyInfoRequest,
  GetAccessKeyInfoResponse,
  GetCallerIdentityResponse,
} from '../model/sts.types.generated.ts'

/** Anyone with a key may ask who they are; no policy can deny it. */
export function getCallerIdentity({ request: { principal } }: StsCall<object>): GetCallerIdentityResponse {
  const { arn, userId, account } = principal
  return { Arn: arn, UserId: userId, Account: account }
}

/** Temporary keys are not stored: only the caller's own is known. */
export async function getAccessKeyInfo(call: StsCall<GetAccessKeyInfoRequest>): Promise<GetAccessKeyInfoResponse> {
  const { input, request, means } = call
  const { principal } = request
  await authorize(call, { actions: ['sts:GetAccessKeyInfo'], resource: '*', account: principal.account })
  if (input.AccessKeyId === principal.accessKeyId) return { Account: principal.account }
  const { store } = means.identities
  for (const id of store.accounts())
    for (const { accessKeys } of store.account(id).users.values())
      if (accessKeys.some(({ accessKeyId }) => accessKeyId === input.AccessKeyId)) return { Account: id }
  throw failures.validation('The access key ID is not one of a user that is known here.')
}
