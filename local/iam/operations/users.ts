/**
 * Users: made, shown, renamed, deleted, tagged.
 * @module
 */
import { kindOf } from '../../../lambda/auth/principal.ts'
import type { User } from '../../identities/model.ts'
import { newUser } from '../../identities/new-user.ts'
import { wantedBoundary } from '../boundary-keys.ts'
import type { IamOperations } from '../call.ts'
import { onUser, onUserOrCaller, userNameIn } from '../caller.ts'
import {
  arnIn,
  findHolder,
  newId,
  renamedTargets,
  requireUser,
  withHolder,
  withoutHolder,
  withUser,
} from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'
import { listedUser, presentUser } from '../present.ts'
import { alsoTag, presentTag, requestTagKeys, requestTags, tagged, tagsIn, untagged } from '../tags.ts'
import { requireBoundary } from './boundaries.ts'

export const userOperations = {
  CreateUser: {
    on: ({ account, input: { Path = '/', UserName } }) => ({ arn: arnIn(account, 'user', Path + UserName) }),
    keys: wantedBoundary,
    tags: requestTags,
    also: alsoTag('TagUser'),
    run: ({ input, means, change }) =>
      change((account) => {
        const { UserName: name, Path: path = '/', PermissionsBoundary: boundary } = input
        if (findHolder(account, 'user', name)) throw failures.alreadyThere('user', name)
        const user: User = {
          ...newUser({ account: account.id, id: newId(means, 'AIDA'), name, path, createdAt: means.now() }),
          tags: tagged([], tagsIn(input.Tags)),
          ...(boundary !== undefined && { boundary: requireBoundary(account, boundary) }),
        }
        return { account: withUser(account, user), result: { User: presentUser(user) } }
      }),
  },

  GetUser: {
    on: (call) => (isRootItself(call) ? { arn: call.principal.arn } : onUserOrCaller(call)),
    run(call) {
      const { principal, account } = call
      if (!isRootItself(call)) return { User: presentUser(requireUser(account, userNameIn(call))) }
      return { User: { Path: '/', UserName: 'root', UserId: principal.userId, Arn: principal.arn, CreateDate: 0 } }
    },
  },

  ListUsers: {
    on: ({ account, input }) => ({ arn: arnIn(account, 'user', input.PathPrefix ?? '/') }),
    run({ account, input }) {
      const { PathPrefix = '/' } = input
      const found = [...account.users.values()].filter(({ path }) => path.startsWith(PathPrefix))
      const { items, rest } = pageOf(found, ({ name }) => name.toLowerCase(), input)
      return { Users: items.map(listedUser), ...rest }
    },
  },

  UpdateUser: {
    on: ({ account, input: { UserName: name, NewUserName: newName, NewPath: newPath } }) =>
      renamedTargets(account, 'user', { name, newName, newPath }),
    run: ({ input: { UserName, NewUserName, NewPath }, change }) =>
      change((account) => {
        const user = requireUser(account, UserName)
        const { name = user.name, path = user.path } = {
          ...(NewUserName !== undefined && { name: NewUserName }),
          ...(NewPath !== undefined && { path: NewPath }),
        }
        const other = findHolder(account, 'user', name)
        if (other && other.id !== user.id) throw failures.alreadyThere('user', name)
        const holder = { ...user, name, path, arn: arnIn(account, 'user', path + name) }
        const renamed = withHolder(account, 'user', { holder, formerName: user.name })
        if (user.mfaDevices.length === 0) return { account: renamed, result: undefined }
        const devices = [...account.mfaDevices].map(
          ([key, device]) =>
            [key, user.mfaDevices.includes(device.serialNumber) ? { ...device, user: name } : device] as const,
        )
        return { account: { ...renamed, mfaDevices: new Map(devices) }, result: undefined }
      }),
  },

  DeleteUser: {
    on: onUser,
    run: ({ input: { UserName }, change }) =>
      change((account) => {
        const user = requireUser(account, UserName)
        if (user.accessKeys.length > 0) throw failures.deleteFirst('delete access keys')
        if (user.passwordHash !== undefined) throw failures.deleteFirst('delete login profile')
        if (user.mfaDevices.length > 0) throw failures.deleteFirst('delete MFA device')
        if (user.attached.length > 0) throw failures.deleteFirst('detach all policies')
        if (user.inline.size > 0) throw failures.deleteFirst('delete policies')
        if (user.groups.length > 0) throw failures.deleteFirst('remove user from groups')
        return { account: withoutHolder(account, 'user', UserName), result: undefined }
      }),
  },

  TagUser: {
    on: onUser,
    tags: requestTags,
    run: ({ input, change }) =>
      change((account) => {
        const user = requireUser(account, input.UserName)
        const tags = tagged(user.tags, tagsIn(input.Tags))
        return { account: withUser(account, { ...user, tags }), result: undefined }
      }),
  },

  UntagUser: {
    on: onUser,
    tags: requestTagKeys,
    run: ({ input, change }) =>
      change((account) => {
        const user = requireUser(account, input.UserName)
        const tags = untagged(user.tags, input.TagKeys)
        return { account: withUser(account, { ...user, tags }), result: undefined }
      }),
  },

  ListUserTags: {
    on: onUser,
    run({ account, input }) {
      const { tags } = requireUser(account, input.UserName)
      const { items, rest } = pageOf(tags, ({ key }) => key, input)
      return { Tags: items.map(presentTag), ...rest }
    },
  },
} satisfies Partial<IamOperations>

/** The root asks for itself: it is no user of the account. */
const isRootItself = ({ input, principal }: Parameters<IamOperations['GetUser']['on']>[0]): boolean =>
  input.UserName === undefined && kindOf(principal) === 'root'
