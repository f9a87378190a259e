import fc from 'fast-check'
import { UNKNOWN } from '../../../lambda/auth/condition-context.ts'
import { parseText, textMatcher } from '../../../lambda/auth/policy/text-pattern.ts'
import { contextWith } from '../support/questions.ts'

const NOTHING = contextWith()

function matches(pattern: string, text: string, context = NOTHING) {
  const tokens = parseText(pattern, { wildcards: true, variables: true })
  if (tokens === undefined) throw new Error('not a pattern')
  return textMatcher(tokens, false).matches(text, context)
}

const asRegExp = (pattern: string): RegExp =>
  new RegExp(
    `^${Array.from(pattern, (one) => (one === '*' ? '.*' : one === '?' ? '.' : `\\u{${one.charCodeAt(0).toString(16)}}`)).join('')}$`,
    'su',
  )

it('patterns match what the regular expression of the same meaning matches', () => {
  const letters = (...more: readonly string[]) =>
    fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', ...more), maxLength: 12 })
  fc.assert(
    fc.property(letters('*', '?', '*'), letters(), (pattern, text) => {
      expect(matches(pattern, text)).toBe(asRegExp(pattern).test(text))
    }),
    { numRuns: 5_000 },
  )
})

it('a pattern matches the text that it was made from', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', 'é', '.', '$', '(') }),
      fc.infiniteStream(fc.nat(5)),
      (text, random) => {
        const pattern = Array.from(text, (one) => {
          const die = random.next().value as number
          return die === 0 ? '*' : die === 1 ? '?' : die === 2 ? `${one}*` : one
        }).join('')
        expect(matches(pattern, text)).toBe(true)
      },
    ),
  )
})

it('what a variable stands for is literal, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '*', '?', '$', '{', '}', '/') }),
      fc.string({ unit: fc.constantFrom('a', '*', '/') }),
      (value, text) => {
        const context = contextWith({ 'aws:username': value })
        expect(matches('${aws:username}', text, context)).toBe(text === value)
        expect(matches('x${aws:username}*', `x${text}`, context)).toBe(text.startsWith(value))
      },
    ),
    { numRuns: 2000 },
  )
})

it.each([
  ['${', undefined],
  ['a${b', undefined],
  ['${}', undefined],
  ['${a b}', undefined],
  ["${a, 'b}", undefined],
  ['${a, b}', undefined],
  ['$a', ['$a']],
  ['}', ['}']],
  ['$${a}', ['$', { key: 'a', fallback: undefined }]],
  ["${ A:b , 'C' }", [{ key: 'a:b', fallback: 'C' }]],
  ["${a,''}", [{ key: 'a', fallback: '' }]],
  ['x${*}y', ['x*y']],
])('%s is read as %j', (text, tokens) => {
  expect(parseText(text, { wildcards: false, variables: true })).toEqual(tokens)
})

it('an absent variable beside an unknown one is absent: nothing can match', () => {
  const context = contextWith({ seen: 'x', unseen: UNKNOWN })
  expect(matches('${unseen}${absent}', 'x', context)).toBe(false)
  expect(matches('${seen}${unseen}', 'x', context)).toBe('unknown')
})

it.each([
  ['*a*a*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(100_000)],
  [`${'*a'.repeat(1000)}b`, 'a'.repeat(20_000)],
  [`${'*a?'.repeat(64)}b`, 'a'.repeat(20_000)],
  [`*${'?'.repeat(4_600)}bN*`, 'b'.repeat(100_000)],
  [`*${'?b'.repeat(64)}c`, 'b'.repeat(100_000)],
  [`*${'?'.repeat(1000)}b`, 'a'.repeat(20_000)],
])('the wildcards of %.30s do not blow up', (pattern, text) => {
  const before = performance.now()
  expect(matches(pattern, text)).toBe(false)
  expect(performance.now() - before).toBeLessThan(5000)
})

it('a pattern of more `?` apart than anybody writes is none', () => {
  expect(parseText('a?'.repeat(64), { wildcards: true, variables: true })).toHaveLength(128)
  expect(parseText('a?'.repeat(65), { wildcards: true, variables: true })).toBeUndefined()
  expect(parseText('?'.repeat(1000), { wildcards: true, variables: true })).toHaveLength(1000)
})
