/**
 * A change of tags by which the caller would lose their own access is refused (behaviour 5.11 and section 12, SM-TAG-05).
 * @module
 */
import { isAllowed } from '../auth/decision.ts'
import { decideAccess, refusalOf, type Target } from './access.ts'
import type { Tag } from './domain/secret.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import type { SecretCall } from './operation.ts'

/** UNK: which permissions count as "your permissions for this secret". Those of changing its tags back, of seeing it and of reading it. */
const KEPT: readonly OperationName[] = ['TagResource', 'UntagResource', 'DescribeSecret', 'GetSecretValue']

/** @throws {ServiceError} AccessDeniedException for the first action that the caller may do now and could not do any more */
export async function requireKeptAccess<N extends 'TagResource' | 'UntagResource'>(
  operation: N,
  call: SecretCall<N>,
  tags: readonly Tag[],
): Promise<void> {
  const { target } = call
  const after: Target = { ...target, head: { ...call.secret.head, tags } }
  for (const action of KEPT) {
    // Only this operation's request carries tags.
    const asking = action === operation ? call : { ...call, input: {} }
    const before = await decideAccess(asking, { action, target })
    if (!isAllowed(before)) continue
    const question = { action, target: after }
    const decision = await decideAccess(asking, question)
    if (!isAllowed(decision)) throw refusalOf(call, question, decision)
  }
}
