import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Directories that are gone after the test that asked for them. */
export function temporaryDirectories(): () => string {
  let made: string[] = []
  afterEach(() => {
    for (const path of made) rmSync(path, { recursive: true, force: true })
    made = []
  })
  return () => {
    const path = mkdtempSync(join(tmpdir(), 'coffer-test-'))
    made.push(path)
    return path
  }
}
