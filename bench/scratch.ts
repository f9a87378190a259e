/**
 * The directory of one run: data, logs and request files, on the disk that holds the temporary directory; removed at the end.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let directory: string | undefined

export function scratchDirectory(): string {
  directory ??= mkdtempSync(join(tmpdir(), 'coffer-bench-'))
  return directory
}

/** A new, empty directory in it. */
export function freshDirectory(name: string): string {
  return mkdtempSync(join(scratchDirectory(), `${name}-`))
}

export function removeScratch(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  directory = undefined
}
