/**
 * Access keys of users, two at most.
 * @module
 */
import { newAccessKey } from '../../identities/access-keys.ts'
import type { Account, StoredAccessKey, User } from '../../identities/model.ts'
import type { IamOperations } from '../call.ts'
import { onUserOrCaller, userNameIn } from '../caller.ts'
import { requireUser, withUser } from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'

const KEY_LIMIT = 2

export const accessKeyOperations = {
  CreateAccessKey: {
    on: onUserOrCaller,
    run: (call) =>
      call.change((account) => {
        const user = requireUser(account, userNameIn(call))
        if (user.accessKeys.length >= KEY_LIMIT) throw failures.quotaExceeded('AccessKeysPerUser', KEY_LIMIT)
        const createdAt = call.means.now()
        const key: StoredAccessKey = {
          ...newAccessKey(call.means.entropy),
          status: 'Active',
          createdAt,
          origin: 'api',
        }
        return {
          account: withUser(account, { ...user, accessKeys: [...user.accessKeys, key] }),
          result: {
            AccessKey: {
              UserName: user.name,
              AccessKeyId: key.accessKeyId,
              Status: key.status,
              SecretAccessKey: key.secretAccessKey,
              CreateDate: createdAt,
            },
          },
        }
      }),
  },

  ListAccessKeys: {
    on: onUserOrCaller,
    run(call) {
      const user = requireUser(call.account, userNameIn(call))
      const { items, rest } = pageOf(user.accessKeys, ({ accessKeyId }) => accessKeyId, call.input)
      const shown = items.map(({ accessKeyId, status, createdAt }) => ({
        UserName: user.name,
        AccessKeyId: accessKeyId,
        Status: status,
        CreateDate: createdAt,
      }))
      return { AccessKeyMetadata: shown, ...rest }
    },
  },

  UpdateAccessKey: {
    on: onUserOrCaller,
    run: (call) =>
      call.change((account) => {
        const { AccessKeyId, Status: status } = call.input
        if (status === 'Expired') throw failures.validation('Status is Active or Inactive.')
        const { user, key } = requireOwnKey(account, userNameIn(call), AccessKeyId)
        const accessKeys = user.accessKeys.map((each) => (each === key ? { ...key, status } : each))
        return { account: withUser(account, { ...user, accessKeys }), result: undefined }
      }),
  },

  DeleteAccessKey: {
    on: onUserOrCaller,
    run: (call) =>
      call.change((account) => {
        const { user, key } = requireOwnKey(account, userNameIn(call), call.input.AccessKeyId)
        const accessKeys = user.accessKeys.filter((each) => each !== key)
        return { account: withUser(account, { ...user, accessKeys }), result: undefined }
      }),
  },
} satisfies Partial<IamOperations>

/** One that may be changed: the admin's belongs to Coffer. @throws {QueryError} NoSuchEntity, UnmodifiableEntity */
function requireOwnKey(
  account: Account,
  userName: string,
  id: string,
): { readonly user: User; readonly key: StoredAccessKey } {
  const user = requireUser(account, userName)
  const key = user.accessKeys.find(({ accessKeyId }) => accessKeyId === id)
  if (!key) throw failures.noSuchAccessKey(id)
  if (key.isAdmin === true) throw failures.adminKey()
  return { user, key }
}
