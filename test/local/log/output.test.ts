import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DescriptorOutput } from '../../../local/log/output.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

const newDirectory = temporaryDirectories()

function fileOutput() {
  const path = join(newDirectory(), 'log')
  const descriptor = openSync(path, 'w')
  return { output: new DescriptorOutput(descriptor), descriptor, text: () => readFileSync(path, 'utf8') }
}

describe('standard output', () => {
  it('gets every line in order, none lost at the close', async () => {
    const { output, descriptor, text } = fileOutput()
    const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} with an é`)
    for (const [index, line] of lines.entries()) {
      output.line(line)
      if (index % 5000 === 0) await new Promise(setImmediate)
    }
    await output.close()
    expect(text()).toBe(`${lines.join('\n')}\n`)
    closeSync(descriptor)
  })

  it('gets what is left when the process is about to die', () => {
    const { output, descriptor, text } = fileOutput()
    output.line('last words')
    output.flushSync()
    expect(text()).toBe('last words\n')
    closeSync(descriptor)
  })

  it('drops lines rather than memory when nobody reads, and says how many', async () => {
    const { output, descriptor, text } = fileOutput()
    const line = 'x'.repeat(1024 * 1024 - 1)
    // Nothing is written within one turn of the event loop beyond the first 64 KB: the rest waits, as for a stalled reader.
    for (let count = 0; count < 12; count++) output.line(line)
    await output.close()
    expect(text()).toMatch(/\ncoffer: 3 log lines were dropped because standard output was not read\n$/)
    closeSync(descriptor)
  })

  it('is silent once the reader has gone', async () => {
    const { output, descriptor } = fileOutput()
    closeSync(descriptor)
    output.line('nobody hears this')
    await output.close()
    output.line('nor this')
    await output.close()
  })
})
