/**
 * Text with wildcards and policy variables, as resources and condition values are written. `*` stands for any characters, also none and also `:` and `/`; `?` for one. What a
 * variable stands for is always taken literally (IAM user guide, "IAM policy elements: Variables and tags"): a tag of value `*` matches nothing but `*`.
 *
 * Matching takes time in proportion to the text, whatever the pattern: of each piece between two `*` the first place is as good as any later one, and a pattern has few `?` apart.
 * @module
 */
import { UNKNOWN, type ConditionContext } from '../condition-context.ts'
import type { Truth } from './truth.ts'

/** `*` */
export const MANY = Symbol('*')
/** `?` */
export const ONE = Symbol('?')

export interface Variable {
  /** In lower case. */
  readonly key: string
  readonly fallback: string | undefined
}

export type Token = string | typeof MANY | typeof ONE | Variable

export interface TextSyntax {
  /** Whether `*` and `?` are wildcards. */
  readonly wildcards: boolean
  /** Whether `${...}` is a variable: not in policies of Version 2008-10-17. */
  readonly variables: boolean
}

/** `${key}` or `${key, 'default'}`; the special `${*}`, `${?}` and `${$}` stand for the character. */
const VARIABLE = /\$\{\s*([^{},'\s]+)\s*(?:,\s*'([^']*)'\s*)?\}/y
const SPECIAL: ReadonlySet<string> = new Set(['*', '?', '$'])

/** Places with `?` side by side in one pattern. People write one, for the end of a secret's ARN. */
const MOST_GROUPS = 64

/** Neighbouring literals are one. Undefined: a variable is not written as it must be, or there are too many wildcards. */
export function parseText(text: string, { wildcards, variables }: TextSyntax): readonly Token[] | undefined {
  const tokens: Token[] = []
  let literal = ''
  let groups = 0
  const push = (token: Token): void => {
    if (literal !== '') tokens.push(literal)
    literal = ''
    tokens.push(token)
  }
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (wildcards && character === '*') {
      if (literal !== '' || tokens.at(-1) !== MANY) push(MANY)
    } else if (wildcards && character === '?') {
      if ((literal !== '' || tokens.at(-1) !== ONE) && ++groups > MOST_GROUPS) return undefined
      push(ONE)
    } else if (variables && character === '$' && text[at + 1] === '{') {
      VARIABLE.lastIndex = at
      const found = VARIABLE.exec(text)
      if (found === null) return undefined
      const [whole, key = '', fallback] = found
      if (SPECIAL.has(key)) literal += key
      else push({ key: key.toLowerCase(), fallback })
      at += whole.length - 1
    } else literal += character
  }
  if (literal !== '') tokens.push(literal)
  return tokens
}

export const isVariable = (token: Token): token is Variable => typeof token === 'object'

export interface TextMatcher {
  matches(text: string, context: ConditionContext): Truth
}

/** @param unresolved the outcome where a variable has no value and no default */
export function textMatcher(tokens: readonly Token[], unresolved: Truth): TextMatcher {
  if (tokens.some(isVariable)) {
    // Most texts differ before the first variable, whatever that may be.
    const [head] = tokens
    const prefix = typeof head === 'string' ? head : ''
    return {
      matches(text, context) {
        if (!text.startsWith(prefix)) return false
        const resolved = resolve(tokens, context)
        if (resolved === UNKNOWN) return 'unknown'
        return resolved === undefined ? unresolved : matchesPieces(piecesOf(resolved), text)
      },
    }
  }
  const [first, second] = tokens
  if (tokens.length === 0) return { matches: (text) => text === '' }
  if (tokens.length === 1 && first === MANY) return { matches: () => true }
  if (tokens.length === 1 && typeof first === 'string') return { matches: (text) => text === first }
  if (tokens.length === 2 && typeof first === 'string' && second === MANY)
    return { matches: (text) => text.startsWith(first) }
  const pieces = piecesOf(tokens)
  return { matches: (text) => matchesPieces(pieces, text) }
}

/** The variables replaced by what they stand for; undefined where one has no value, unknown where it has one that is not known here. */
export function resolve(
  tokens: readonly Token[],
  context: ConditionContext,
): readonly Token[] | undefined | typeof UNKNOWN {
  const resolved: Token[] = []
  let isUnknown = false
  for (const token of tokens) {
    const value = isVariable(token) ? valueOf(token, context) : token
    if (value === undefined) return undefined
    if (value === UNKNOWN) isUnknown = true
    else resolved.push(value)
  }
  return isUnknown ? UNKNOWN : resolved
}

function valueOf({ key, fallback }: Variable, context: ConditionContext): string | undefined | typeof UNKNOWN {
  const value = context.valueOf(key)
  if (value === undefined) return fallback
  // A key of many values, or one that was checked elsewhere, has no text to put in the place.
  return typeof value === 'string' ? value : UNKNOWN
}

/** What stands between two `*`: so many characters, of which some are given. */
interface Piece {
  readonly length: number
  /** The given ones, in their order; what lies between them may be anything. */
  readonly runs: readonly Run[]
  /** The longest of them: where it is not, the piece is not. */
  readonly longest: Run | undefined
}

interface Run {
  readonly at: number
  readonly text: string
}

function piecesOf(tokens: readonly Token[]): readonly Piece[] {
  const pieces: Piece[] = []
  let piece: (string | typeof ONE)[] = []
  for (const token of [...tokens, MANY] as const)
    if (token === MANY) {
      pieces.push(pieceOf(piece))
      piece = []
    } else if (!isVariable(token)) piece.push(token)
  return pieces
}

function pieceOf(parts: readonly (string | typeof ONE)[]): Piece {
  const runs: { at: number; text: string }[] = []
  let length = 0
  for (const part of parts) {
    const last = runs.at(-1)
    if (part === ONE) length++
    else {
      // The value of a variable beside text is text like it.
      if (last !== undefined && last.at + last.text.length === length) last.text += part
      else runs.push({ at: length, text: part })
      length += part.length
    }
  }
  const longest = runs.reduce<Run | undefined>(
    (best, run) => (run.text.length > (best?.text.length ?? 0) ? run : best),
    undefined,
  )
  return { length, runs, longest }
}

function matchesPieces(pieces: readonly Piece[], text: string): boolean {
  const first = pieces[0]
  if (first === undefined || !isAt(first, text, 0)) return false
  const lastIndex = pieces.length - 1
  if (lastIndex === 0) return first.length === text.length
  let at = first.length
  for (const piece of pieces.slice(1, lastIndex)) {
    const found = find(piece, text, at)
    if (found < 0) return false
    at = found + piece.length
  }
  const last = pieces[lastIndex]
  if (last === undefined) return false
  const end = text.length - last.length
  return end >= at && isAt(last, text, end)
}

const isAt = ({ length, runs }: Piece, text: string, at: number): boolean =>
  at + length <= text.length && runs.every((run) => text.startsWith(run.text, at + run.at))

function find(piece: Piece, text: string, from: number): number {
  const { longest, length, runs } = piece
  if (longest === undefined) return from + length <= text.length ? from : -1
  for (let at = from; ; at++) {
    const found = text.indexOf(longest.text, at + longest.at)
    if (found < 0) return -1
    at = found - longest.at
    if (runs.length === 1 ? at + length <= text.length : isAt(piece, text, at)) return at
  }
}
