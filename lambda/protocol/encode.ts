/**
 * Writes an answer as JSON 1.1 by the tables of an API model: timestamps as epoch seconds with milliseconds (SM-WIRE-07), blobs as base64 (SM-WIRE-08), absent
 * members left out. Each structure is compiled once into a function that writes text: answers are on the hot path.
 * @module
 */
import type { Shape, Shapes } from '../core/model/shape.ts'

export type Encoder = (value: unknown) => string

/** @param shapeName the output structure in `shapes` */
export function compileEncoder(shapes: Shapes, shapeName: string): Encoder {
  return new Compiler(shapes).encoder(shapeName)
}

class Compiler {
  readonly #shapes: Shapes
  readonly #made = new Map<string, Encoder>()

  constructor(shapes: Shapes) {
    this.#shapes = shapes
  }

  encoder(name: string): Encoder {
    const made = this.#made.get(name)
    if (made) return made
    const shape = this.#shapes[name]
    if (!shape) throw new Error(`the model names an unknown shape: ${name}`)
    const encoder = this.#compile(shape)
    this.#made.set(name, encoder)
    return encoder
  }

  #compile(shape: Shape): Encoder {
    switch (shape.type) {
      case 'structure':
        return this.#structure(shape.members)
      case 'list': {
        const item = this.encoder(shape.of)
        return (value) => {
          let text = ''
          for (const entry of value as readonly unknown[]) text += `${text === '' ? '' : ','}${item(entry)}`
          return `[${text}]`
        }
      }
      case 'map': {
        const item = this.encoder(shape.value)
        return (value) => {
          const source = value as Record<string, unknown>
          let text = ''
          for (const key of Object.keys(source))
            text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${item(source[key])}`
          return `{${text}}`
        }
      }
      case 'timestamp':
        return (value) => String((value as number) / 1000)
      case 'blob':
        return (value) => `"${toBase64(value as Uint8Array)}"`
      case 'string':
      case 'integer':
      case 'long':
      case 'boolean':
        return (value) => JSON.stringify(value)
    }
  }

  #structure(members: Readonly<Record<string, string>>): Encoder {
    const writers = Object.entries(members).map(([member, shapeName]) => ({
      member,
      label: `${JSON.stringify(member)}:`,
      encode: this.encoder(shapeName),
    }))
    return (value) => {
      const source = value as Record<string, unknown>
      let text = ''
      for (const { member, label, encode } of writers) {
        const entry = source[member]
        if (entry !== undefined) text += (text === '' ? label : `,${label}`) + encode(entry)
      }
      return `{${text}}`
    }
  }
}

const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
