/**
 * ARNs as the Arn operators compare them: six parts, each matched by itself, so that no wildcard reaches from one part into the next; the sixth may hold colons (IAM user guide, "Amazon
 * Resource Name (ARN) condition operators").
 * @module
 */
import { MANY, isVariable, textMatcher, type TextMatcher, type Token } from './text-pattern.ts'
import { and, type Truth } from './truth.ts'

const PARTS = 6

/** Undefined: not the pattern of an ARN. A lone `*` is any ARN, and a lone variable the whole of one. */
export function arnMatcher(tokens: readonly Token[], unresolved: Truth): TextMatcher | undefined {
  const [only] = tokens
  if (tokens.length === 1 && only !== undefined && (only === MANY || isVariable(only))) {
    const whole = textMatcher(tokens, unresolved)
    return { matches: (text, context) => (splitArn(text) === undefined ? 'unknown' : whole.matches(text, context)) }
  }
  const matchers = splitTokens(tokens)?.map((part) => textMatcher(part, unresolved))
  if (matchers === undefined) return undefined
  return {
    matches(text, context) {
      const parts = splitArn(text)
      if (parts === undefined) return 'unknown'
      let outcome: Truth = true
      for (let index = 0; index < PARTS && outcome !== false; index++)
        outcome = and(outcome, matchers[index]?.matches(parts[index] ?? '', context) ?? false)
      return outcome
    },
  }
}

function splitArn(text: string): readonly string[] | undefined {
  const parts = text.split(':')
  if (parts.length < PARTS || parts[0] !== 'arn') return undefined
  return [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')]
}

/** Split at colons that are written: those in the value of a variable part nothing. */
function splitTokens(tokens: readonly Token[]): readonly (readonly Token[])[] | undefined {
  const parts: Token[][] = [[]]
  for (const token of tokens) {
    if (typeof token !== 'string') {
      parts.at(-1)?.push(token)
      continue
    }
    const [head = '', ...rest] = splitAtColons(token, PARTS - parts.length)
    if (head !== '') parts.at(-1)?.push(head)
    for (const text of rest) parts.push(text === '' ? [] : [text])
  }
  return parts.length === PARTS ? parts : undefined
}

/** At the first few colons. */
function splitAtColons(text: string, times: number): readonly string[] {
  const parts = text.split(':')
  return [...parts.slice(0, times), ...(parts.length > times ? [parts.slice(times).join(':')] : [])]
}
