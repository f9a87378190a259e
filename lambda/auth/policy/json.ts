/**
 * JSON with positions, read strictly (RFC 8259): names may not repeat, since two readers would disagree on which member counts, nesting is limited, and every value knows where it
 * stands. Members are in maps, so no name is special.
 * @module
 */
import { PolicyProblem } from './policy.ts'

export type Json =
  | { readonly type: 'object'; readonly at: number; readonly members: ReadonlyMap<string, Json> }
  | { readonly type: 'array'; readonly at: number; readonly items: readonly Json[] }
  | { readonly type: 'string'; readonly at: number; readonly value: string }
  /** As written: 1e3 is not 1000 where text is compared. */
  | { readonly type: 'number'; readonly at: number; readonly value: string }
  | { readonly type: 'boolean'; readonly at: number; readonly value: boolean }
  | { readonly type: 'null'; readonly at: number }

/** A policy needs eight. */
const MAX_DEPTH = 32

/** @throws {@link PolicyProblem} with line and column */
export function parseJson(text: string): Json {
  const reader: Reader = { text, at: 0 }
  const value = readValue(reader, 0)
  skipSpace(reader)
  if (reader.at < text.length) throw unexpected(reader)
  return value
}

/** From 1. */
export function lineAndColumn(text: string, at: number): { readonly line: number; readonly column: number } {
  let [line, start] = [1, 0]
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', start)) {
    line++
    start = end + 1
  }
  return { line, column: at - start + 1 }
}

interface Reader {
  readonly text: string
  at: number
}

function readValue(reader: Reader, depth: number): Json {
  skipSpace(reader)
  const { text, at } = reader
  switch (text[at]) {
    case '{':
      return readObject(reader, deeper(reader, depth))
    case '[':
      return readArray(reader, deeper(reader, depth))
    case '"':
      return { type: 'string', at, value: readString(reader) }
    case 't':
      return readWord(reader, 'true', { type: 'boolean', at, value: true })
    case 'f':
      return readWord(reader, 'false', { type: 'boolean', at, value: false })
    case 'n':
      return readWord(reader, 'null', { type: 'null', at })
    default:
      return { type: 'number', at, value: readNumber(reader) }
  }
}

function deeper(reader: Reader, depth: number): number {
  if (depth >= MAX_DEPTH) throw problem(reader, 'the JSON is nested too deeply')
  return depth + 1
}

function readObject(reader: Reader, depth: number): Json {
  const { at } = reader
  const members = new Map<string, Json>()
  reader.at++
  skipSpace(reader)
  if (take(reader, '}')) return { type: 'object', at, members }
  do {
    skipSpace(reader)
    if (reader.text[reader.at] !== '"') throw unexpected(reader)
    const start = reader.at
    const name = readString(reader)
    if (members.has(name)) throw problem({ ...reader, at: start }, 'an element is given twice')
    skipSpace(reader)
    expect(reader, ':')
    members.set(name, readValue(reader, depth))
    skipSpace(reader)
  } while (take(reader, ','))
  expect(reader, '}')
  return { type: 'object', at, members }
}

function readArray(reader: Reader, depth: number): Json {
  const { at } = reader
  const items: Json[] = []
  reader.at++
  skipSpace(reader)
  if (take(reader, ']')) return { type: 'array', at, items }
  do {
    items.push(readValue(reader, depth))
    skipSpace(reader)
  } while (take(reader, ','))
  expect(reader, ']')
  return { type: 'array', at, items }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** As much of a string as stands for itself: no quote, backslash or control character. */
// eslint-disable-next-line no-control-regex -- that is what may not be in it
const PLAIN = /[^"\\\u0000-\u001f]*/y

function readString(reader: Reader): string {
  const { text } = reader
  let value = ''
  reader.at++
  for (;;) {
    PLAIN.lastIndex = reader.at
    const plain = PLAIN.exec(text)?.[0] ?? ''
    value += plain
    reader.at += plain.length
    if (take(reader, '"')) return value
    if (!take(reader, '\\')) throw unexpected(reader)
    value += readEscape(reader)
  }
}

function readEscape(reader: Reader): string {
  const letter = reader.text[reader.at] ?? ''
  if (letter === 'u') {
    const digits = reader.text.slice(reader.at + 1, reader.at + 5)
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw unexpected(reader)
    reader.at += 5
    return String.fromCharCode(Number.parseInt(digits, 16))
  }
  const character = ESCAPES.get(letter)
  if (character === undefined) throw unexpected(reader)
  reader.at++
  return character
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function readNumber(reader: Reader): string {
  NUMBER.lastIndex = reader.at
  const number = NUMBER.exec(reader.text)?.[0]
  if (number === undefined) throw unexpected(reader)
  reader.at += number.length
  return number
}

function readWord(reader: Reader, word: string, value: Json): Json {
  if (!reader.text.startsWith(word, reader.at)) throw unexpected(reader)
  reader.at += word.length
  return value
}

function skipSpace(reader: Reader): void {
  for (;;) {
    const character = reader.text[reader.at]
    if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') return
    reader.at++
  }
}

function take(reader: Reader, character: string): boolean {
  if (reader.text[reader.at] !== character) return false
  reader.at++
  return true
}

function expect(reader: Reader, character: string): void {
  if (!take(reader, character)) throw unexpected(reader)
}

const unexpected = (reader: Reader): PolicyProblem =>
  problem(reader, reader.at < reader.text.length ? 'this is not JSON' : 'the JSON ends too early')

const problem = ({ text, at }: Reader, message: string): PolicyProblem =>
  new PolicyProblem(message, lineAndColumn(text, at))
