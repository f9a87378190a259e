/**
 * `iam:PermissionsBoundary`: of a request that sets a boundary, the one that is wanted; of one that changes what a user or a role may do otherwise, the one that it has ("IAM and AWS STS
 * condition context keys"). That is how an administrator can be held to users and roles within a boundary.
 * @module
 */
import type { IamCall } from './call.ts'
import { findHolder } from './entities.ts'

type BoundaryKey = Readonly<Record<'iam:PermissionsBoundary', string | undefined>>

export const wantedBoundary = ({ input }: IamCall<{ readonly PermissionsBoundary?: string }>): BoundaryKey => ({
  'iam:PermissionsBoundary': input.PermissionsBoundary,
})

export const boundaryOfUser = ({ account, input }: IamCall<{ readonly UserName: string }>): BoundaryKey => ({
  'iam:PermissionsBoundary': findHolder(account, 'user', input.UserName)?.boundary,
})

export const boundaryOfRole = ({ account, input }: IamCall<{ readonly RoleName: string }>): BoundaryKey => ({
  'iam:PermissionsBoundary': findHolder(account, 'role', input.RoleName)?.boundary,
})
