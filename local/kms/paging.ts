/**
 * Pages of KMS's lists. A marker is the name of the last entry given out, in base64url: it stays valid when that entry is gone.
 * @module
 */
import { KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'

export interface Paged {
  readonly Limit?: number
  readonly Marker?: string
}

interface PageRule<T> {
  readonly nameOf: (item: T) => string
  /** Size of a page when the caller asks for none, and the most that may be asked for. */
  readonly size: { readonly default: number; readonly max: number }
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly Truncated: boolean
  readonly NextMarker?: string
}

/** @param read the entries strictly after a name, in order, up to a number @throws {KmsFailure} InvalidMarkerException, ValidationException */
export function pageOf<T>(
  { Limit: limit, Marker: marker }: Paged,
  { nameOf, size }: PageRule<T>,
  read: (after: string, limit: number) => readonly T[],
): Page<T> {
  if (limit !== undefined && limit > size.max)
    throw new KmsFailure(
      'ValidationException',
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to ${size.max}`,
    )
  const wanted = limit ?? size.default
  const found = read(marker === undefined ? '' : nameIn(marker), wanted + 1)
  const items = found.slice(0, wanted)
  const last = items.at(-1)
  if (found.length <= wanted || last === undefined) return { items, Truncated: false }
  return { items, Truncated: true, NextMarker: Buffer.from(nameOf(last), 'utf8').toString('base64url') }
}

function nameIn(marker: string): string {
  const bytes = Buffer.from(marker, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== marker)
    throw new KmsFailure('InvalidMarkerException', 'The marker is not one that this operation has given out.')
  return bytes.toString('utf8')
}
