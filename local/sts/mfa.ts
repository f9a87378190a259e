/**
 * The MFA code of a call: of a device of the calling user, accepted once.
 * @module
 */
import { findCallingUser } from '../iam/caller.ts'
import type { MfaVerdict } from '../identities/mfa.ts'
import type { StsCall } from './call.ts'
import * as failures from './failures.ts'

/**
 * @returns whether the call had a code at all
 * @throws {QueryError} AccessDenied: the code is not good
 */
export async function verifyMfa({
  input: { SerialNumber, TokenCode },
  request: { principal },
  means,
}: StsCall<{ readonly SerialNumber?: string; readonly TokenCode?: string }>): Promise<boolean> {
  if (SerialNumber === undefined && TokenCode === undefined) return false
  if (SerialNumber === undefined || TokenCode === undefined) throw failures.bothOfMfa()
  const { store, mfa } = means.identities
  const user = findCallingUser(store.account(principal.account), principal)
  if (!user || principal.session !== undefined) throw failures.wrongDevice()
  const { account } = principal
  const verdict = await mfa.verifyCode({ account, userName: user.name, serialNumber: SerialNumber, code: TokenCode })
  if (verdict !== 'accepted') throw REFUSALS[verdict]()
  return true
}

const REFUSALS: Readonly<Record<Exclude<MfaVerdict, 'accepted'>, () => Error>> = {
  'wrong-code': failures.wrongCode,
  throttled: failures.throttledCode,
  'no-device': failures.wrongDevice,
}
