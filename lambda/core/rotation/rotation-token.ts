/**
 * The RotationToken (behaviour 8.4, SM-ROTATE-13): a function that has another identity than the service expects passes it back to show that its call belongs to the rotation. Each invocation has a token of its
 * own, of which only the hash is kept; where one is given, it must be that of the invocation that is running.
 * @module
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { wrongRotationToken } from '../domain/errors.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { Services } from '../services.ts'

export const rotationTokenHash = (token: string): string => hash('sha256', token, 'base64')

/** @param token the id of the version that the call writes @throws {ServiceError} InvalidRequestException */
export async function requireRunningRotation(
  { store }: Pick<Services, 'store'>,
  { key, suffix, rotation }: SecretHead,
  { token, given }: { readonly token: string; readonly given: string },
): Promise<void> {
  if (rotation?.running?.token !== token) throw wrongRotationToken()
  const kept = (await store.rotation({ key, suffix, token }))?.tokenHash
  if (kept === undefined || !timingSafeEqual(Buffer.from(kept), Buffer.from(rotationTokenHash(given))))
    throw wrongRotationToken()
}
