/**
 * Versions of managed policies: five at most, one of them in force.
 * @module
 */
import type { Account, ManagedPolicy, PolicyVersion } from '../../identities/model.ts'
import type { IamOperations, Target } from '../call.ts'
import { policyTarget, requireOwnPolicy, requirePolicy, withPolicy } from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'
import { MANAGED_LIMIT, requirePolicyText, sizeOf, VERSION_LIMIT } from '../policy-documents.ts'
import { listedVersion, presentVersion } from '../present.ts'

export const policyVersionOperations = {
  CreatePolicyVersion: {
    on: onPolicy,
    run({ input, means, change }) {
      const { PolicyArn, PolicyDocument: document, SetAsDefault = false } = input
      requireManagedText(document)
      return change((account) => {
        const policy = requireOwnPolicy(account, PolicyArn)
        if (policy.versions.length >= VERSION_LIMIT) throw failures.tooManyVersions(VERSION_LIMIT)
        const version: PolicyVersion = { id: nextVersionId(policy), document, createdAt: means.now() }
        const next: ManagedPolicy = {
          ...policy,
          versions: [...policy.versions, version],
          ...(SetAsDefault && { defaultVersionId: version.id }),
        }
        return { account: withPolicy(account, next), result: { PolicyVersion: listedVersion(next, version) } }
      })
    },
  },

  GetPolicyVersion: {
    on: onPolicy,
    run({ account, input }) {
      const policy = requirePolicy(account, input.PolicyArn)
      return { PolicyVersion: presentVersion(policy, requireVersion(policy, input.VersionId)) }
    },
  },

  ListPolicyVersions: {
    on: onPolicy,
    run({ account, input }) {
      const policy = requirePolicy(account, input.PolicyArn)
      // The newest comes first; names of pages go up.
      const { items, rest } = pageOf(policy.versions, ({ id }) => String(1e9 - numberOf(id)), input)
      return { Versions: items.map((version) => listedVersion(policy, version)), ...rest }
    },
  },

  SetDefaultPolicyVersion: {
    on: onPolicy,
    run: ({ input, change }) =>
      change((account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const { id: defaultVersionId } = requireVersion(policy, input.VersionId)
        return { account: withPolicy(account, { ...policy, defaultVersionId }), result: undefined }
      }),
  },

  DeletePolicyVersion: {
    on: onPolicy,
    run: ({ input, change }) =>
      change((account) => {
        const policy = requireOwnPolicy(account, input.PolicyArn)
        const version = requireVersion(policy, input.VersionId)
        if (version.id === policy.defaultVersionId) throw failures.versionIsDefault()
        const versions = policy.versions.filter((each) => each !== version)
        return { account: withPolicy(account, { ...policy, versions }), result: undefined }
      }),
  },
} satisfies Partial<IamOperations>

/** What a call that names a managed policy is about. */
export function onPolicy({
  account,
  input,
}: {
  readonly account: Account
  readonly input: { readonly PolicyArn: string }
}): Target {
  return policyTarget(account, input.PolicyArn)
}

/** @throws {QueryError} MalformedPolicyDocument, LimitExceeded */
export function requireManagedText(text: string): void {
  requirePolicyText(text, 'identity')
  if (sizeOf(text) > MANAGED_LIMIT) throw failures.quotaExceeded('PolicySize', MANAGED_LIMIT)
}

function requireVersion(policy: ManagedPolicy, id: string): PolicyVersion {
  const found = policy.versions.find((version) => version.id === id)
  if (!found) throw failures.noSuchVersion(policy.arn, id)
  return found
}

const numberOf = (versionId: string): number => Number(versionId.slice(1))

/**
 * One more than the highest there is. IAM does not use a number again; here the number of a deleted newest version comes back.
 */
const nextVersionId = ({ versions }: ManagedPolicy): string =>
  `v${Math.max(0, ...versions.map(({ id }) => numberOf(id))) + 1}`
