/**
 * From an identity as the snapshot keeps it to one that decisions are made for: its policies compiled.
 * @module
 */
import type { AttachedPolicy, Identity } from '../../../auth/identity.ts'
import { unreadablePolicy } from '../../../auth/policy/compile-policy.ts'
import { storedPolicy } from '../../../auth/policy/compiled-policy.ts'
import type { Policy } from '../../../auth/policy/policy.ts'
import type { KeptIdentity, KeptPolicy } from './kept-identity.ts'

export function identityFrom({ arn, uniqueId, policies, boundary, tags, mayTagSessions }: KeptIdentity): Identity {
  return {
    arn,
    uniqueId,
    policies: policies.map(attached),
    ...(boundary && { boundary: attached(boundary) }),
    tags,
    areTagsCertain: !mayTagSessions,
  }
}

const attached = ({ source, text }: KeptPolicy): AttachedPolicy => ({ source, policy: compiled(text) })

/** One that cannot be read denies everything. */
const compiled = (text: string | null): Policy =>
  text === null ? unreadablePolicy('identity', 'IAM did not tell it in full') : storedPolicy(text, 'identity')
