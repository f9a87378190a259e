/**
 * Keeps SQLite's errors (a full disk, a damaged page, an I/O error) behind the ports of the store.
 * @module
 */
import { StoreFailure } from '../../../core/ports/secret-store.ts'

/** @throws {StoreFailure} */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw unavailable(cause)
  }
}

export const unavailable = (cause: unknown): StoreFailure =>
  new StoreFailure('unavailable', 'the store failed', { cause })
