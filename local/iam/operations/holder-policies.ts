/**
 * Policies of users, groups and roles: inline ones, and managed ones that are attached. The same for all three.
 * @module
 */
import type { Account } from '../../identities/model.ts'
import { boundaryOfRole, boundaryOfUser } from '../boundary-keys.ts'
import type { IamCall, IamOperations } from '../call.ts'
import { onGroup, onRole, onUser } from '../caller.ts'
import { findPolicy, requireHolder, withHolder, type HolderKind, type Holders } from '../entities.ts'
import * as failures from '../failures.ts'
import type { AttachedPolicy } from '../model/iam.types.generated.ts'
import { pageOf, type Page, type Paged } from '../paging.ts'
import { ATTACHED_LIMIT, INLINE_LIMITS, presentDocument, requirePolicyText, sizeOf } from '../policy-documents.ts'
import { presentAttached } from '../present.ts'

const policyArn = ({ input }: { readonly input: { readonly PolicyArn: string } }) => ({
  'iam:PolicyARN': input.PolicyArn,
})

const named = {
  user: ({ UserName }: { readonly UserName: string }): string => UserName,
  group: ({ GroupName }: { readonly GroupName: string }): string => GroupName,
  role: ({ RoleName }: { readonly RoleName: string }): string => RoleName,
}

export const holderPolicyOperations = {
  PutUserPolicy: { on: onUser, keys: boundaryOfUser, run: (call) => put(call, 'user', named.user(call.input)) },
  PutGroupPolicy: { on: onGroup, run: (call) => put(call, 'group', named.group(call.input)) },
  PutRolePolicy: { on: onRole, keys: boundaryOfRole, run: (call) => put(call, 'role', named.role(call.input)) },

  GetUserPolicy: {
    on: onUser,
    run: ({ account, input }) => {
      const { name, policy } = read(account, 'user', { name: input.UserName, policyName: input.PolicyName })
      return { UserName: name, ...policy }
    },
  },
  GetGroupPolicy: {
    on: onGroup,
    run: ({ account, input }) => {
      const { name, policy } = read(account, 'group', { name: input.GroupName, policyName: input.PolicyName })
      return { GroupName: name, ...policy }
    },
  },
  GetRolePolicy: {
    on: onRole,
    run: ({ account, input }) => {
      const { name, policy } = read(account, 'role', { name: input.RoleName, policyName: input.PolicyName })
      return { RoleName: name, ...policy }
    },
  },

  ListUserPolicies: { on: onUser, run: (call) => listInline(call, 'user', named.user(call.input)) },
  ListGroupPolicies: { on: onGroup, run: (call) => listInline(call, 'group', named.group(call.input)) },
  ListRolePolicies: { on: onRole, run: (call) => listInline(call, 'role', named.role(call.input)) },

  DeleteUserPolicy: { on: onUser, keys: boundaryOfUser, run: (call) => remove(call, 'user', named.user(call.input)) },
  DeleteGroupPolicy: { on: onGroup, run: (call) => remove(call, 'group', named.group(call.input)) },
  DeleteRolePolicy: { on: onRole, keys: boundaryOfRole, run: (call) => remove(call, 'role', named.role(call.input)) },

  AttachUserPolicy: {
    on: onUser,
    keys: (call) => ({ ...policyArn(call), ...boundaryOfUser(call) }),
    run: (call) => attach(call, 'user', named.user(call.input)),
  },
  AttachGroupPolicy: { on: onGroup, keys: policyArn, run: (call) => attach(call, 'group', named.group(call.input)) },
  AttachRolePolicy: {
    on: onRole,
    keys: (call) => ({ ...policyArn(call), ...boundaryOfRole(call) }),
    run: (call) => attach(call, 'role', named.role(call.input)),
  },

  DetachUserPolicy: {
    on: onUser,
    keys: (call) => ({ ...policyArn(call), ...boundaryOfUser(call) }),
    run: (call) => detach(call, 'user', named.user(call.input)),
  },
  DetachGroupPolicy: { on: onGroup, keys: policyArn, run: (call) => detach(call, 'group', named.group(call.input)) },
  DetachRolePolicy: {
    on: onRole,
    keys: (call) => ({ ...policyArn(call), ...boundaryOfRole(call) }),
    run: (call) => detach(call, 'role', named.role(call.input)),
  },

  ListAttachedUserPolicies: { on: onUser, run: (call) => listAttached(call, 'user', named.user(call.input)) },
  ListAttachedGroupPolicies: { on: onGroup, run: (call) => listAttached(call, 'group', named.group(call.input)) },
  ListAttachedRolePolicies: { on: onRole, run: (call) => listAttached(call, 'role', named.role(call.input)) },
} satisfies Partial<IamOperations>

