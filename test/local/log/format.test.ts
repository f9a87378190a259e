import fc from 'fast-check'
import { formatEntry, type Fields } from '../../../local/log/format.ts'

const entry = (fields: Fields) =>
  ({ time: '2026-01-01T00:00:00.000Z', level: 'info', event: 'request', fields }) as const

describe('a log line', () => {
  it('is JSON with the fields in order, those without a value left out', () => {
    expect(formatEntry('json', entry({ operation: 'GetSecretValue', code: undefined, status: 200 }))).toBe(
      '{"time":"2026-01-01T00:00:00.000Z","level":"info","event":"request","operation":"GetSecretValue","status":200}',
    )
  })

  it('is text with values in quotes where they need them', () => {
    expect(formatEntry('text', entry({ operation: 'GetSecretValue', note: 'two words', empty: '' }))).toBe(
      '2026-01-01T00:00:00.000Z INFO request operation=GetSecretValue note="two words" empty=""',
    )
  })

  it.each(['a\nlevel=error', 'a\r\n', '\u0000', '\u001b[31m', '"} {"x":"', '\u2028', '\u0085', '\u202e', '\ud800'])(
    'stays one line and one record whatever a value holds: %j',
    (value) => {
      for (const format of ['json', 'text'] as const)
        // eslint-disable-next-line no-control-regex -- that there are none is the point
        expect(formatEntry(format, entry({ value }))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
      expect(JSON.parse(formatEntry('json', entry({ value })))).toMatchObject({ value })
    },
  )

  it('is read back from JSON as it was written, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(JSON.parse(formatEntry('json', entry({ value })))).toMatchObject({ value })
      }),
    )
  })

  it('as text keeps a value that looks like another field inside quotes', () => {
    expect(formatEntry('text', entry({ value: 'x status=200' }))).toContain('value="x status=200"')
    expect(formatEntry('text', entry({ value: 'x=y' }))).toContain('value="x=y"')
  })
})
