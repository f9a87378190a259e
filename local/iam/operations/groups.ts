/**
 * Groups and who is in them.
 * @module
 */
import type { Account, Group, User } from '../../identities/model.ts'
import type { IamOperations } from '../call.ts'
import { onGroup, onUser } from '../caller.ts'
import {
  arnIn,
  findHolder,
  keyOf,
  newId,
  renamedTargets,
  requireGroup,
  requireUser,
  withGroup,
  withHolder,
  withoutHolder,
  withUser,
} from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'
import { listedUser, presentGroup } from '../present.ts'

const GROUPS_PER_USER = 10

export const groupOperations = {
  CreateGroup: {
    on: ({ account, input: { Path = '/', GroupName } }) => ({ arn: arnIn(account, 'group', Path + GroupName) }),
    run: ({ input: { GroupName: name, Path: path = '/' }, means, change }) =>
      change((account) => {
        if (findHolder(account, 'group', name)) throw failures.alreadyThere('group', name)
        const group: Group = {
          origin: 'api',
          id: newId(means, 'AGPA'),
          name,
          path,
          arn: arnIn(account, 'group', path + name),
          createdAt: means.now(),
          inline: new Map(),
          attached: [],
        }
        return { account: withGroup(account, group), result: { Group: presentGroup(group) } }
      }),
  },

  GetGroup: {
    on: onGroup,
    run({ account, input }) {
      const group = requireGroup(account, input.GroupName)
      const { items, rest } = pageOf(membersOf(account, group), ({ name }) => name.toLowerCase(), input)
      return { Group: presentGroup(group), Users: items.map(listedUser), ...rest }
    },
  },

  ListGroups: {
    on: ({ account, input }) => ({ arn: arnIn(account, 'group', input.PathPrefix ?? '/') }),
    run({ account, input }) {
      const { PathPrefix = '/' } = input
      const found = [...account.groups.values()].filter(({ path }) => path.startsWith(PathPrefix))
      const { items, rest } = pageOf(found, ({ name }) => name.toLowerCase(), input)
      return { Groups: items.map(presentGroup), ...rest }
    },
  },

  UpdateGroup: {
    on: ({ account, input: { GroupName: name, NewGroupName: newName, NewPath: newPath } }) =>
      renamedTargets(account, 'group', { name, newName, newPath }),
    run: ({ input: { GroupName, NewGroupName, NewPath }, change }) =>
      change((account) => {
        const group = requireGroup(account, GroupName)
        const name = NewGroupName ?? group.name
        const path = NewPath ?? group.path
        const other = findHolder(account, 'group', name)
        if (other && other.id !== group.id) throw failures.alreadyThere('group', name)
        const holder = { ...group, name, path, arn: arnIn(account, 'group', path + name) }
        const renamed = withHolder(account, 'group', { holder, formerName: group.name })
        const moved = membersOf(account, group).reduce(
          (state, user) =>
            withUser(state, { ...user, groups: user.groups.map((each) => (isNamed(each, group) ? name : each)) }),
          renamed,
        )
        return { account: moved, result: undefined }
      }),
  },

  DeleteGroup: {
    on: onGroup,
    run: ({ input: { GroupName }, change }) =>
      change((account) => {
        const group = requireGroup(account, GroupName)
        if (membersOf(account, group).length > 0) throw failures.deleteFirst('remove users from group')
        if (group.attached.length > 0) throw failures.deleteFirst('detach all policies')
        if (group.inline.size > 0) throw failures.deleteFirst('delete policies')
        return { account: withoutHolder(account, 'group', GroupName), result: undefined }
      }),
  },

  AddUserToGroup: {
    on: onGroup,
    run: ({ input, change }) =>
      change((account) => {
        const group = requireGroup(account, input.GroupName)
        const user = requireUser(account, input.UserName)
        if (isIn(user, group)) return { account, result: undefined }
        if (user.groups.length >= GROUPS_PER_USER) throw failures.quotaExceeded('GroupsPerUser', GROUPS_PER_USER)
        return { account: withUser(account, { ...user, groups: [...user.groups, group.name] }), result: undefined }
      }),
  },

  RemoveUserFromGroup: {
    on: onGroup,
    run: ({ input, change }) =>
      change((account) => {
        const group = requireGroup(account, input.GroupName)
        const user = requireUser(account, input.UserName)
        if (!isIn(user, group)) return { account, result: undefined }
        const groups = user.groups.filter((each) => !isNamed(each, group))
        return { account: withUser(account, { ...user, groups }), result: undefined }
      }),
  },

  ListGroupsForUser: {
    on: onUser,
    run({ account, input }) {
      const user = requireUser(account, input.UserName)
      const groups = user.groups.flatMap((name) => findHolder(account, 'group', name) ?? [])
      const { items, rest } = pageOf(groups, ({ name }) => name.toLowerCase(), input)
      return { Groups: items.map(presentGroup), ...rest }
    },
  },
} satisfies Partial<IamOperations>

const isNamed = (name: string, group: Group): boolean => keyOf(name) === keyOf(group.name)
const isIn = ({ groups }: User, group: Group): boolean => groups.some((name) => isNamed(name, group))
const membersOf = ({ users }: Account, group: Group): User[] => [...users.values()].filter((user) => isIn(user, group))
