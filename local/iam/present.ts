/**
 * Users, groups, roles, policies and devices as IAM shows them.
 * @module
 */
import type { Account, Group, ManagedPolicy, MfaDevice, PolicyVersion, Role, User } from '../identities/model.ts'
import { keyOf } from './entities.ts'
import type * as iam from './model/iam.types.generated.ts'
import { presentDocument } from './policy-documents.ts'
import { presentTags } from './tags.ts'

/** As lists have it: without boundary and tags. */
export const listedUser = (user: User): iam.User => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.id,
  Arn: user.arn,
  CreateDate: user.createdAt,
})

export const presentUser = (user: User): iam.User => ({
  ...listedUser(user),
  ...presentBoundary(user),
  ...presentTags(user.tags),
})

export const presentGroup = (group: Group): iam.Group => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: group.arn,
  CreateDate: group.createdAt,
})

/** As lists have it: without boundary and tags. */
export const listedRole = (role: Role): iam.Role => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.id,
  Arn: role.arn,
  CreateDate: role.createdAt,
  AssumeRolePolicyDocument: presentDocument(role.trustPolicy),
  ...(role.description !== undefined && { Description: role.description }),
  MaxSessionDuration: role.maxSessionSeconds,
})

export const presentRole = (role: Role): iam.Role => ({
  ...listedRole(role),
  ...presentBoundary(role),
  ...presentTags(role.tags),
  RoleLastUsed: {},
})

export const presentBoundary = ({
  boundary,
}: {
  readonly boundary?: string
}): { PermissionsBoundary?: iam.AttachedPermissionsBoundary } =>
  boundary === undefined
    ? {}
    : {
        PermissionsBoundary: {
          PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
          PermissionsBoundaryArn: boundary,
        },
      }

/** As lists have it: without description and tags. */
export function listedPolicy(account: Account, policy: ManagedPolicy): iam.Policy {
  const { attachments, boundaries } = usageOf(account, policy.arn)
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: boundaries,
    IsAttachable: true,
    CreateDate: policy.createdAt,
    UpdateDate: policy.versions.find(({ id }) => id === policy.defaultVersionId)?.createdAt ?? policy.createdAt,
  }
}

export const presentPolicy = (account: Account, policy: ManagedPolicy): iam.Policy => ({
  ...listedPolicy(account, policy),
  ...(policy.description !== undefined && { Description: policy.description }),
  ...presentTags(policy.tags),
})

/** As lists have it: without its document. */
export const listedVersion = ({ defaultVersionId }: ManagedPolicy, version: PolicyVersion): iam.PolicyVersion => ({
  VersionId: version.id,
  IsDefaultVersion: version.id === defaultVersionId,
  CreateDate: version.createdAt,
})

export const presentVersion = (policy: ManagedPolicy, version: PolicyVersion): iam.PolicyVersion => ({
  Document: presentDocument(version.document),
  ...listedVersion(policy, version),
})

export const presentAttached = (arns: readonly string[]): iam.AttachedPolicy[] =>
  arns.map((arn) => ({ PolicyName: arn.slice(arn.lastIndexOf('/') + 1), PolicyArn: arn }))

export function presentDevice(account: Account, { serialNumber, user, enabledAt }: MfaDevice): iam.VirtualMFADevice {
  const holder = user === undefined ? undefined : account.users.get(keyOf(user))
  return {
    SerialNumber: serialNumber,
    ...(holder && { User: presentUser(holder) }),
    ...(enabledAt !== undefined && { EnableDate: enabledAt }),
  }
}

/** How many users, groups and roles have a policy, and for how many it is the boundary. */
export function usageOf(
  { users, groups, roles }: Account,
  arn: string,
): { readonly attachments: number; readonly boundaries: number } {
  let attachments = 0
  let boundaries = 0
  for (const map of [users, groups, roles] as const)
    for (const holder of map.values()) {
      if (holder.attached.includes(arn)) attachments++
      if ('boundary' in holder && holder.boundary === arn) boundaries++
    }
  return { attachments, boundaries }
}
