/**
 * Reads a request body by the tables of an API model: JSON 1.1 in, a typed input of known members out, or the service's own error.
 * A wrong JSON type is a SerializationException at once (SM-WIRE-09); broken constraints are collected into one ValidationException with
 * the platform's texts (SM-WIRE-10). Unknown members are ignored (SM-WIRE-06), `null` is absent.
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { ServiceError } from '../core/domain/errors.ts'
import type { Shape, Shapes } from '../core/model/shape.ts'

/** Longest piece of a refused value that an error repeats. */
const ECHO_LIMIT = 256
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

type StructureShape = Extract<Shape, { type: 'structure' }>

/**
 * @param shapeName the input structure in `shapes`
 * @throws {ServiceError} SerializationException, ValidationException
 */
export function decodeInput(shapes: Shapes, shapeName: string, body: Buffer): unknown {
  return decodeValue(shapes, shapeName, parse(body))
}

/**
 * The same for what was read already, such as the parameters of a form.
 * @param json as `JSON.parse` would give it
 */
export function decodeValue(shapes: Shapes, shapeName: string, json: unknown): unknown {
  const violations: string[] = []
  const input = new Decoder(shapes, violations).structure(shapeOf(shapes, shapeName, 'structure'), json, '')
  if (violations.length > 0) throw new ServiceError('ValidationException', summary(violations))
  return input
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return {}
  // Replacing what is not UTF-8 would store another value than was sent.
  if (!isUtf8(body)) throw malformed('The request body is not valid UTF-8.')
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw malformed('The request body is not valid JSON.')
  }
}

class Decoder {
  readonly #shapes: Shapes
  readonly #violations: string[]

  constructor(shapes: Shapes, violations: string[]) {
    this.#shapes = shapes
    this.#violations = violations
  }

  structure(shape: StructureShape, json: unknown, path: string): Record<string, unknown> {
    if (!isObject(json)) throw wrongType(json, 'a structure')
    const result: Record<string, unknown> = {}
    for (const [member, shapeName] of Object.entries(shape.members)) {
      const value = Object.hasOwn(json, member) ? json[member] : undefined
      const memberPath = path + lowerFirst(member)
      if (value === undefined || value === null) {
        if (shape.required?.includes(member)) this.#violation('Value null', memberPath, 'Member must not be null')
        continue
      }
      result[member] = this.#value(shapeName, value, memberPath)
    }
    return result
  }

