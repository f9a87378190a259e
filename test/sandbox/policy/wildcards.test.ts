import { matchesArn, matchesPattern } from '../../../sandbox/policy/wildcards.ts'

describe('wildcards', () => {
  it.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*b*b*', 'abab', true],
    ['*b*b*', 'aba', false],
    ['abc', 'abcd', false],
    ['abc*', 'ab', false],
    ['*.json', 'x.json.json', true],
  ])('%s and %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected)
  })

  it('many stars against a long text end at once', () => {
    expect(matchesPattern('*a'.repeat(50) + 'b', 'a'.repeat(20_000))).toBe(false)
  })

  it('an ARN matches part by part: a star does not reach over a colon', () => {
    expect(matchesArn('arn:aws:iam::1:role/coffer/*', 'arn:aws:iam::1:role/coffer/a/b')).toBe(true)
    expect(matchesArn('arn:aws:iam::*:role/x', 'arn:aws:iam::1:user/role/x')).toBe(false)
    expect(matchesArn('arn:*:*:*:*:*', 'arn')).toBe(false)
    expect(matchesArn('arn:aws:*', 'arn:aws:iam::1:role/x')).toBe(false)
    expect(matchesArn('arn:*:sns:*:1:a:b', 'arn:aws:sns:eu-west-1:1:a:b')).toBe(true)
  })
})
