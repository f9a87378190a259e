import { formatBasicTime, parseBasicTime, parseHttpTime } from '../../../local/sigv4/timestamps.ts'

describe('parseBasicTime', () => {
  it.each(['20260131T235959Z', '20240229T000000Z', '00010101T000000Z'.replace('0001', '1970')])('reads %s', (text) => {
    expect(formatBasicTime(parseBasicTime(text) ?? NaN)).toBe(text)
  })

  it.each([
    '20260229T000000Z',
    '20261301T000000Z',
    '20260101T240000Z',
    '20260101T000060Z',
    '20260101T000000',
    '',
    '0000-1-1',
  ])('refuses %j', (text) => expect(parseBasicTime(text)).toBeUndefined())
})

describe('parseHttpTime', () => {
  it('reads the preferred form of HTTP', () => {
    expect(parseHttpTime('Sat, 31 Jan 2026 12:00:00 GMT')).toBe(Date.UTC(2026, 0, 31, 12))
  })

  it.each(['Sun, 31 Jan 2026 12:00:00 GMT', '2026-01-31', 'now', ''])('refuses %j', (text) => {
    expect(parseHttpTime(text)).toBeUndefined()
  })
})
