/**
 * Fetches the sealed bytes of a version from where its head says they are.
 * @module
 */
import { noVersionWithId } from './domain/errors.ts'
import type { SecretHead, Version } from './domain/secret.ts'
import { ValueMissing } from './fresh-state.ts'
import type { Services } from './services.ts'

/**
 * @throws {ServiceError} ResourceNotFoundException for a version that has no value yet
 * @throws {ValueMissing} when the head is out of date
 */
export async function readSealed(
  { store }: Pick<Services, 'store'>,
  { key, suffix }: SecretHead,
  { id, value }: Version,
): Promise<Uint8Array> {
  if (value.kind === 'inline') return value.sealed
  if (value.kind === 'none') throw noVersionWithId(id)
  const sealed = await store.readValue({ key, suffix, id: value.id })
  if (!sealed) throw new ValueMissing()
  return sealed
}
