import { canonicalHeaderValue, canonicalPath, canonicalQuery } from '../../../local/sigv4/canonical-request.ts'

describe('the canonical path', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['//', '/'],
    ['/a/./b', '/a/b'],
    ['/a/../../b/', '/b/'],
    ['/a%20b', '/a%2520b'],
    ["/!'()*~-._", '/%21%27%28%29%2A~-._'],
    ['/\u00c3\u00a9', '/%C3%A9'],
  ])('of %j is %j', (path, expected) => expect(canonicalPath(path)).toBe(expected))
})

describe('the canonical query', () => {
  it.each([
    ['', ''],
    ['b=2&a=1', 'a=1&b=2'],
    ['a=2&a=1', 'a=1&a=2'],
    ['a', 'a='],
    ['&&a=1&', 'a=1'],
    ['a%2fb=%7e', 'a%2Fb=~'],
    ['a=b+c', 'a=b%2Bc'],
    ['a=100%', 'a=100%25'],
    ['a=b=c', 'a=b%3Dc'],
    ['a-b=1&a=2', 'a=2&a-b=1'],
  ])('of %j is %j', (query, expected) => expect(canonicalQuery(query)).toBe(expected))
})

describe('the canonical header value', () => {
  it.each([
    ['', ''],
    ['  ', ''],
    ['a b', 'a b'],
    [' a \t b  c ', 'a b c'],
    ['\u00c3\u00a0', '\u00c3\u00a0'],
  ])('of %j is %j', (value, expected) => expect(canonicalHeaderValue(value)).toBe(expected))
})
