/**
 * Form parameters as a tree: `Tags.member.1.Key=stage` is a leaf four levels down. It knows nothing of shapes; {@link readInput} does.
 * @module
 */
import { QueryError } from './query-error.ts'

export interface FormNode {
  value?: string
  /** By name; a form has no say over prototypes. */
  readonly members: Map<string, FormNode>
}

export interface Form {
  readonly action: string | undefined
  readonly version: string | undefined
  /** @throws {QueryError} MalformedInput: the parameters cannot be told apart, or are not UTF-8 */
  readonly tree: () => FormNode
}

/** The most that one request can have: a CreateUser with 50 tags has a tenth of it. */
const MAX_PARAMETERS = 2000
const MAX_NAME_LENGTH = 256
const MAX_DEPTH = 10

type Parameter = readonly [name: string | undefined, value: string | undefined]

export function parseForm(body: Buffer): Form {
  const text = body.toString('latin1')
  // Before any is decoded: a megabyte of separators is refused at once.
  const pieces = text === '' ? [] : text.split('&', MAX_PARAMETERS + 1)
  const parameters = pieces.filter((piece) => piece !== '').map(parameterOf)
  const valueOf = (wanted: string): string | undefined => parameters.find(([name]) => name === wanted)?.[1]
  return {
    action: valueOf('Action'),
    version: valueOf('Version'),
    tree: () => {
      if (pieces.length > MAX_PARAMETERS) throw malformed(`A request has ${MAX_PARAMETERS} parameters at most.`)
      return treeOf(parameters)
    },
  }
}

/** Undefined in place of what is not UTF-8 in percent-encoding: replacing it would take another value than was sent. */
function parameterOf(piece: string): Parameter {
  const equals = piece.indexOf('=')
  return equals < 0 ? [decoded(piece), ''] : [decoded(piece.slice(0, equals)), decoded(piece.slice(equals + 1))]
}

function decoded(text: string): string | undefined {
  try {
    // Raw bytes above 127 are taken as the bytes that they are.
    return decodeURIComponent(text.replaceAll('+', ' ').replace(/[\x80-\xff]/g, (char) => `%${hex(char)}`))
  } catch {
    return undefined
  }
}

const hex = (char: string): string => char.charCodeAt(0).toString(16)

function treeOf(parameters: readonly Parameter[]): FormNode {
  const root: FormNode = { members: new Map() }
  for (const [name, value] of parameters) {
    if (name === undefined || value === undefined)
      throw malformed('A parameter of the request is not UTF-8 in percent-encoding.')
    if (name.length > MAX_NAME_LENGTH) throw malformed(`The name of a parameter is longer than ${MAX_NAME_LENGTH}.`)
    const steps = name.split('.')
    if (steps.length > MAX_DEPTH) throw malformed('The name of a parameter has too many levels.')
    const leaf = steps.reduce(memberOf, root)
    if (leaf.value !== undefined) throw malformed('A parameter of the request is there twice.')
    leaf.value = value
  }
  return root
}

function memberOf(node: FormNode, name: string): FormNode {
  const found = node.members.get(name)
  if (found) return found
  const made: FormNode = { members: new Map() }
  node.members.set(name, made)
  return made
}

const malformed = (message: string): QueryError => new QueryError('MalformedInput', message)
