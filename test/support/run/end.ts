import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** After the tests: the folder that begin.ts made goes, with what suites have left in it. */
export default function end(): void {
  if (process.env.COFFER_TEST_DISK !== undefined) rmSync(tmpdir(), { recursive: true, force: true })
}
