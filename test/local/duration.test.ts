import { parseDuration, parseIsoTime } from '../../local/duration.ts'

describe('parseDuration', () => {
  it.each<[string | number, number]>([
    [0, 0],
    [90, 90_000],
    ['90', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['30d', 2_592_000_000],
    ['2w', 1_209_600_000],
    ['PT90M', 5_400_000],
    ['P1DT12H', 129_600_000],
    ['P1W', 604_800_000],
    ['PT0.5S', 500],
  ])('reads %j', (text, expected) => expect(parseDuration(text)).toBe(expected))

  it.each<string | number>([
    '',
    '-1d',
    '1y',
    'P1M',
    'P1Y',
    'P',
    'PT',
    'P1DT',
    '1 d',
    'd',
    '1e3',
    NaN,
    Infinity,
    -1,
    'x'.repeat(100_000),
  ])('refuses %j', (text) => expect(parseDuration(text)).toBeUndefined())
})

describe('parseIsoTime', () => {
  it.each([
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T12:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00.5+02:00', Date.UTC(2026, 0, 31, 10, 0, 0, 500)],
  ])('reads %s', (text, expected) => expect(parseIsoTime(text)).toBe(expected))

  it.each(['', 'now', '2026-13-01', '2026-01-31T12:00:00', '1969-01-01', '20260131T000000Z', '12026-01-01'])(
    'refuses %j',
    (text) => expect(parseIsoTime(text)).toBeUndefined(),
  )
})
