/**
 * When a secret's rotation wants attention: the key of the index of due work.
 * @module
 */
import type { SecretHead } from './secret.ts'

/** @returns epoch milliseconds; undefined: never, as things stand */
export function rotationDueAt({ state, rotation }: Pick<SecretHead, 'state' | 'rotation'>): number | undefined {
  if (state !== 'active' || !rotation) return undefined
  return rotation.running?.checkAt ?? rotation.due?.at
}
