/**
 * A key ready for use, in memory: its state and opened material.
 * @module
 */
import type { KeyName } from './key-names.ts'
import type { KeyOwner, KeyState } from './key-record.ts'

export interface UsableKey extends KeyName {
  readonly arn: string
  readonly state: KeyState
  readonly owner: KeyOwner
  readonly deletionAt: number | undefined
  readonly nextRotationAt: number | undefined
  /** What every ciphertext of this key begins with. */
  readonly prefix: string
  /** Number of the generation that encrypts. */
  readonly generation: number
  /**
   * The material of that generation, 256 bits. Bytes and not a KeyObject: there may be a hundred thousand of these in memory, and a KeyObject weighs a kilobyte
   * that V8 does not know of.
   */
  readonly material: Uint8Array
}
