import * as fc from 'fast-check'
import { OutputLines } from '../../../../local/functions/runtime/output-lines.ts'

function read(chunks: readonly Buffer[]): { lines: string[]; ends: string[] } {
  const lines: string[] = []
  const ends: string[] = []
  const output = new OutputLines({ line: (text) => lines.push(text), end: (id) => ends.push(`${lines.length}:${id}`) })
  for (const chunk of chunks) output.write(chunk)
  output.finish()
  return { lines, ends }
}

const ID = '11111111-2222-4333-8444-555555555555'

describe('the output of a process', () => {
  it('is cut into lines, with the marks taken out, however it arrives', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme' }).filter((text) => !/[\0\r\n]/.test(text)),
      fc.constant('\n'),
      fc.constant(`\0end ${ID}\0\n`),
    )
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(40)), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''))
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)))
        chunks.push(bytes.subarray(at))
        const whole = read([bytes])
        expect(read(chunks)).toEqual(whole)
        expect(whole.ends).toHaveLength(parts.filter((text) => text.startsWith('\0')).length)
        expect(whole.lines.join('')).toBe(parts.filter((text) => text !== '\n' && !text.startsWith('\0')).join(''))
      }),
    )
  })

  it('tells a mark after everything before it, with and without a line feed', () => {
    expect(read([Buffer.from(`one\ntwo\0end ${ID}\0\nthree\n\0end ${ID}\0\n`)])).toEqual({
      lines: ['one', 'two', 'three'],
      ends: [`2:${ID}`, `3:${ID}`],
    })
  })

  it('is cut where a line is endless, and never inside of a mark', () => {
    const mark = Buffer.from(`\0end ${ID}\0\n`)
    for (let cut = 0; cut < mark.length; cut++) {
      const { lines, ends } = read([
        Buffer.concat([Buffer.alloc(196_598, 'x'), mark.subarray(0, cut)]),
        mark.subarray(cut),
      ])
      expect(lines.join('')).toBe('x'.repeat(196_598))
      expect(lines.every((line) => line.length <= 64 * 1024)).toBe(true)
      expect(ends).toHaveLength(1)
    }
  })
})
