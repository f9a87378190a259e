/**
 * The account as a whole: its counts, and everything that it has.
 * @module
 */
import type { Account, ManagedPolicy, Policies } from '../../identities/model.ts'
import { awsPolicy } from '../entities.ts'
import type { IamOperations } from '../call.ts'
import type * as iam from '../model/iam.types.generated.ts'
import { pageOf } from '../paging.ts'
import {
  ATTACHED_LIMIT,
  INLINE_LIMITS,
  MANAGED_LIMIT,
  presentDocument,
  TRUST_LIMIT,
  VERSION_LIMIT,
} from '../policy-documents.ts'
import { listedPolicy, presentAttached, presentBoundary, presentGroup, presentVersion, usageOf } from '../present.ts'
import { presentTags } from '../tags.ts'

const everything = () => ({ arn: '*' })

export const accountOperations = {
  GetAccountSummary: {
    on: everything,
    run: ({ account }) => ({ SummaryMap: summaryOf(account) }),
  },

  /** There are none. */
  ListAccountAliases: {
    on: everything,
    run: () => ({ AccountAliases: [], IsTruncated: false }),
  },

  GetAccountAuthorizationDetails: {
    on: everything,
    run({ account, input }) {
      const { Filter = [] } = input
      const entries = entriesOf(account).filter(({ filter }) => Filter.length === 0 || Filter.includes(filter))
      const { items, rest } = pageOf(entries, ({ filter, key }) => `${filter}/${key}`, input)
      return {
        UserDetailList: items.flatMap((entry) => (entry.filter === 'User' ? [entry.detail()] : [])),
        GroupDetailList: items.flatMap((entry) => (entry.filter === 'Group' ? [entry.detail()] : [])),
        RoleDetailList: items.flatMap((entry) => (entry.filter === 'Role' ? [entry.detail()] : [])),
        Policies: items.flatMap((entry) =>
          entry.filter === 'LocalManagedPolicy' || entry.filter === 'AWSManagedPolicy' ? [entry.detail()] : [],
        ),
        ...rest,
      }
    },
  },
} satisfies Partial<IamOperations>

function summaryOf({ users, groups, roles, policies, mfaDevices }: Account): Record<string, number> {
  const devices = [...mfaDevices.values()]
  const versions = [...policies.values()].reduce((sum, policy) => sum + policy.versions.length, 0)
  return {
    Users: users.size,
    Groups: groups.size,
    Roles: roles.size,
    Policies: policies.size,
    PolicyVersionsInUse: versions,
    MFADevices: devices.length,
    MFADevicesInUse: devices.filter(({ user }) => user !== undefined).length,
    AccessKeysPerUserQuota: 2,
    AttachedPoliciesPerUserQuota: ATTACHED_LIMIT,
    AttachedPoliciesPerGroupQuota: ATTACHED_LIMIT,
    AttachedPoliciesPerRoleQuota: ATTACHED_LIMIT,
    UserPolicySizeQuota: INLINE_LIMITS.user,
    GroupPolicySizeQuota: INLINE_LIMITS.group,
    RolePolicySizeQuota: INLINE_LIMITS.role,
    AssumeRolePolicySizeQuota: TRUST_LIMIT,
    PolicySizeQuota: MANAGED_LIMIT,
    VersionsPerPolicyQuota: VERSION_LIMIT,
    GroupsPerUserQuota: 10,
  }
}

type Entry = { readonly key: string } & (
  | { readonly filter: 'User'; readonly detail: () => iam.UserDetail }
  | { readonly filter: 'Group'; readonly detail: () => iam.GroupDetail }
  | { readonly filter: 'Role'; readonly detail: () => iam.RoleDetail }
  | { readonly filter: 'LocalManagedPolicy' | 'AWSManagedPolicy'; readonly detail: () => iam.ManagedPolicyDetail }
)

function entriesOf(account: Account): Entry[] {
  const { users, groups, roles, policies } = account
  return [
    ...[...users].map(([key, user]): Entry => {
      const detail = (): iam.UserDetail => ({
        Path: user.path,
        UserName: user.name,
        UserId: user.id,
        Arn: user.arn,
        CreateDate: user.createdAt,
        UserPolicyList: inlineOf(user),
        GroupList: user.groups,
        AttachedManagedPolicies: presentAttached(user.attached),
        ...presentBoundary(user),
        ...presentTags(user.tags),
      })
      return { filter: 'User', key, detail }
    }),
    ...[...groups].map(([key, group]): Entry => {
      const detail = (): iam.GroupDetail => ({
        ...presentGroup(group),
        GroupPolicyList: inlineOf(group),
        AttachedManagedPolicies: presentAttached(group.attached),
      })
      return { filter: 'Group', key, detail }
    }),
    ...[...roles].map(([key, role]): Entry => {
      const detail = (): iam.RoleDetail => ({
        Path: role.path,
        RoleName: role.name,
        RoleId: role.id,
        Arn: role.arn,
        CreateDate: role.createdAt,
        AssumeRolePolicyDocument: presentDocument(role.trustPolicy),
        InstanceProfileList: [],
        RolePolicyList: inlineOf(role),
        AttachedManagedPolicies: presentAttached(role.attached),
        ...presentBoundary(role),
        ...presentTags(role.tags),
        RoleLastUsed: {},
      })
      return { filter: 'Role', key, detail }
    }),
    ...[...policies].map(([key, policy]): Entry => {
      return { filter: 'LocalManagedPolicy', key, detail: () => policyDetail(account, policy) }
    }),
    ...usedAwsPolicies(account).map((policy): Entry => {
      return { filter: 'AWSManagedPolicy', key: policy.arn, detail: () => policyDetail(account, policy) }
    }),
  ]
}

/** IAM lists those of AWS that something has. */
function usedAwsPolicies({ users, groups, roles }: Account): ManagedPolicy[] {
  const arns = new Set<string>()
  for (const map of [users, groups, roles] as const)
    for (const holder of map.values()) {
      for (const arn of holder.attached) arns.add(arn)
      if ('boundary' in holder && typeof holder.boundary === 'string') arns.add(holder.boundary)
    }
  return [...arns].flatMap((arn) => awsPolicy(arn) ?? [])
}

const inlineOf = ({ inline }: Policies): iam.PolicyDetail[] =>
  [...inline].map(([name, text]) => ({ PolicyName: name, PolicyDocument: presentDocument(text) }))

function policyDetail(account: Account, policy: ManagedPolicy): iam.ManagedPolicyDetail {
  const { attachments, boundaries } = usageOf(account, policy.arn)
  const { Tags: _, ...shown } = listedPolicy(account, policy)
  return {
    ...shown,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: boundaries,
    PolicyVersionList: policy.versions.map((version) => presentVersion(policy, version)),
  }
}
