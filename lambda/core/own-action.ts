/**
 * The secret that a call of Coffer's own is about, such as `coffer:ShowRotation`. Its policies decide, as they do on every action.
 * @module
 */
import { isAllowed } from '../auth/decision.ts'
import { decideOwnAction, type OwnActionCall, type Target } from './access.ts'
import { accessDenied, secretNotFound } from './domain/errors.ts'
import { arnAsGiven, arnOf, parseSecretId, type SecretReference } from './domain/names.ts'
import type { SecretHead } from './domain/secret.ts'
import { lookUp } from './look-up.ts'
import type { RequestContext, Services } from './services.ts'

export interface OwnCall {
  readonly services: OwnActionCall['services'] & Pick<Services, 'store'>
  /** `region` is the secret's. */
  readonly context: RequestContext
  /** Name or ARN. */
  readonly secretId: string
}

/** In the order of every call: access first, and only then whether there is such a secret. @param action with its service @throws {ServiceError} */
export async function secretForAction(call: OwnCall, action: string): Promise<SecretHead> {
  const reference = referenceIn(call)
  const head = await allowedHead(call, { action, reference })
  if (!head) throw secretNotFound()
  return head
}

/** @throws {ServiceError} ValidationException, ResourceNotFoundException */
const referenceIn = ({ context: { principal, region }, secretId }: OwnCall): SecretReference =>
  parseSecretId(secretId, { account: principal.account, region })

/** The secret, if there is one. @throws {ServiceError} AccessDeniedException */
export async function allowedHead(
  call: OwnCall,
  { action, reference }: { readonly action: string; readonly reference: SecretReference },
): Promise<SecretHead | undefined> {
  const head = (await lookUp(call.services, reference)).secret?.head
  const arn = head ? arnOf(head) : arnAsGiven(reference)
  const { given, key } = reference
  const { principal } = call.context
  const target = { account: key.account, arn, head, meansOwnAccount: !given.startsWith('arn:') }
  // Another account learns no suffix that it did not know.
  const shown = head && key.account === principal.account ? arn : given
  await requireOwnAction(call, { action, target, shown })
  return head
}

/** @param asked `shown`: what the refusal names @throws {ServiceError} AccessDeniedException */
export async function requireOwnAction(
  call: OwnActionCall,
  { action, target, shown }: { readonly action: string; readonly target: Target; readonly shown: string },
): Promise<void> {
  const decision = await decideOwnAction(call, action, target)
  if (!isAllowed(decision)) throw accessDenied({ principal: call.context.principal.arn, action, shown, decision })
}
