/**
 * Fetches the sealed bytes of a version from where its head says they are.
 * @module
 */
import { noVersionWithId, serverFault } from './domain/errors.ts'
import type { SecretHead, Version } from './domain/secret.ts'
import type { Services } from './services.ts'

/** A named value that is not there yet is looked for again: a reader may be ahead of a replica. */
const READS = 3

/**
 * @throws {ServiceError} ResourceNotFoundException for a version that has no value yet; InternalServiceError when a value that the head names is gone
 * (never not-found: rotation functions read that as "create it")
 */
export async function readSealed(
  { store }: Pick<Services, 'store'>,
  { key, suffix }: SecretHead,
  { id, value }: Version,
): Promise<Uint8Array> {
  if (value.kind === 'inline') return value.sealed
  if (value.kind === 'none') throw noVersionWithId(id)
  for (let read = 0; read < READS; read++) {
    const sealed = await store.readValue({ key, suffix, id: value.id })
    if (sealed) return sealed
  }
  throw serverFault(new Error('a value item that the head names is missing'))
}
