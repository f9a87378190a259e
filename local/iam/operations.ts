/**
 * The operation table of the IAM API: one row for each operation of the model that is served.
 * @module
 */
import type { IamOperations } from './call.ts'
import { accessKeyOperations } from './operations/access-keys.ts'
import { accountOperations } from './operations/account.ts'
import { boundaryOperations } from './operations/boundaries.ts'
import { groupOperations } from './operations/groups.ts'
import { holderPolicyOperations } from './operations/holder-policies.ts'
import { loginProfileOperations } from './operations/login-profiles.ts'
import { managedPolicyOperations } from './operations/managed-policies.ts'
import { mfaDeviceOperations } from './operations/mfa-devices.ts'
import { policyVersionOperations } from './operations/policy-versions.ts'
import { roleOperations } from './operations/roles.ts'
import { simulationOperations } from './operations/simulation.ts'
import { userOperations } from './operations/users.ts'

export const iamOperations: IamOperations = {
  ...userOperations,
  ...accessKeyOperations,
  ...loginProfileOperations,
  ...groupOperations,
  ...roleOperations,
  ...holderPolicyOperations,
  ...boundaryOperations,
  ...managedPolicyOperations,
  ...policyVersionOperations,
  ...mfaDeviceOperations,
  ...accountOperations,
  ...simulationOperations,
}
