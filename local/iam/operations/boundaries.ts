/**
 * Permissions boundaries of users and roles: a managed policy each.
 * @module
 */
import type { Account, Role, User } from '../../identities/model.ts'
import { boundaryOfRole, boundaryOfUser, wantedBoundary } from '../boundary-keys.ts'
import type { IamOperations } from '../call.ts'
import { onRole, onUser } from '../caller.ts'
import { findPolicy, requireRole, requireUser, withRole, withUser } from '../entities.ts'
import * as failures from '../failures.ts'

export const boundaryOperations = {
  PutUserPermissionsBoundary: {
    on: onUser,
    keys: wantedBoundary,
    run: ({ input, change }) =>
      change((account) => {
        const boundary = requireBoundary(account, input.PermissionsBoundary)
        return { account: withUser(account, { ...requireUser(account, input.UserName), boundary }), result: undefined }
      }),
  },

  DeleteUserPermissionsBoundary: {
    on: onUser,
    keys: boundaryOfUser,
    run: ({ input, change }) =>
      change((account) => ({
        account: withUser(account, withoutBoundary(requireUser(account, input.UserName))),
        result: undefined,
      })),
  },

  PutRolePermissionsBoundary: {
    on: onRole,
    keys: wantedBoundary,
    run: ({ input, change }) =>
      change((account) => {
        const boundary = requireBoundary(account, input.PermissionsBoundary)
        return { account: withRole(account, { ...requireRole(account, input.RoleName), boundary }), result: undefined }
      }),
  },

  DeleteRolePermissionsBoundary: {
    on: onRole,
    keys: boundaryOfRole,
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

function withoutBoundary<T extends User | Role>(holder: T): Omit<T, 'boundary'> {
  const { boundary: _, ...rest } = holder
  return rest
}
