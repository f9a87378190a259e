import { readFilterCriteria } from '../../../sandbox/events/filter-criteria.ts'

const filter = (...patterns: object[]) =>
  readFilterCriteria({ Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) }, 'here')
const record = { eventName: 'MODIFY', dynamodb: { NewImage: { state: { S: 'purging' }, n: { N: '1' } } } }
const state = (...rules: unknown[]) => ({ dynamodb: { NewImage: { state: { S: rules } } } })

it.each<[string, object, boolean]>([
  ['a value', state('purging'), true],
  ['one of several', state('active', 'purging'), true],
  ['another value', state('active'), false],
  ['two fields that must both match', { ...state('purging'), eventName: ['INSERT'] }, false],
  ['prefix', state({ prefix: 'pur' }), true],
  ['suffix', state({ suffix: 'pur' }), false],
  ['anything-but', state({ 'anything-but': ['active'] }), true],
  ['anything-but this', state({ 'anything-but': 'purging' }), false],
  ['exists', { dynamodb: { OldImage: [{ exists: false }] } }, true],
  ['exists, and does not', { dynamodb: { NewImage: { other: [{ exists: true }] } } }, false],
  ['a field that is not there', { dynamodb: { OldImage: { state: { S: ['purging'] } } } }, false],
])('%s', (_, pattern, expected) => {
  expect(filter(pattern)(record)).toBe(expected)
})

it('one of several patterns is enough; without any, everything passes', () => {
  expect(filter(state('x'), state('purging'))(record)).toBe(true)
  expect(readFilterCriteria(undefined, 'here')(record)).toBe(true)
})

it('a rule that is not known is refused at the start', () => {
  expect(() => filter({ n: [{ numeric: ['>', 1] }] })).toThrow('filter rule numeric')
  expect(() => filter({ n: 'text' })).toThrow('expected a list')
})
