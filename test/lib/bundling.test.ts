/** The one run that bundles everything: what it writes, and that it writes the same again. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle, EXTRAS_FOLDER } from '../../lib/bundling.ts'

const ENTRIES = ['get-random-password', 'stream-arn']
const folders: string[] = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'coffer-bundle-'))
  folders.push(made)
  return made
}
const first = bundle(ENTRIES, folder())
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true })
})

test('each entry has a folder of its own with its code and its source map, and nothing else', () => {
  for (const entry of ENTRIES)
    expect(readdirSync(first.functions[entry]!).toSorted()).toEqual(['index.js', 'index.js.map'])
})

test('written elsewhere it is the same to the byte, so that a second synth uploads nothing', () => {
  const second = bundle(ENTRIES, join(folder(), 'deeper'))
  for (const entry of ENTRIES)
    for (const file of ['index.js', 'index.js.map'])
      expect(
        readFileSync(join(second.functions[entry]!, file)).equals(readFileSync(join(first.functions[entry]!, file))),
      ).toBe(true)
})

test('a source map leads to our sources without holding them', () => {
  const map = JSON.parse(readFileSync(join(first.functions['stream-arn']!, 'index.js.map'), 'utf8')) as {
    sources: string[]
    sourcesContent?: unknown
  }
  expect(map.sources).toContain('../../../lambda/handlers/stream-arn.ts')
  expect(map.sourcesContent).toBeUndefined()
})

test('what an earlier run left is gone', () => {
  const out = folder()
  const made = bundle(ENTRIES, out)
  writeFileSync(join(made.functions['stream-arn']!, 'stale.js'), '')
  bundle(ENTRIES, out)
  expect(readdirSync(made.functions['stream-arn']!)).not.toContain('stale.js')
})

test('credentials come from the environment: the other providers are left out', () => {
  const code = readFileSync(join(first.functions['get-random-password']!, 'index.js'), 'utf8')
  expect(code).toContain('AWS_SESSION_TOKEN')
  expect(code).not.toMatch(/GetRoleCredentials|AssumeRoleWithWebIdentity|credential_process/)
})

test("the layer has botocore's extras where AWS_DATA_PATH will look", () => {
  const extras = join(first.layer, EXTRAS_FOLDER, 'secretsmanager', '2017-10-17', 'service-2.sdk-extras.json')
  expect(JSON.parse(readFileSync(extras, 'utf8'))).toMatchObject({ merge: expect.anything() })
})
