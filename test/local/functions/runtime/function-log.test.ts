import * as fc from 'fast-check'
import { FunctionLog, LogTail } from '../../../../local/functions/runtime/function-log.ts'

describe('the log of a function', () => {
  it('keeps the newest lines and never more than 200,000 characters, empty lines included', () => {
    const log = new FunctionLog()
    for (let i = 0; i < 20_000; i++) log.append({ time: i, stream: 's', text: '' })
    const lines = log.lines()
    expect(lines.length).toBeLessThan(4000)
    expect(lines.map(({ time }) => time)).toEqual(lines.map((_, at) => 20_000 - lines.length + at))
  })

  it('drops a line that is larger than everything', () => {
    const log = new FunctionLog()
    log.append({ time: 1, stream: 's', text: 'x'.repeat(300_000) })
    log.append({ time: 2, stream: 's', text: 'y' })
    expect(log.lines().map(({ text }) => text)).toEqual(['y'])
  })
})

describe('the tail of an invocation', () => {
  it('is the end of what was written: at most 4 KB, and no character in part', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3000 }), { maxLength: 20 }), (lines) => {
        const tail = new LogTail()
        for (const line of lines) tail.append(line)
        const all = lines
          .map((line) => `${line}\n`)
          .join('')
          .toWellFormed()
        const text = tail.toString()
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
        expect(all.endsWith(text.toWellFormed())).toBe(true)
        if (Buffer.byteLength(all) > 4096) expect(Buffer.byteLength(text)).toBeGreaterThan(4092)
        else expect(text.toWellFormed()).toBe(all)
      }),
    )
  })

  it.each([0, 1, 2])('begins with a whole character, %d bytes further', (count) => {
    const tail = new LogTail()
    tail.append('€'.repeat(3000) + 'x'.repeat(count))
    expect(tail.toString()).toMatch(/^€+x*\n$/)
    expect(Buffer.byteLength(tail.toString())).toBeGreaterThan(4093)
  })
})
