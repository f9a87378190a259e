import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Directories that are gone after the suite. @param onDisk for tests of what reaches a disk: the others may be in memory */
export function suiteDirectories({ onDisk = false } = {}): () => string {
  const made: string[] = []
  afterAll(() => {
    for (const path of made) rmSync(path, { recursive: true, force: true })
  })
  const place = onDisk ? (process.env.COFFER_TEST_DISK ?? tmpdir()) : tmpdir()
  return () => {
    const path = mkdtempSync(join(place, 'coffer-test-'))
    made.push(path)
    return path
  }
}
