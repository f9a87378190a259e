import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataDirectoryProblem, openDataDirectory, openExistingDataDirectory } from '../../local/data-directory.ts'
import { temporaryDirectories } from './support/temporary-directory.ts'

const newDirectory = temporaryDirectories()

describe('a data directory', () => {
  it('is made for its owner alone, with a marker', () => {
    const path = join(newDirectory(), 'deep', 'er')
    expect(openDataDirectory(path)).toEqual({ path, database: join(path, 'coffer.db'), isNew: true })
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, 'coffer.db')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(path, 'coffer.json'), 'utf8')).toBe('{"format":1}\n')
  })

  it('is taken as it is the next time', () => {
    const path = newDirectory()
    openDataDirectory(path)
    expect(openDataDirectory(path).isNew).toBe(false)
    expect(openExistingDataDirectory(path).isNew).toBe(false)
  })

  it('is finished when a first start was cut short before its marker', () => {
    const path = newDirectory()
    writeFileSync(join(path, 'coffer.db'), '')
    writeFileSync(join(path, 'coffer.json.draft'), '{"for')
    expect(openDataDirectory(path).isNew).toBe(true)
    expect(readdirSync(path).sort()).toEqual(['coffer.db', 'coffer.json'])
  })
})

describe('refused, and left as it is', () => {
  it.each<[string, (path: string) => void, string]>([
    [
      "another program's directory",
      (path) => writeFileSync(join(path, 'notes.txt'), 'mine'),
      'is not empty and was not made by Coffer: nothing was touched',
    ],
    [
      'a database without a marker',
      (path) => writeFileSync(join(path, 'coffer.db'), 'SQLite'),
      'is not empty and was not made by Coffer',
    ],
    ['a marker that is no JSON', (path) => writeFileSync(join(path, 'coffer.json'), '{'), 'is damaged'],
    ['a marker without a format', (path) => writeFileSync(join(path, 'coffer.json'), '{"a":1}'), 'is damaged'],
    [
      'a newer format',
      (path) => writeFileSync(join(path, 'coffer.json'), '{"format":2}'),
      'was written by a newer Coffer (format 2, this one knows 1)',
    ],
  ])('%s', (_, prepare, message) => {
    const path = newDirectory()
    prepare(path)
    const before = readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')])
    expect(() => openDataDirectory(path)).toThrow(DataDirectoryProblem)
    expect(() => openDataDirectory(path)).toThrow(message)
    expect(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'utf8')])).toEqual(before)
  })

  it('a file, and a path through a file', () => {
    const file = join(newDirectory(), 'file')
    writeFileSync(file, '')
    expect(() => openDataDirectory(file)).toThrow('is not a directory')
    expect(() => openDataDirectory(join(file, 'below'))).toThrow('is not a directory')
  })

  it('a loop of links, and a name that is too long', () => {
    const path = newDirectory()
    symlinkSync(join(path, 'b'), join(path, 'a'))
    symlinkSync(join(path, 'a'), join(path, 'b'))
    expect(() => openDataDirectory(join(path, 'a', 'c'))).toThrow('loop of symbolic links')
    expect(() => openDataDirectory(join(path, 'x'.repeat(300)))).toThrow('too long a name')
  })

  // Tests may run as root, whom permissions do not stop; /proc refuses new directories to everyone.
  const onLinux = process.platform === 'linux' ? it : it.skip
  onLinux('a place where no directory can be made', () => {
    expect(() => openDataDirectory('/proc/coffer')).toThrow('/proc/coffer cannot be made there')
  })

  it('a directory that is not there, where one must be', () => {
    const path = join(newDirectory(), 'none')
    expect(() => openExistingDataDirectory(path)).toThrow('There is no Coffer data in')
    mkdirSync(path)
    expect(() => openExistingDataDirectory(path)).toThrow('There is no Coffer data in')
    expect(readdirSync(path)).toEqual([])
  })
})
