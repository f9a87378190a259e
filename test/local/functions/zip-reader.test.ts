import { deflateRawSync, crc32 } from 'node:zlib'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { readZip, ZipProblem } from '../../../local/functions/zip-reader.ts'

const LIMITS = { bytes: 1_000_000, entries: 100 }

interface Forged {
  readonly name: string
  readonly content?: Buffer
  /** What the file says of itself. */
  readonly size?: number
  readonly mode?: number
  readonly method?: number
  readonly flags?: number
  readonly crc?: number
}

/** A zip file by hand, which may lie. */
function forge(...entries: readonly Forged[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { content = Buffer.from('x'), mode = 0o100644, method = 8, flags = 0 } = entry
    const name = Buffer.from(entry.name)
    const packed = method === 8 ? deflateRawSync(content) : content
    const fields = (start: number, bytes: number): Buffer => {
      const head = Buffer.alloc(bytes)
      head.writeUInt16LE(flags, start)
      head.writeUInt16LE(method, start + 2)
      head.writeUInt32LE(entry.crc ?? crc32(content), start + 8)
      head.writeUInt32LE(packed.length, start + 12)
      head.writeUInt32LE(entry.size ?? content.length, start + 16)
      head.writeUInt16LE(name.length, start + 20)
      return head
    }
    const local = fields(6, 30)
    local.writeUInt32LE(0x04034b50, 0)
    const row = fields(8, 46)
    row.writeUInt32LE(0x02014b50, 0)
    row.writeUInt8(3, 5)
    row.writeUInt16LE(mode, 40)
    row.writeUInt32LE(offset, 42)
    locals.push(local, name, packed)
    central.push(row, name)
    offset += local.length + name.length + packed.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

/** What kind of problem it is, when it is read to its end. */
async function problemOf(zip: Buffer): Promise<string> {
  try {
    for (const file of readZip(zip, LIMITS)) await file.read()
    return 'none'
  } catch (error) {
    if (error instanceof ZipProblem) return `${error.kind}: ${error.message}`
    throw error
  }
}

describe('a zip file', () => {
  it('gives back the files that were put in, whatever they are', async () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9_é-]{1,20}$/)
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, fc.uint8Array({ maxLength: 2000 }), { noNullPrototype: true, maxKeys: 20 }),
        async (files) => {
          const read = readZip(Buffer.from(zipSync(files)), LIMITS)
          const content = await Promise.all(read.map(async (file) => [file.path, await file.read()] as const))
          expect(new Map(content)).toEqual(
            new Map(Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes)])),
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  it('never makes the reader throw anything but a problem, however it is damaged', async () => {
    const whole = forge({ name: 'a/b.js', content: Buffer.from('hello'.repeat(50)) }, { name: 'c/' }, { name: 'd' })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(whole.length),
        async (changes, length) => {
          const damaged = Buffer.from(whole)
          for (const [at, byte] of changes) damaged[at] = byte
          await problemOf(damaged)
          await problemOf(damaged.subarray(0, length))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps what may be executed, and may have a comment', async () => {
    const zip = forge({ name: 'run.sh', mode: 0o100755 }, { name: 'data' })
    const comment = Buffer.from('made by hand')
    zip.writeUInt16LE(comment.length, zip.length - 2)
    const files = readZip(Buffer.concat([zip, comment]), LIMITS)
    expect(files.map(({ path, isExecutable }) => [path, isExecutable])).toEqual([
      ['run.sh', true],
      ['data', false],
    ])
  })

  it.each([
    ['../evil'],
    ['a/../../evil'],
    ['/etc/passwd'],
    ['a//b'],
    ['./a'],
    ['C:/evil'],
    ['..\\evil'],
    ['a\0b'],
    ['a\nb'],
    [''],
    ['x'.repeat(300)],
    ['d/'.repeat(600) + 'x'],
  ])('is refused with a name that leads elsewhere or nowhere: %j', async (name) => {
    expect(await problemOf(forge({ name }))).toMatch(/^content: /)
  })

  it.each([
    ['a link', { mode: 0o120777 }],
    ['a device', { mode: 0o060600 }],
    ['a pipe', { mode: 0o010600 }],
    ['a file with a password', { flags: 1 }],
    ['a file packed in another way', { method: 12 }],
  ])('is refused with %s', async (_, entry) => {
    expect(await problemOf(forge({ name: 'a', ...entry }))).toMatch(/^content: /)
  })

  it.each([
    ['a name twice', [{ name: 'a' }, { name: 'a' }]],
    ['a file that is a folder too', [{ name: 'a' }, { name: 'a/b' }]],
    ['a file that is a folder too, the other way round', [{ name: 'a/b' }, { name: 'a' }]],
    ['a content that is not what was put in', [{ name: 'a', crc: 1 }]],
    ['less than it says', [{ name: 'a', size: 10 }]],
    ['more than it says', [{ name: 'a', content: Buffer.alloc(5000), size: 10 }]],
    ['more than nothing, as it says', [{ name: 'a', content: Buffer.alloc(5000), size: 0 }]],
    ['stored content that is more than it says', [{ name: 'a', method: 0, content: Buffer.alloc(9), size: 1 }]],
  ] as const)('is refused with %s', async (_, entries) => {
    expect(await problemOf(forge(...entries))).toMatch(/^damaged: /)
  })

  it('is refused before anything is unpacked where it says that it is too large', () => {
    const bomb = forge({ name: 'a', content: Buffer.alloc(600_000) }, { name: 'b', content: Buffer.alloc(600_000) })
    expect(bomb.length).toBeLessThan(5000)
    expect(() => readZip(bomb, LIMITS)).toThrow(/more than/)
  })

  it('is not unpacked beyond what it says, however much is in it', async () => {
    const zip = forge({ name: 'bomb', content: Buffer.alloc(300 * 1024 * 1024), size: 1000 })
    const before = process.memoryUsage().rss
    expect(await problemOf(zip)).toMatch(/^damaged: /)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024)
  })

  it('is refused with too many entries', () => {
    const many = forge(...Array.from({ length: 101 }, (_, index) => ({ name: `f${index}` })))
    expect(() => readZip(many, LIMITS)).toThrow(/more than/)
  })
})
