/**
 * The role of a function: whether Lambda may assume it, and credentials for the function's processes.
 * @module
 */
import { storedPolicy } from '../../lambda/auth/policy/compiled-policy.ts'
import { letsServiceIn } from '../../lambda/auth/service-access.ts'
import type { Identities } from '../identities/identities.ts'
import type { Role } from '../identities/model.ts'
import { functionArn, type FunctionKey } from './function-name.ts'
import type { FunctionCredentials } from './runtime/runnable-function.ts'

export const LAMBDA_SERVICE = 'lambda.amazonaws.com'

export interface RoleUse {
  readonly fn: FunctionKey
  /** ARN. */
  readonly role: string
}

/** Undefined: there is no such role in the function's account, or its trust policy does not let Lambda assume it. */
export function assumableRole(identities: Pick<Identities, 'store'>, { fn, role: arn }: RoleUse): Role | undefined {
  const role = roleByArn(identities, fn.account, arn)
  if (role === undefined) return undefined
  const isTrusting = letsServiceIn({
    policy: storedPolicy(role.trustPolicy, 'trust'),
    service: LAMBDA_SERVICE,
    action: 'sts:AssumeRole',
    resource: role.arn,
    sourceArn: functionArn(fn),
    sourceAccount: fn.account,
  })
  return isTrusting ? role : undefined
}

/** Names of roles are unique in an account, whatever their path. */
export function roleByArn({ store }: Pick<Identities, 'store'>, account: string, arn: string): Role | undefined {
  const name = arn.slice(arn.lastIndexOf('/') + 1).toLowerCase()
  const role = store.account(account).roles.get(name)
  return role?.arn === arn ? role : undefined
}

/** A session of the role, under the function's name as Lambda has it, for as long as the role's sessions may last. */
export function roleCredentials(
  { sessions }: Pick<Identities, 'sessions'>,
  role: Role,
  fn: FunctionKey,
): FunctionCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = sessions.issue({
    kind: 'role',
    account: fn.account,
    identityId: role.id,
    identityName: role.name,
    identityPath: role.path,
    sessionName: fn.name,
    durationSeconds: role.maxSessionSeconds,
  })
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt }
}
