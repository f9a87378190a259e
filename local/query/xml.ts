/**
 * Writes answers of the query protocol by the tables of an API model: structures as nested elements, lists with `member`, maps with `entry`, times in ISO 8601 by the second, bytes in
 * base64, absent members left out. Each structure is compiled once.
 * @module
 */
import type { Shape, Shapes } from '../../lambda/core/model/shape.ts'

export type XmlEncoder = (value: unknown) => string

/** @param shapeName the output structure in `shapes` */
export function compileXmlEncoder(shapes: Shapes, shapeName: string): XmlEncoder {
  const made = new Map<string, XmlEncoder>()
  const encoderOf = (name: string): XmlEncoder => {
    const known = made.get(name)
    if (known) return known
    const shape = shapes[name]
    if (!shape) throw new Error(`the model names an unknown shape: ${name}`)
    // A shape may contain itself: what is inside asks for it when it is written.
    let compiled: XmlEncoder | undefined
    made.set(name, (value) => (compiled ??= compile(shape, encoderOf))(value))
    return (compiled = compile(shape, encoderOf))
  }
  return encoderOf(shapeName)
}

export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(NOT_XML, '\ufffd')
    .replace(/[<>&"'\r]/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** No document of XML 1.0 can hold these, escaped or not. */
// eslint-disable-next-line no-control-regex -- it is about control characters
const NOT_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g

function compile(shape: Shape, encoderOf: (name: string) => XmlEncoder): XmlEncoder {
  switch (shape.type) {
    case 'structure':
      return structureEncoder(shape.members, encoderOf)
    case 'list': {
      const item = encoderOf(shape.of)
      return (value) => (value as readonly unknown[]).map((entry) => element('member', item(entry))).join('')
    }
    case 'map': {
      const item = encoderOf(shape.value)
      return (value) =>
        Object.entries(value as Record<string, unknown>)
          .map(([key, entry]) => element('entry', element('key', escapeXml(key)) + element('value', item(entry))))
          .join('')
    }
    case 'timestamp':
      return (value) => new Date(value as number).toISOString().replace(/\.\d{3}Z$/, 'Z')
    case 'blob':
      return (value) => Buffer.from(value as Uint8Array).toString('base64')
    case 'string':
      return (value) => escapeXml(value as string)
    case 'integer':
    case 'long':
    case 'boolean':
      return String
  }
}

function structureEncoder(
  members: Readonly<Record<string, string>>,
  encoderOf: (name: string) => XmlEncoder,
): XmlEncoder {
  const writers = Object.entries(members).map(([member, shapeName]) => ({ member, encode: encoderOf(shapeName) }))
  return (value) => {
    const source = value as Record<string, unknown>
    let text = ''
    for (const { member, encode } of writers) {
      const entry = source[member]
      if (entry !== undefined) text += element(member, encode(entry))
    }
    return text
  }
}

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`
