/**
 * A secret value on its way through the process. It prints as `[redacted]` everywhere and gives its bytes only when told to `reveal()`.
 * @module
 */
import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

export type MaterialKind = 'string' | 'binary'

const REDACTED = '[redacted]'

export class SecretMaterial {
  readonly kind: MaterialKind
  readonly #bytes: Uint8Array

  /** @param bytes UTF-8 of a string, or the binary value */
  constructor(kind: MaterialKind, bytes: Uint8Array) {
    this.kind = kind
    this.#bytes = bytes
  }

  /** The bytes themselves: only for sealing and for the answer to GetSecretValue. */
  reveal(): Uint8Array {
    return this.#bytes
  }

  get byteLength(): number {
    return this.#bytes.byteLength
  }

  /** A string and a binary of the same bytes differ. Takes the same time wherever the bytes differ. */
  equals(other: SecretMaterial): boolean {
    return (
      this.kind === other.kind && this.byteLength === other.byteLength && timingSafeEqual(this.#bytes, other.reveal())
    )
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
