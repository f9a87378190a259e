/**
 * The table of end-to-end cases of access control. It is the same wherever it runs; what design section 5 has otherwise on AWS says so in its own row.
 * @module
 */
import type { AccessCase } from './access-case.ts'
import { boundaries } from './cases/boundaries.ts'
import { conditions } from './cases/conditions.ts'
import { identityPolicies } from './cases/identity-policies.ts'
import { keys } from './cases/keys.ts'
import { listsAndBatches } from './cases/lists-and-batches.ts'
import { mfa } from './cases/mfa.ts'
import { otherAccounts } from './cases/other-accounts.ts'
import { policyOperations } from './cases/policy-operations.ts'
import { resourcePolicies } from './cases/resource-policies.ts'
import { sessions } from './cases/sessions.ts'
import { tags } from './cases/tags.ts'
import { unknownSecrets } from './cases/unknown-secrets.ts'

export const cases: readonly AccessCase[] = [
  ...identityPolicies,
  ...unknownSecrets,
  ...resourcePolicies,
  ...policyOperations,
  ...boundaries,
  ...sessions,
  ...mfa,
  ...tags,
  ...conditions,
  ...keys,
  ...otherAccounts,
  ...listsAndBatches,
]
