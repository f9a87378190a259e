/**
 * From a reading of the account to what is kept: each user and role with every policy that it has, by itself and by its groups. A policy that is named and cannot be read is kept as such: an
 * identity never seems to have one less than it has.
 * @module
 */
import type { AttachedPolicy, PolicyDetail, Tag } from '@aws-sdk/client-iam'
import type { AccountReading } from './account-reading.ts'
import type { KeptIdentity, KeptPolicy } from './kept-identity.ts'
import { principalNameIn } from './principal-name.ts'
import { mayTagSessions } from './trust-policy.ts'

export interface Resolved {
  readonly identities: readonly KeptIdentity[]
  /** Users and roles that have no proper ARN or id: they are left out, and so unknown. */
  readonly leftOut: number
}

export function resolvedIdentities({ users, roles, groups, policies }: AccountReading): Resolved {
  const managedTexts = new Map(
    policies.map(({ Arn, DefaultVersionId, PolicyVersionList }) => {
      const version = PolicyVersionList?.find(({ VersionId }) => VersionId === DefaultVersionId)
      return [Arn, textOf(version?.Document)] as const
    }),
  )
  const managed = (arn = ''): KeptPolicy => ({ source: arn, text: managedTexts.get(arn) ?? null })
  const allOf = (inline: readonly PolicyDetail[] = [], attached: readonly AttachedPolicy[] = [], owner: string) => [
    ...inline.map(({ PolicyName, PolicyDocument }) => ({
      source: `inline policy "${PolicyName ?? ''}" of ${owner}`,
      text: textOf(PolicyDocument) ?? null,
    })),
    ...attached.map(({ PolicyArn }) => managed(PolicyArn)),
  ]
  const ofGroups = new Map(
    groups.map((group) => {
      const { GroupName: name = '', GroupPolicyList, AttachedManagedPolicies } = group
      return [name, allOf(GroupPolicyList, AttachedManagedPolicies, `group ${name}`)] as const
    }),
  )
  const ofGroup = (name: string): readonly KeptPolicy[] =>
    ofGroups.get(name) ?? [{ source: `the policies of group ${name}`, text: null }]

  const found = [
    ...users.map((user) => ({
      ...common(user),
      uniqueId: user.UserId,
      kind: 'user',
      mayTagSessions: false,
      policies: [
        ...allOf(user.UserPolicyList, user.AttachedManagedPolicies, `user ${user.UserName ?? ''}`),
        ...(user.GroupList ?? []).flatMap(ofGroup),
      ],
    })),
    ...roles.map((role) => ({
      ...common(role),
      uniqueId: role.RoleId,
      kind: 'role',
      mayTagSessions: mayTagSessions(textOf(role.AssumeRolePolicyDocument)),
      policies: allOf(role.RolePolicyList, role.AttachedManagedPolicies, `role ${role.RoleName ?? ''}`),
    })),
  ]
  const identities = found.flatMap(({ arn = '', uniqueId = '', kind, boundaryArn, policies: own, ...rest }) =>
    isUniqueId(uniqueId) && principalNameIn(arn)?.kind === kind
      ? [{ ...rest, arn, uniqueId, policies: distinct(own), ...(boundaryArn && { boundary: managed(boundaryArn) }) }]
      : [],
  )
  return { identities, leftOut: found.length - identities.length }
}

/** What unique ids of users and roles look like: nothing that could end a part of a key. */
export const isUniqueId = (text: string): boolean => /^[A-Z0-9]{16,128}$/.test(text)

interface Entity {
  readonly Arn?: string | undefined
  readonly Tags?: Tag[] | undefined
  readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string | undefined } | undefined
}

const common = ({ Arn, Tags, PermissionsBoundary: boundary }: Entity) => ({
  arn: Arn,
  tags: (Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value })),
  // A boundary without a name is one that cannot be read.
  boundaryArn: boundary && (boundary.PermissionsBoundaryArn ?? 'a boundary without a name'),
})

/** A managed policy may come to a user in several ways. */
const distinct = (policies: readonly KeptPolicy[]): readonly KeptPolicy[] => [
  ...new Map(policies.map((policy) => [JSON.stringify([policy.source, policy.text]), policy])).values(),
]

/** IAM answers with policies percent-encoded (RFC 3986). Undefined for what is not. */
function textOf(document: string | undefined): string | undefined {
  if (document === undefined || document.trimStart().startsWith('{')) return document
  try {
    return decodeURIComponent(document)
  } catch {
    return undefined
  }
}
