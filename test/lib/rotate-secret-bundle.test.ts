/** RotateSecret reads the settings of managed rotation, and brings nothing else of it along. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../lib/bundling.ts'

const folder = mkdtempSync(join(tmpdir(), 'coffer-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const made = bundle(['rotate-secret', 'managed-rotation'], folder)
const code = (entry: string): string => readFileSync(join(made.functions[entry]!, 'index.js'), 'utf8')

/** Words of the drivers, of the engines, and of the schemas of zod. */
const FOREIGN = ['caching_sha2_password', 'SCRAM-SHA-256', 'ACL', 'pg_catalog', 'ZodError']

test.each(FOREIGN)('%s is in the function of managed rotation, and not in that of RotateSecret', (word) => {
  expect(code('managed-rotation').includes(word)).toBe(true)
  expect(code('rotate-secret').includes(word)).toBe(false)
})

test('what settings there are is in both', () => {
  for (const entry of ['managed-rotation', 'rotate-secret']) expect(code(entry)).toContain('requireEachIncludedType')
})
