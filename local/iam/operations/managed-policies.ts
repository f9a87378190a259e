/**
 * Managed policies. Those of AWS can be read and attached, not changed.
 * @module
 */
import { awsManagedPolicies } from '../../identities/managed-policies.ts'
import type { Account, ManagedPolicy } from '../../identities/model.ts'
import type { IamOperations } from '../call.ts'
import { arnIn, awsPolicy, keyOf, newId, requireOwnPolicy, requirePolicy, withPolicy } from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'
import { listedPolicy, presentPolicy, usageOf } from '../present.ts'
import { onPolicy, requireManagedText } from './policy-versions.ts'
import { alsoTag, presentTag, requestTagKeys, requestTags, tagged, tagsIn, untagged } from '../tags.ts'

export const managedPolicyOperations = {
  CreatePolicy: {
    on: ({ account, input: { Path = '/', PolicyName } }) => {
      const arn = arnIn(account, 'policy', Path + PolicyName)
      return { arn, shown: `policy ${PolicyName}` }
    },
    tags: requestTags,
    also: alsoTag('TagPolicy'),
    run({ input, means, change }) {
      const { PolicyName: name, Path: path = '/', Description: description, PolicyDocument: document } = input
      requireManagedText(document)
      return change((account) => {
        if (account.policies.has(keyOf(name))) throw failures.policyAlreadyThere(name)
        const createdAt = means.now()
        const policy: ManagedPolicy = {
          origin: 'api',
          id: newId(means, 'ANPA'),
          name,
          path,
          arn: arnIn(account, 'policy', path + name),
          createdAt,
          tags: tagged([], tagsIn(input.Tags)),
          versions: [{ id: 'v1', document, createdAt }],
          defaultVersionId: 'v1',
          ...(description !== undefined && { description }),
        }
        return { account: withPolicy(account, policy), result: { Policy: presentPolicy(account, policy) } }
      })
    },
  },

  GetPolicy: {
    on: onPolicy,
    run: ({ account, input }) => ({ Policy: presentPolicy(account, requirePolicy(account, input.PolicyArn)) }),
  },

  ListPolicies: {
    on: ({ account, input }) => {
      const { PathPrefix = '/' } = input
      return { arn: arnIn(account, 'policy', PathPrefix), shown: `policy path ${PathPrefix}` }
    },
    run({ account, input }) {
      const { Scope = 'All', PathPrefix = '/', OnlyAttached = false, PolicyUsageFilter } = input
      const known = [
        ...(Scope === 'AWS' ? [] : account.policies.values()),
        ...(Scope === 'Local' ? [] : [...awsManagedPolicies()].flatMap(({ arn }) => awsPolicy(arn) ?? [])),
      ]
      const found = known.filter(({ arn, path }) => {
        if (!path.startsWith(PathPrefix)) return false
        const { attachments, boundaries } = usageOf(account, arn)
        if (PolicyUsageFilter === 'PermissionsBoundary') return boundaries > 0
        return OnlyAttached || PolicyUsageFilter === 'PermissionsPolicy' ? attachments > 0 : true
      })
      const { items, rest } = pageOf(found, ({ arn }) => arn, input)
      return { Policies: items.map((policy) => listedPolicy(account, policy)), ...rest }
    },
  },

  DeletePolicy: {
    on: onPolicy,
    run: ({ input: { PolicyArn }, change }) =>
      change((account) => {
        const policy = requireOwnPolicy(account, PolicyArn)
        const { attachments, boundaries } = usageOf(account, PolicyArn)
        if (attachments + boundaries > 0) throw failures.policyInUse()
        if (policy.versions.length > 1) throw failures.policyHasVersions()
        const policies = new Map(account.policies)
        policies.delete(keyOf(policy.name))
        return { account: { ...account, policies }, result: undefined }
      }),
  },

  ListEntitiesForPolicy: {
    on: onPolicy,
    run({ account, input }) {
      const { PolicyArn, EntityFilter, PathPrefix = '/', PolicyUsageFilter } = input
      requirePolicy(account, PolicyArn)
      const { items, rest } = pageOf(
        holdersOf(account).filter(
          ({ filter, holder }) =>
            (EntityFilter === undefined || EntityFilter === filter) &&
            holder.path.startsWith(PathPrefix) &&
            ((PolicyUsageFilter !== 'PermissionsBoundary' && holder.attached.includes(PolicyArn)) ||
              (PolicyUsageFilter !== 'PermissionsPolicy' && 'boundary' in holder && holder.boundary === PolicyArn)),
        ),
        ({ filter, holder }) => `${filter}/${keyOf(holder.name)}`,
        input,
      )
      const of = (wanted: string): (typeof items)[number]['holder'][] =>
        items.filter(({ filter }) => filter === wanted).map(({ holder }) => holder)
      return {
        PolicyGroups: of('Group').map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of('User').map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of('Role').map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      }
    },
  },

  TagPolicy: {
    on: onPolicy,
    tags: requestTags,
    run: ({ input, change }) =>
      change((account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const tags = tagged(policy.tags, tagsIn(input.Tags))
        return { account: withPolicy(account, { ...policy, tags }), result: undefined }
      }),
  },

  UntagPolicy: {
    on: onPolicy,
    tags: requestTagKeys,
    run: ({ input, change }) =>
      change((account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const tags = untagged(policy.tags, input.TagKeys)
        return { account: withPolicy(account, { ...policy, tags }), result: undefined }
      }),
  },

  ListPolicyTags: {
    on: onPolicy,
    run({ account, input }) {
      const { tags } = requirePolicy(account, input.PolicyArn)
      const { items, rest } = pageOf(tags, ({ key }) => key, input)
      return { Tags: items.map(presentTag), ...rest }
    },
  },
} satisfies Partial<IamOperations>

const holdersOf = ({ users, groups, roles }: Account) => [
  ...[...users.values()].map((holder) => ({ filter: 'User', holder }) as const),
  ...[...groups.values()].map((holder) => ({ filter: 'Group', holder }) as const),
  ...[...roles.values()].map((holder) => ({ filter: 'Role', holder }) as const),
]
