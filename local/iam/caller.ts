/**
 * Calls that may leave out the user's name mean the user who makes them.
 * @module
 */
import { identityIdOf, kindOf, type Principal } from '../../lambda/auth/principal.ts'
import type { Account, User } from '../identities/model.ts'
import type { IamCall, Target } from './call.ts'
import { holderTarget } from './entities.ts'
import { mustNameUser } from './failures.ts'

type MayName = IamCall<{ readonly UserName?: string }>

/** @throws {QueryError} ValidationError: the caller is no user */
export function callingUser({ account, principal }: Pick<IamCall<unknown>, 'account' | 'principal'>): User {
  const user = findCallingUser(account, principal)
  if (!user) throw mustNameUser()
  return user
}

/** By the unique id: a session outlives a change of the user's name, which somebody else may have by now. */
export function findCallingUser(account: Account, principal: Principal): User | undefined {
  if (kindOf(principal) !== 'user') return undefined
  const id = identityIdOf(principal)
  for (const user of account.users.values()) if (user.id === id) return user
  return undefined
}

/** @throws {QueryError} ValidationError: the caller is no user */
export const userNameIn = (call: MayName): string => call.input.UserName ?? callingUser(call).name

export const onUserOrCaller = (call: MayName): Target => holderTarget(call.account, 'user', userNameIn(call))

export const onUser = ({ account, input }: IamCall<{ readonly UserName: string }>): Target =>
  holderTarget(account, 'user', input.UserName)
export const onGroup = ({ account, input }: IamCall<{ readonly GroupName: string }>): Target =>
  holderTarget(account, 'group', input.GroupName)
export const onRole = ({ account, input }: IamCall<{ readonly RoleName: string }>): Target =>
  holderTarget(account, 'role', input.RoleName)
