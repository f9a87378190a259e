/** The app as the CDK's command line runs it: with real bundles, no credentials, and a clean environment. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'coffer-command-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`
const run = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync('node', args, { cwd: ROOT, encoding: 'utf8', env: { PATH, HOME: folder, ...env } })

test('cdk synth prints no warning, and its stacks have the bundles of all functions', () => {
  const out = join(folder, 'cdk.out')
  const { status, stdout, stderr } = run(['node_modules/aws-cdk/bin/cdk', 'synth', '--quiet', '--output', out])
  expect(stdout).toBe('')
  expect(stderr).toMatch(
    /^Successfully synthesized to \S+\nSupply a stack id \(Coffer-Data, Coffer-Service-[a-z0-9-]+, Coffer-Observability\) to display its template\.\n$/,
  )
  expect(status).toBe(0)
  const { files } = JSON.parse(readFileSync(join(out, 'Coffer-Service-us-east-1.assets.json'), 'utf8')) as {
    files: Record<string, { source: { path: string; packaging: string } }>
  }
  const folders = Object.values(files).filter(({ source }) => source.packaging === 'zip')
  expect(folders.filter(({ source }) => existsSync(join(out, source.path, 'index.js'))).length).toBeGreaterThan(15)
}, 120_000)

test('a config that cannot be used is told in plain words, without a stack', () => {
  const file = join(folder, 'broken.config.ts')
  writeFileSync(file, `export default { regions: ['Ireland'], prefix: 'x' }\n`)
  const { status, stderr } = run(['bin/app.ts'], { COFFER_CONFIG: file })
  expect(stderr.trimEnd().split('\n')).toEqual([
    `${file} cannot be used:`,
    expect.stringMatching(/^ {2}prefix: given "x"; expected: /),
    '  regions[0]: given "Ireland"; expected: an AWS Region such as eu-west-1',
  ])
  expect(status).toBe(1)
})

test('another file is taken by context before the environment', () => {
  const file = join(folder, 'silent.config.ts')
  writeFileSync(file, 'export const config = {}\n')
  const { status, stderr } = run(['bin/app.ts'], {
    COFFER_CONFIG: 'missing.config.ts',
    CDK_CONTEXT_JSON: JSON.stringify({ config: file }),
  })
  expect(stderr).toBe(`${file} exports nothing as default; expected: export default defineConfig({ ... })\n`)
  expect(status).toBe(1)
})

test('a file that is not there is named', () => {
  const { status, stderr } = run(['bin/app.ts'], { COFFER_CONFIG: 'missing.config.ts' })
  expect(stderr).toMatch(/^missing\.config\.ts cannot be read: /)
  expect(status).toBe(1)
})
