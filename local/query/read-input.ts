/**
 * Gives form parameters the types that an API model says they have: `Tags.member.1.Key=stage` becomes `{ Tags: [{ Key: 'stage' }] }`. Then the one validator of all
 * protocols looks at lengths, patterns and what is required. Parameters that the model does not know are ignored, as members of JSON are.
 * @module
 */
import { ServiceError } from '../../lambda/core/domain/errors.ts'
import type { Shapes } from '../../lambda/core/model/shape.ts'
import { decodeValue } from '../../lambda/protocol/decode.ts'
import type { FormNode } from './form.ts'
import { QueryError } from './query-error.ts'

/**
 * @param shapeName the input structure in `shapes`
 * @throws {QueryError} MalformedInput, ValidationError
 */
export function readInput(shapes: Shapes, shapeName: string, form: FormNode): unknown {
  const json = valueIn(shapes, shapeName, form)
  try {
    return decodeValue(shapes, shapeName, json)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    throw new QueryError(error.code === 'ValidationException' ? 'ValidationError' : 'MalformedInput', error.message)
  }
}

/** The walk follows the model, which is finite in depth, and never the form. */
function valueIn(shapes: Shapes, shapeName: string, node: FormNode): unknown {
  const shape = shapes[shapeName]
  if (!shape) throw new Error(`the model names an unknown shape: ${shapeName}`)
  switch (shape.type) {
    case 'structure': {
      const result: Record<string, unknown> = {}
      for (const [member, memberShape] of Object.entries(shape.members)) {
        const found = node.members.get(member)
        if (found) result[member] = valueIn(shapes, memberShape, found)
      }
      return result
    }
    case 'list':
      return numbered(node, 'member').map((item) => valueIn(shapes, shape.of, item))
    case 'map':
      return Object.fromEntries(numbered(node, 'entry').map((entry) => entryOf(shapes, shape, entry)))
    case 'boolean':
      return truthOf(textOf(node))
    case 'integer':
    case 'long':
      return numberOf(textOf(node))
    case 'string':
    case 'blob':
    case 'timestamp':
      return textOf(node)
  }
}

function entryOf(shapes: Shapes, { value }: { readonly value: string }, entry: FormNode): [string, unknown] {
  const key = entry.members.get('key')
  const held = entry.members.get('value')
  if (!key || !held) throw malformed('An entry of a map must have a key and a value.')
  return [textOf(key), valueIn(shapes, value, held)]
}

/** `<word>.1`, `<word>.2`, ... in the order of their numbers. Clients send an empty list as an empty parameter. */
function numbered(node: FormNode, word: string): FormNode[] {
  if (node.value !== undefined && node.value !== '') throw malformed('A list was sent as a single value.')
  const items = [...(node.members.get(word)?.members ?? [])]
  for (const [number] of items)
    if (!/^[1-9]\d{0,5}$/.test(number)) throw malformed('The members of a list are numbered from 1.')
  return items.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item)
}

function textOf({ value }: FormNode): string {
  if (value === undefined) throw malformed('A parameter with members was sent where a single value is expected.')
  return value
}

function truthOf(text: string): boolean {
  const lower = text.toLowerCase()
  if (lower !== 'true' && lower !== 'false') throw malformed('A Boolean is true or false.')
  return lower === 'true'
}

function numberOf(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw malformed('A number in the request is not a whole number in range.')
  return Number(text)
}

const malformed = (message: string): QueryError => new QueryError('MalformedInput', message)
