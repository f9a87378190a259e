/**
 * The secret whose rotation somebody administers. Its policies decide, as they do on every action: `coffer:ShowRotation`, `coffer:ResumeRotation` and `coffer:AbortRotation` on its ARN.
 * @module
 */
import { markedForDeletion, notOnReplica, secretNotFound } from '../domain/errors.ts'
import { isReplica } from '../domain/replication.ts'
import { isRotating, type RotatingHead } from '../domain/rotation-state.ts'
import type { SecretHead } from '../domain/secret.ts'
import { secretForAction } from '../own-action.ts'
import { refuseSteppingDown } from '../stepping-down.ts'
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
  return rotatingHead(await secretForAction(call, action))
}

/** Only to be looked at, so also where it is to be deleted. @throws {ServiceError} */
export async function shownSecret(call: AdministrationCall): Promise<RotatingHead> {
  const head = await secretForAction(call, 'coffer:ShowRotation')
  if (!isRotating(head)) throw neverConfigured()
  return head
}

/** As the secret is now, if it still is the one that access was decided on. @throws {ServiceError} */
export function sameSecret(present: SecretHead | undefined, { suffix }: SecretHead): RotatingHead {
  if (present?.suffix !== suffix || present.state === 'purging') throw secretNotFound()
  return rotatingHead(present)
}

function rotatingHead(head: SecretHead): RotatingHead {
  // SM-REPLICA-14: a copy shows how its primary rotates, and does not rotate.
  if (isReplica(head)) throw notOnReplica()
  refuseSteppingDown(head)
  if (head.state !== 'active') throw markedForDeletion()
  if (!isRotating(head)) throw neverConfigured()
  return head
}
