/**
 * A primary that steps down for another Region takes no writes any more: the other one could not know of them (replication/succession.ts).
 * @module
 */
import { steppingDown } from './domain/errors.ts'
import type { SecretHead } from './domain/secret.ts'

/** @throws {ServiceError} InvalidRequestException */
export function refuseSteppingDown({ replication }: Pick<SecretHead, 'replication'>): void {
  if (replication?.yielding) throw steppingDown(replication.yielding.to)
}
