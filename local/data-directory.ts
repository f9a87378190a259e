/**
 * The data directory: `coffer.json` marks it as ours, `coffer.db` holds everything, `master.key` opens it. Anything else's directory is refused before
 * anything is written.
 * @module
 */
import {
  existsSync,
  closeSync,
  chmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'

export interface DataDirectory {
  readonly path: string
  readonly database: string
  /** Nothing was there before. */
  readonly isNew: boolean
}

export class DataDirectoryProblem extends Error {
  override readonly name = 'DataDirectoryProblem'
}

const DATABASE = 'coffer.db'
const MARKER = 'coffer.json'
const MARKER_DRAFT = 'coffer.json.draft'
const FORMAT = 1
const markerSchema = z.object({ format: z.int().positive() })

/**
 * Opens the directory, and makes it where there is none.
 * @param path absolute
 * @throws {DataDirectoryProblem} saying what to do
 */
export function openDataDirectory(path: string): DataDirectory {
  const isNew = checkContent(path)
  if (isNew) attempt(path, () => make(path))
  return { path, database: join(path, DATABASE), isNew }
}

/** For commands that work on what is there. @throws {DataDirectoryProblem} */
export function openExistingDataDirectory(path: string): DataDirectory {
  if (checkContent(path))
    throw new DataDirectoryProblem(
      `There is no Coffer data in ${path}. Start Coffer once with \`coffer serve\`, or name its directory with --data-dir.`,
    )
  return { path, database: join(path, DATABASE), isNew: false }
}

/** @returns whether there is nothing yet */
function checkContent(path: string): boolean {
  const names = attempt(path, () => namesIn(path))
  if (!names.includes(MARKER)) {
    if (isUnfinished(path, names)) return true
    throw new DataDirectoryProblem(
      `${path} is not empty and was not made by Coffer: nothing was touched. Name an empty or new directory with --data-dir.`,
    )
  }
  const marker = markerSchema.safeParse(attempt(path, () => parseJson(readFileSync(join(path, MARKER), 'utf8'))))
  if (!marker.success)
    throw new DataDirectoryProblem(
      `${join(path, MARKER)} is damaged: it should hold {"format":${FORMAT}}. Restore ${path} from a backup, or name another directory with --data-dir.`,
    )
  if (marker.data.format > FORMAT)
    throw new DataDirectoryProblem(
      `${path} was written by a newer Coffer (format ${marker.data.format}, this one knows ${FORMAT}). Start that version, or name another directory with --data-dir.`,
    )
  return false
}

/** Nothing, or what a first start leaves that was cut short before its marker. */
function isUnfinished(path: string, names: readonly string[]): boolean {
  return names.every((name) => name === MARKER_DRAFT || (name === DATABASE && statSync(join(path, name)).size === 0))
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function make(path: string): void {
  makeDirectory(path)
  try {
    chmodSync(path, 0o700)
  } catch {
    // A mounted volume may belong to another user; the key file in it still is for its owner alone.
  }
  // SQLite takes an empty file for a new database, and its log files take over the mode.
  writeFileSync(join(path, DATABASE), '', { mode: 0o600 })
  const draft = join(path, MARKER_DRAFT)
  writeFileSync(draft, `{"format":${FORMAT}}\n`, { mode: 0o600, flush: true })
  renameSync(draft, join(path, MARKER))
  if (process.platform === 'win32') return
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** Node's own recursive mkdir goes round for ever where the parent is there and still no directory can be made, as in /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (!existsSync(parent)) makeDirectory(parent)
  mkdirSync(path, { mode: 0o700 })
}

/** What the system says, in words that name the directory. */
function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const reason = REASONS[String(codeOf(cause))]
    if (reason === undefined) throw cause
    throw new DataDirectoryProblem(`The data directory ${path} ${reason}`, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'is not accessible to this user. Give this user the directory, or name another with --data-dir.',
  EPERM: 'is not accessible to this user. Give this user the directory, or name another with --data-dir.',
  EROFS: 'is on a read-only file system. Name a writable one with --data-dir.',
  ENOSPC: 'cannot be written: the disk is full.',
  EDQUOT: 'cannot be written: the disk quota is used up.',
  ENOENT: 'cannot be made there. Name another with --data-dir.',
  ENOTDIR: 'is not a directory. Name a directory with --data-dir.',
  EEXIST: 'is not a directory. Name a directory with --data-dir.',
  ELOOP: 'is a loop of symbolic links. Name a directory with --data-dir.',
  ENAMETOOLONG: 'has too long a name. Name another with --data-dir.',
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
