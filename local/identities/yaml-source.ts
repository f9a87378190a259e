/**
 * A YAML or JSON text as plain values, with the line and column of each. All scalars are texts (the failsafe schema of YAML 1.2): an account id keeps its zeros, and `no` is no boolean.
 * Anchors, aliases and tags are refused, so what is written is what is meant, and as large as it looks.
 * @module
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml'

export interface Position {
  /** From 1. */
  readonly line: number
  readonly column: number
}

/** One thing that is wrong with a text. */
export interface TextProblem extends Position {
  readonly message: string
}

export type Path = readonly (string | number)[]

export class SourceProblem extends Error {
  override readonly name = 'SourceProblem'
  readonly problems: readonly TextProblem[]

  constructor(problems: readonly TextProblem[]) {
    super(problems.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('\n'))
    this.problems = problems
  }
}

export interface YamlSource {
  readonly value: unknown
  /** Where the value at a path begins, or its key; of a path that leads nowhere: of as much of it as there is. */
  positionOf(path: Path, part?: 'key' | 'value'): Position
}

/** Deeper than any policy. Every level costs stack. */
const MAX_DEPTH = 50
const MAX_PROBLEMS = 20

/** @throws {SourceProblem} */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter()
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const document = parse(text, lines)
  if (document.errors.length > 0 || document.warnings.length > 0)
    throw new SourceProblem(
      [...document.errors, ...document.warnings]
        // The parser finds the same thing again on its way out of a deep nest.
        .filter(({ code }, index, all) => code !== all[index - 1]?.code)
        .slice(0, MAX_PROBLEMS)
        .map((error) => ({ ...at(error.pos[0]), message: messageOf(error) })),
    )
  const convert = (node: unknown, depth: number): Found => {
    const range = rangeOf(node)
    const refuse = (message: string): never => {
      throw new SourceProblem([{ ...at(range), message }])
    }
    if (depth > MAX_DEPTH) return refuse(`it is nested more than ${MAX_DEPTH} levels deep`)
    if (isAlias(node)) return refuse('aliases (*) are not taken: write it out, or quote a text that begins with *')
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return { value: '', offset: range, children: undefined }
    if (node.anchor !== undefined) return refuse('anchors (&) are not taken: quote a text that begins with &')
    if (node.tag !== undefined && !PLAIN_TAGS.has(node.tag)) return refuse('tags (!) are not taken')
    if (isScalar(node))
      return { value: typeof node.value === 'string' ? node.value : '', offset: range, children: undefined }
    const children = new Map<string | number, Child>()
    if (isSeq(node)) {
      const value = node.items.map((item, index) => {
        const found = convert(item, depth + 1)
        children.set(index, { ...found, keyOffset: found.offset })
        return found.value
      })
      return { value, offset: range, children }
    }
    const value: Record<string, unknown> = {}
    for (const pair of node.items) {
      const key = isScalar(pair.key) || isAlias(pair.key) ? convert(pair.key, depth) : refuse('a key is a plain text')
      if (typeof key.value !== 'string' || key.value === '__proto__') return refuse('a key is a plain text')
      const found =
        pair.value === null ? { value: '', offset: key.offset, children: undefined } : convert(pair.value, depth + 1)
      value[key.value] = found.value
      children.set(key.value, { ...found, keyOffset: key.offset })
    }
    return { value, offset: range, children }
  }
  const root = convert(document.contents, 0)
  return {
    value: root.value,
    positionOf(path, part = 'value') {
      let found: Found = root
      let offset = root.offset
      for (const [index, step] of path.entries()) {
        const child = found.children?.get(step)
        if (child === undefined) break
        found = child
        offset = part === 'key' && index === path.length - 1 ? child.keyOffset : child.offset
      }
      return at(offset)
    },
  }
}

interface Found {
  readonly value: unknown
  readonly offset: number
  readonly children: ReadonlyMap<string | number, Child> | undefined
}

interface Child extends Found {
  readonly keyOffset: number
}

const PLAIN_TAGS: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:str',
  'tag:yaml.org,2002:map',
  'tag:yaml.org,2002:seq',
])

function parse(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> {
  try {
    // Pretty errors would quote the text, and a secret with it.
    return parseDocument(text, { schema: 'failsafe', version: '1.2', lineCounter, prettyErrors: false })
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new SourceProblem([{ line: 1, column: 1, message: 'it is nested too deep' }])
  }
}

function rangeOf(node: unknown): number {
  if (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) return node.range?.[0] ?? 0
  return 0
}

/** The parser's own words quote the text. */
function messageOf({ code }: YAMLError): string {
  return MESSAGES[code] ?? `it is not valid YAML (${code})`
}

const MESSAGES: Readonly<Partial<Record<string, string>>> = {
  RESOURCE_EXHAUSTION: 'it is nested too deep',
  MULTIPLE_ANCHORS: 'anchors (&) are not taken: quote a text that begins with &',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BLOCK_IN_FLOW: 'a block cannot stand inside brackets',
  DUPLICATE_KEY: 'this key was given before',
  MISSING_CHAR: 'a character is missing here, such as a closing quote, bracket or comma',
  MULTIPLE_DOCS: 'one file holds one document',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line',
  TAB_AS_INDENT: 'tabs do not indent: use blanks',
  UNEXPECTED_TOKEN: 'this was not expected here',
  BAD_ALIAS: 'aliases (*) are not taken: write it out, or quote a text that begins with *',
  TAG_RESOLVE_FAILED: 'tags (!) are not taken',
}