type Inline = IamCall<{ readonly PolicyName: string }>
type Managed = IamCall<{ readonly PolicyArn: string }>

function put(
  { input, change }: IamCall<{ readonly PolicyName: string; readonly PolicyDocument: string }>,
  kind: HolderKind,
  name: string,
): Promise<void> {
  const { PolicyName, PolicyDocument } = input
  requirePolicyText(PolicyDocument, 'identity')
  return change((account) => {
    const holder = requireHolder(account, kind, name)
    const inline = new Map(holder.inline).set(PolicyName, PolicyDocument)
    const limit = INLINE_LIMITS[kind]
    const size = [...inline.values()].reduce((sum, text) => sum + sizeOf(text), 0)
    if (size > limit) throw failures.inlineTooLarge(kind, holder.name, limit)
    return replaced(account, kind, { ...holder, inline })
  })
}

interface InlinePolicy {
  readonly PolicyName: string
  readonly PolicyDocument: string
}

function read(
  account: Account,
  kind: HolderKind,
  { name, policyName }: { readonly name: string; readonly policyName: string },
): { readonly name: string; readonly policy: InlinePolicy } {
  const holder = requireHolder(account, kind, name)
  const text = holder.inline.get(policyName)
  if (text === undefined) throw failures.noSuchInlinePolicy(kind, policyName)
  return { name: holder.name, policy: { PolicyName: policyName, PolicyDocument: presentDocument(text) } }
}

function listInline(
  { account, input }: IamCall<Paged>,
  kind: HolderKind,
  name: string,
): { PolicyNames: readonly string[] } & Page<string>['rest'] {
  const { items, rest } = pageOf(requireHolder(account, kind, name).inline.keys(), (each) => each, input)
  return { PolicyNames: items, ...rest }
}

function remove({ input: { PolicyName }, change }: Inline, kind: HolderKind, name: string): Promise<void> {
  return change((account) => {
    const holder = requireHolder(account, kind, name)
    const inline = new Map(holder.inline)
    if (!inline.delete(PolicyName)) throw failures.noSuchInlinePolicy(kind, PolicyName)
    return replaced(account, kind, { ...holder, inline })
  })
}

function attach({ input: { PolicyArn }, change }: Managed, kind: HolderKind, name: string): Promise<void> {
  return change((account) => {
    const holder = requireHolder(account, kind, name)
    if (!findPolicy(account, PolicyArn)) throw failures.notAttachable(PolicyArn)
    if (holder.attached.includes(PolicyArn)) return { account, result: undefined }
    if (holder.attached.length >= ATTACHED_LIMIT) throw failures.quotaExceeded(QUOTAS[kind], ATTACHED_LIMIT)
    return replaced(account, kind, { ...holder, attached: [...holder.attached, PolicyArn] })
  })
}

const QUOTAS = { user: 'PoliciesPerUser', group: 'PoliciesPerGroup', role: 'PoliciesPerRole' } as const

function detach({ input: { PolicyArn }, change }: Managed, kind: HolderKind, name: string): Promise<void> {
  return change((account) => {
    const holder = requireHolder(account, kind, name)
    if (!holder.attached.includes(PolicyArn)) throw failures.notAttached(PolicyArn)
    return replaced(account, kind, { ...holder, attached: holder.attached.filter((arn) => arn !== PolicyArn) })
  })
}

function listAttached(
  { account, input }: IamCall<Paged & { readonly PathPrefix?: string }>,
  kind: HolderKind,
  name: string,
): { AttachedPolicies: readonly AttachedPolicy[] } & Page<string>['rest'] {
  const { PathPrefix = '/' } = input
  const found = requireHolder(account, kind, name).attached.filter((arn) => pathOf(arn).startsWith(PathPrefix))
  const { items, rest } = pageOf(found, (arn) => arn, input)
  return { AttachedPolicies: presentAttached(items), ...rest }
}

/** `/team/` of `arn:aws:iam::123456789012:policy/team/read`. */
const pathOf = (arn: string): string => arn.slice(arn.indexOf('/'), arn.lastIndexOf('/') + 1)

function replaced<Kind extends HolderKind>(
  account: Account,
  kind: Kind,
  holder: Holders[Kind],
): { readonly account: Account; readonly result: undefined } {
  return { account: withHolder(account, kind, { holder }), result: undefined }
}
