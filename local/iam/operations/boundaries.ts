/**
 * Permissions boundaries of users and roles: a managed policy each.
 * @module
 */
import type { Account, Role, User } from '../../identities/model.ts'
import type { IamOperations } from '../call.ts'
import { onRole, onUser } from '../caller.ts'
import { findPolicy, requireRole, requireUser, withRole, withUser } from '../entities.ts'
import * as failures from '../failures.ts'

export const boundaryOperations = {
  PutUserPermissionsBoundary: {
    on: onUser,
    keys: boundaryKey,
    run: ({ input, change }) =>
      change((account) => {
        const boundary = requireBoundary(account, input.PermissionsBoundary)
        return { account: withUser(account, { ...requireUser(account, input.UserName), boundary }), result: undefined }
      }),
  },

  DeleteUserPermissionsBoundary: {
    on: (call) => ({ ...onUser(call) }),
    run: ({ input, change }) =>
      change((account) => ({
        account: withUser(account, withoutBoundary(requireUser(account, input.UserName))),
        result: undefined,
      })),
  },

  PutRolePermissionsBoundary: {
    on: onRole,
    keys: boundaryKey,
    run: ({ input, change }) =>
      change((account) => {
        const boundary = requireBoundary(account, input.PermissionsBoundary)
        return { account: withRole(account, { ...requireRole(account, input.RoleName), boundary }), result: undefined }
      }),
  },

  DeleteRolePermissionsBoundary: {
    on: onRole,
    run: ({ input, change }) =>
      change((account) => ({
        account: withRole(account, withoutBoundary(requireRole(account, input.RoleName))),
        result: undefined,
      })),
  },
} satisfies Partial<IamOperations>

/** @returns the ARN @throws {QueryError} NoSuchEntity */
export function requireBoundary(account: Account, arn: string): string {
  if (!findPolicy(account, arn)) throw failures.notAttachable(arn)
  return arn
}

function boundaryKey({ PermissionsBoundary }: { readonly PermissionsBoundary: string }): Record<string, string> {
  return { 'iam:PermissionsBoundary': PermissionsBoundary }
}

function withoutBoundary<T extends User | Role>(holder: T): Omit<T, 'boundary'> {
  const { boundary: _, ...rest } = holder
  return rest
}
