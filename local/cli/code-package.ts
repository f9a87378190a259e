/**
 * The code of a function as a zip file: a zip file as it is, a single file, or a folder with all that is in it. The same files make the same bytes, so that what has not changed need not
 * be sent again.
 * @module
 */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { zipSync, type Zippable } from 'fflate'
import { ConfigProblem } from '../config.ts'

/** Lambda quotas: 250 MB unpacked, 50 MB in the zip file. */
const UNPACKED_LIMIT = 262_144_000
const ZIP_LIMIT = 52_428_800

/** What a folder may hold that no function needs. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', '.DS_Store', '__pycache__'])

/** @throws {ConfigProblem} */
export function packCode(path: string): Buffer {
  const zip = attempt(path, () => pack(path))
  if (zip.length > ZIP_LIMIT)
    throw new ConfigProblem(`--code ${path} makes a zip file of ${zip.length} bytes, expected up to ${ZIP_LIMIT}`)
  return zip
}

function pack(path: string): Buffer {
  const found = statSync(path)
  if (found.isDirectory()) return zipOf(filesIn(path), path)
  if (!found.isFile()) throw new ConfigProblem(`--code ${path} is no file and no folder`)
  if (path.toLowerCase().endsWith('.zip')) return readFileSync(path)
  return zipOf(new Map([[basename(path), path]]), path)
}

/** Paths inside the package, and where they are. Links are followed, as the function could not follow them. */
function filesIn(root: string): Map<string, string> {
  const files = new Map<string, string>()
  const visit = (folder: string, prefix: string, above: readonly string[]): void => {
    const real = realpathSync(folder)
    if (above.includes(real)) return
    for (const name of readdirSync(folder).sort()) {
      if (LEFT_OUT.has(name)) continue
      const path = join(folder, name)
      const found = statSync(path, { throwIfNoEntry: false })
      if (found?.isDirectory()) visit(path, `${prefix}${name}/`, [...above, real])
      else if (found?.isFile()) files.set(prefix + name, path)
    }
  }
  visit(root.endsWith(sep) ? root.slice(0, -1) : root, '', [])
  return files
}

const UNIX = 3
const [PLAIN, EXECUTABLE] = [0o100644, 0o100755]

function zipOf(files: ReadonlyMap<string, string>, from: string): Buffer {
  if (files.size === 0) throw new ConfigProblem(`--code ${from} holds no files`)
  const entries: Zippable = {}
  // The first moment that a zip file knows, in this place's own time as zip files have it.
  const mtime = new Date(1980, 0, 1)
  let size = 0
  for (const [name, path] of files) {
    const { size: bytes, mode } = statSync(path)
    size += bytes
    if (size > UNPACKED_LIMIT)
      throw new ConfigProblem(`--code ${from} holds more than ${UNPACKED_LIMIT} bytes: choose the files that it needs`)
    const attrs = ((mode & 0o100) !== 0 ? EXECUTABLE : PLAIN) * 2 ** 16
    entries[name] = [readFileSync(path), { mtime, os: UNIX, attrs }]
  }
  return Buffer.from(zipSync(entries))
}

/** What the system says, in words that name the path. */
function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined
    if (code === undefined) throw cause
    const reason = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`
    throw new ConfigProblem(`--code ${path} ${reason}`, { cause })
  }
}