  #value(shapeName: string, json: unknown, path: string): unknown {
    const shape = this.#shapes[shapeName]
    if (!shape) throw new Error(`the model names an unknown shape: ${shapeName}`)
    switch (shape.type) {
      case 'string':
        return this.#string(shape, json, path)
      case 'blob':
        return this.#blob(shape, json, path)
      case 'integer':
      case 'long':
        return this.#integer(shape, json, path)
      case 'boolean':
        if (typeof json !== 'boolean') throw wrongType(json, 'a Boolean')
        return json
      case 'list':
        return this.#list(shape, json, path)
      case 'structure':
        return this.structure(shape, json, `${path}.`)
      case 'map':
        return this.#map(shape, json, path)
      case 'timestamp':
        throw new Error(`inputs of type ${shape.type} are not decoded: ${shapeName}`)
    }
  }

  #string(shape: Extract<Shape, { type: 'string' }>, json: unknown, path: string): string {
    if (typeof json !== 'string') throw wrongType(json, 'a String')
    // A lone surrogate has no UTF-8 form; storing would change it.
    if (!json.isWellFormed()) throw malformed('A string in the request is not valid Unicode.')
    const shown = shape.sensitive ? 'Value' : `Value '${excerpt(json)}'`
    this.#bounds(shape, json.length, 'length', shown, path)
    if (shape.enum && !shape.enum.includes(json))
      this.#violation(shown, path, `Member must satisfy enum value set: [${shape.enum.join(', ')}]`)
    if (shape.pattern && !wholePattern(shape.pattern).test(json))
      this.#violation(shown, path, `Member must satisfy regular expression pattern: ${shape.pattern}`)
    return json
  }

  #blob(shape: Extract<Shape, { type: 'blob' }>, json: unknown, path: string): Buffer {
    if (typeof json !== 'string') throw wrongType(json, 'a Blob')
    if (!BASE64.test(json)) throw malformed('A binary value in the request is not valid Base64.')
    const bytes = Buffer.from(json, 'base64')
    this.#bounds(shape, bytes.length, 'length', 'Value', path)
    return bytes
  }

  #integer(shape: Extract<Shape, { type: 'integer' | 'long' }>, json: unknown, path: string): number {
    if (typeof json !== 'number') throw wrongType(json, shape.type === 'long' ? 'a Long' : 'an Integer')
    if (!Number.isSafeInteger(json))
      throw malformed(`A number in the request is not a whole number in range: '${path}'.`)
    this.#bounds(shape, json, 'value', `Value '${json}'`, path)
    return json
  }

  #list(shape: Extract<Shape, { type: 'list' }>, json: unknown, path: string): unknown[] {
    if (!Array.isArray(json)) throw wrongType(json, 'a List')
    this.#bounds(shape, json.length, 'length', 'Value', path)
    // Past the bound the answer is a refusal anyway: looking at a million members would only cost time.
    const looked: unknown[] = json.slice(0, (shape.max ?? Infinity) + 1)
    return looked.map((item, index) => {
      const itemPath = `${path}.${index + 1}.member`
      if (item === null) throw malformed(`A list in the request has a null member: '${itemPath}'.`)
      return this.#value(shape.of, item, itemPath)
    })
  }

  /** The result has no prototype: a key such as `__proto__` is an entry like any other. */
  #map(shape: Extract<Shape, { type: 'map' }>, json: unknown, path: string): Record<string, unknown> {
    if (!isObject(json)) throw wrongType(json, 'a Map')
    const result = Object.create(null) as Record<string, unknown>
    for (const [key, value] of Object.entries(json)) {
      const entryPath = `${path}.${excerpt(key)}.member`
      if (value === null) throw malformed(`A map in the request has a null value: '${entryPath}'.`)
      this.#value(shape.key, key, entryPath)
      result[key] = this.#value(shape.value, value, entryPath)
    }
    return result
  }

  #bounds(
    { min, max }: { min?: number; max?: number },
    size: number,
    what: 'length' | 'value',
    shown: string,
    path: string,
  ): void {
    if (min !== undefined && size < min)
      this.#violation(shown, path, `Member must have ${what} greater than or equal to ${min}`)
    if (max !== undefined && size > max)
      this.#violation(shown, path, `Member must have ${what} less than or equal to ${max}`)
  }

  #violation(shown: string, path: string, constraint: string): void {
    this.#violations.push(`${shown} at '${path}' failed to satisfy constraint: ${constraint}`)
  }
}

function summary(violations: readonly string[]): string {
  const count = violations.length
  return `${count} validation error${count === 1 ? '' : 's'} detected: ${violations.slice(0, 20).join('; ')}`
}

const wholePatterns = new Map<string, RegExp>()

/** Java's `matches`: the whole value, whether or not the pattern is anchored. */
function wholePattern(pattern: string): RegExp {
  let compiled = wholePatterns.get(pattern)
  // Without the flag `\p{L}` would be the letter p; with it, escapes that other patterns make use of are errors.
  const flags = pattern.includes('\\p{') ? 'u' : ''
  if (!compiled) wholePatterns.set(pattern, (compiled = new RegExp(`^(?:${pattern})$`, flags)))
  return compiled
}

function shapeOf(shapes: Shapes, name: string, type: 'structure'): StructureShape {
  const shape = shapes[name]
  if (shape?.type !== type) throw new Error(`${name} is not a ${type} of the model`)
  return shape
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const lowerFirst = (member: string): string => member.charAt(0).toLowerCase() + member.slice(1)

const excerpt = (value: string): string =>
  value.length <= ECHO_LIMIT ? value : `${value.slice(0, ECHO_LIMIT).toWellFormed()}...`

function wrongType(json: unknown, wanted: string): ServiceError {
  const found =
    json === null
      ? 'NULL'
      : Array.isArray(json)
        ? 'START_ARRAY'
        : typeof json === 'object'
          ? 'START_OBJECT'
          : typeof json
  return malformed(`${found.toUpperCase()}_VALUE can not be converted to ${wanted}`)
}

const malformed = (message: string): ServiceError => new ServiceError('SerializationException', message)
