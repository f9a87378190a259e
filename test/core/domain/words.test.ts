import fc from 'fast-check'
import { wordsOf } from '../../../lambda/core/domain/words.ts'

describe('words of a text', () => {
  it.each([
    ['foo/bar_baz+qux=a.b@c-d e', ['foo', 'bar', 'baz', 'qux', 'a', 'b', 'c', 'd', 'e']],
    ['AppBeta', ['app', 'beta']],
    ['DescTwo', ['desc', 'two']],
    ['COMPANYthings', ['compan', 'ythings']],
    ['Thirdsecret', ['thirdsecret']],
    ['RDS2prod', ['rds', '2', 'prod']],
    ['/', []],
    ['', []],
    ['паролЬ', ['парол', 'ь']],
  ])('SM-LIST-05 cuts %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })

  it('SM-LIST-05 loses no letter and no digit, in time that grows with the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(wordsOf(text).join('')).toBe(
          (text.match(/[\p{L}\p{N}\p{M}]/gu) ?? []).map((c) => c.toLowerCase()).join(''),
        )
      }),
    )
    expect(wordsOf('A'.repeat(100_000) + 'a')).toHaveLength(2)
  })
})
