/**
 * What is said to whoever administers a rotation and asks for what cannot be done. The texts are Coffer's own: the calls are, too.
 * @module
 */
import { ServiceError } from '../domain/errors.ts'

const refused = (message: string): ServiceError => new ServiceError('InvalidRequestException', message)

export const neverConfigured = (): ServiceError =>
  refused('Rotation has never been set up for this secret. RotateSecret turns it on.')
export const nothingToResume = (): ServiceError =>
  refused('No rotation of this secret is incomplete, so there is nothing to resume. RotateSecret starts one.')
export const stillRunning = (versionId: string): ServiceError =>
  refused(
    `The rotation that makes version ${versionId} is running now. Wait for its end, or abort it, before you resume.`,
  )
export const rotationIsOff = (versionId: string): ServiceError =>
  refused(
    `Rotation is off for this secret, so the rotation that makes version ${versionId} cannot be resumed. Abort it; RotateSecret then turns rotation on again.`,
  )
export const nothingToAbort = (): ServiceError =>
  refused('No rotation of this secret is running or incomplete, so there is nothing to abort.')
