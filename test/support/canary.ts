/**
 * Looks for secrets where they must not be, in every form that a careless writer would leave them in.
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Sighting {
  readonly canary: string
  readonly form: string
  readonly place: string
}

type Form = readonly [form: string, needle: Buffer]

export class CanaryHunt {
  readonly #forms = new Map<string, readonly Form[]>()

  /** @param secret at least 12 bytes: what is shorter is found by accident */
  add(canary: string, secret: string | Uint8Array): void {
    const bytes = Buffer.from(secret)
    if (bytes.length < 12) throw new RangeError(`${canary} is too short to be looked for`)
    this.#forms.set(canary, formsOf(bytes))
  }

  get canaries(): readonly string[] {
    return [...this.#forms.keys()]
  }

  inText(place: string, text: string): Sighting[] {
    return this.inBytes(place, Buffer.from(text, 'utf8'))
  }

  inBytes(place: string, bytes: Buffer): Sighting[] {
    return [...this.#forms].flatMap(([canary, forms]) =>
      forms.filter(([, needle]) => bytes.includes(needle)).map(([form]) => ({ canary, form, place })),
    )
  }

  /** Every file, at any depth. */
  inDirectory(directory: string): Sighting[] {
    return filesIn(directory).flatMap((path) => this.inBytes(path, readFileSync(path)))
  }
}

export function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

function formsOf(bytes: Buffer): Form[] {
  const text = bytes.toString('utf8')
  return [
    ['raw', bytes],
    ['JSON', Buffer.from(JSON.stringify(text).slice(1, -1))],
    ['URL', Buffer.from(encodeURIComponent(text.toWellFormed()))],
    ['hex', Buffer.from(bytes.toString('hex'))],
    ['HEX', Buffer.from(bytes.toString('hex').toUpperCase())],
    ['bytes in JSON', Buffer.from([...bytes].join(','))],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ...[0, 1, 2].flatMap((shift) => base64Forms(bytes, shift)),
  ]
}

/** Inside a longer text the same bytes have three base64 forms; the characters that depend on the neighbours are cut off. */
function base64Forms(bytes: Buffer, shift: number): Form[] {
  const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
  const whole = shifted.subarray(0, shifted.length - (shifted.length % 3))
  const skipped = shift === 0 ? 0 : 4
  return [
    [`base64 +${shift}`, Buffer.from(whole.toString('base64').slice(skipped))],
    [`base64url +${shift}`, Buffer.from(whole.toString('base64url').slice(skipped))],
  ]
}
