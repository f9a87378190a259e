/**
 * The secret whose rotation somebody administers. Its policies decide, as they do on every action: `coffer:ShowRotation`, `coffer:ResumeRotation` and `coffer:AbortRotation` on its ARN.
 * @module
 */
import { isAllowed } from '../../auth/decision.ts'
import { decideOwnAction } from '../access.ts'
import { accessDenied, markedForDeletion, secretNotFound } from '../domain/errors.ts'
import { arnAsGiven, arnOf, parseSecretId, type SecretReference } from '../domain/names.ts'
import { isRotating, type RotatingHead } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { lookUp } from '../look-up.ts'
import type { RequestContext, Services } from '../services.ts'
import { neverConfigured } from './administration-errors.ts'

export type AdministrationMeans = Pick<
  Services,
  'store' | 'entropy' | 'clock' | 'authorizer' | 'functions' | 'events' | 'rotateSoon'
>

export type AdministrationAction = 'coffer:ShowRotation' | 'coffer:ResumeRotation' | 'coffer:AbortRotation'

export interface AdministrationCall {
  readonly services: AdministrationMeans
  /** `region` is the secret's. */
  readonly context: RequestContext
  /** Name or ARN. */
  readonly secretId: string
}

/** @throws {ServiceError} also for one that is to be deleted */
export async function administeredSecret(
  call: AdministrationCall,
  action: AdministrationAction,
): Promise<RotatingHead> {
  return rotatingHead(await accessibleSecret(call, action))
}

/** Only to be looked at, so also where it is to be deleted. @throws {ServiceError} */
export async function shownSecret(call: AdministrationCall): Promise<RotatingHead> {
  const head = await accessibleSecret(call, 'coffer:ShowRotation')
  if (!isRotating(head)) throw neverConfigured()
  return head
}

/** In the order of every call: access first, and only then whether there is such a secret. @throws {ServiceError} */
async function accessibleSecret(
  { services, context, secretId }: AdministrationCall,
  action: AdministrationAction,
): Promise<SecretHead> {
  const { principal, region } = context
  const reference = parseSecretId(secretId, { account: principal.account, region })
  const head = (await lookUp(services, reference)).secret?.head
  await requireAction({ services, context, secretId }, { action, reference, head })
  if (!head) throw secretNotFound()
  return head
}

/** As the secret is now, if it still is the one that access was decided on. @throws {ServiceError} */
export function sameSecret(present: SecretHead | undefined, { suffix }: SecretHead): RotatingHead {
  if (present?.suffix !== suffix || present.state === 'purging') throw secretNotFound()
  return rotatingHead(present)
}

function rotatingHead(head: SecretHead): RotatingHead {
  if (head.state !== 'active') throw markedForDeletion()
  if (!isRotating(head)) throw neverConfigured()
  return head
}

interface Asked {
  readonly action: AdministrationAction
  readonly reference: SecretReference
  readonly head: SecretHead | undefined
}

/** @throws {ServiceError} AccessDeniedException */
async function requireAction(call: AdministrationCall, { action, reference, head }: Asked): Promise<void> {
  const arn = head ? arnOf(head) : arnAsGiven(reference)
  const { given, key } = reference
  const { principal } = call.context
  const target = { account: key.account, arn, head, meansOwnAccount: !given.startsWith('arn:') }
  const decision = await decideOwnAction(call, action, target)
  if (isAllowed(decision)) return
  // Another account learns no suffix that it did not know.
  const shown = head && key.account === principal.account ? arn : given
  throw accessDenied({ principal: principal.arn, action, shown, decision })
}
