/**
 * Roles: made, shown, changed, deleted, tagged.
 * @module
 */
import { pinPrincipals } from '../../../lambda/auth/policy/pin-principals.ts'
import type { Role } from '../../identities/model.ts'
import { wantedBoundary } from '../boundary-keys.ts'
import type { IamMeans, IamOperations } from '../call.ts'
import { onRole } from '../caller.ts'
import { arnIn, findHolder, newId, requireRole, withoutHolder, withRole } from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'
import { requirePolicyText, sizeOf, TRUST_LIMIT } from '../policy-documents.ts'
import { listedRole, presentRole } from '../present.ts'
import { alsoTag, presentTag, requestTagKeys, requestTags, tagged, tagsIn, untagged } from '../tags.ts'
import { requireBoundary } from './boundaries.ts'

const DEFAULT_SESSION_SECONDS = 3600

export const roleOperations = {
  CreateRole: {
    on: ({ account, input: { Path = '/', RoleName } }) => ({ arn: arnIn(account, 'role', Path + RoleName) }),
    keys: wantedBoundary,
    tags: requestTags,
    also: alsoTag('TagRole'),
    async run({ input, means, change }) {
      const { RoleName: name, Path: path = '/', PermissionsBoundary: boundary, Description: description } = input
      const trust = await requireTrust(input.AssumeRolePolicyDocument, means)
      return change((account) => {
        if (findHolder(account, 'role', name)) throw failures.alreadyThere('role', name)
        const role: Role = {
          origin: 'api',
          id: newId(means, 'AROA'),
          name,
          path,
          arn: arnIn(account, 'role', path + name),
          createdAt: means.now(),
          inline: new Map(),
          attached: [],
          ...trust,
          tags: tagged([], tagsIn(input.Tags)),
          maxSessionSeconds: input.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
          ...(description !== undefined && { description }),
          ...(boundary !== undefined && { boundary: requireBoundary(account, boundary) }),
        }
        return { account: withRole(account, role), result: { Role: presentRole(role) } }
      })
    },
  },

  GetRole: {
    on: onRole,
    run: ({ account, input }) => ({ Role: presentRole(requireRole(account, input.RoleName)) }),
  },

  ListRoles: {
    on: ({ account, input }) => ({ arn: arnIn(account, 'role', input.PathPrefix ?? '/') }),
    run({ account, input }) {
      const { PathPrefix = '/' } = input
      const found = [...account.roles.values()].filter(({ path }) => path.startsWith(PathPrefix))
      const { items, rest } = pageOf(found, ({ name }) => name.toLowerCase(), input)
      return { Roles: items.map(listedRole), ...rest }
    },
  },

  UpdateRole: {
    on: onRole,
    run: ({ input: { RoleName, Description, MaxSessionDuration }, change }) =>
      change((account) => {
        const role: Role = {
          ...requireRole(account, RoleName),
          ...(Description !== undefined && { description: Description }),
          ...(MaxSessionDuration !== undefined && { maxSessionSeconds: MaxSessionDuration }),
        }
        return { account: withRole(account, role), result: {} }
      }),
  },

  UpdateAssumeRolePolicy: {
    on: onRole,
    async run({ input, means, change }) {
      const trust = await requireTrust(input.PolicyDocument, means)
      return change((account) => ({
        account: withRole(account, { ...requireRole(account, input.RoleName), ...trust }),
        result: undefined,
      }))
    },
  },

  DeleteRole: {
    on: onRole,
    run: ({ input: { RoleName }, change }) =>
      change((account) => {
        const role = requireRole(account, RoleName)
        if (role.attached.length > 0) throw failures.deleteFirst('detach all policies')
        if (role.inline.size > 0) throw failures.deleteFirst('delete policies')
        return { account: withoutHolder(account, 'role', RoleName), result: undefined }
      }),
  },

  TagRole: {
    on: onRole,
    tags: requestTags,
    run: ({ input, change }) =>
      change((account) => {
        const role = requireRole(account, input.RoleName)
        const tags = tagged(role.tags, tagsIn(input.Tags))
        return { account: withRole(account, { ...role, tags }), result: undefined }
      }),
  },

  UntagRole: {
    on: onRole,
    tags: requestTagKeys,
    run: ({ input, change }) =>
      change((account) => {
        const role = requireRole(account, input.RoleName)
        const tags = untagged(role.tags, input.TagKeys)
        return { account: withRole(account, { ...role, tags }), result: undefined }
      }),
  },

  ListRoleTags: {
    on: onRole,
    run({ account, input }) {
      const { tags } = requireRole(account, input.RoleName)
      const { items, rest } = pageOf(tags, ({ key }) => key, input)
      return { Tags: items.map(presentTag), ...rest }
    },
  },

  /** There are none; Terraform asks before it deletes a role. */
  ListInstanceProfilesForRole: {
    on: onRole,
    run({ account, input }) {
      requireRole(account, input.RoleName)
      return { InstanceProfiles: [], IsTruncated: false }
    },
  },
} satisfies Partial<IamOperations>

/**
 * The policy with those whom it trusts looked up: one who later gets the name of a deleted one is not trusted.
 * @throws {QueryError} MalformedPolicyDocument, LimitExceeded
 */
async function requireTrust(
  trustPolicy: string,
  { identities }: IamMeans,
): Promise<Required<Pick<Role, 'trustPolicy' | 'trustedIds'>>> {
  const policy = requirePolicyText(trustPolicy, 'trust')
  if (sizeOf(trustPolicy) > TRUST_LIMIT) throw failures.quotaExceeded('ACLSizePerRole', TRUST_LIMIT)
  const { directory } = identities.authorizer
  const trustedIds = await pinPrincipals(policy, { directory, missing: failures.invalidPrincipal })
  return { trustPolicy, trustedIds }
}
