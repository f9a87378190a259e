/**
 * Deployments that are synthesised once in a run of the tests, whichever suites serve them: all of them have the same bundles.
 * @module
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from '../../support/other-programs.ts'

/** Those of the sandbox's own default. */
const REGIONS = ['eu-central-1', 'us-west-2']

/** @param more options of the config @returns the folder that `--out` takes, to read from only */
export async function deploymentWith(more: object = {}): Promise<string> {
  const config = `export default ${JSON.stringify({ regions: REGIONS, ...more })}`
  const folder = join(tmpdir(), `deployment-${createHash('sha256').update(config).digest('hex').slice(0, 16)}`)
  if (existsSync(folder)) return folder
  const made = mkdtempSync(`${folder}-`)
  await synthesise(made, config)
  try {
    renameSync(made, folder)
  } catch (error) {
    // Another worker was first, with the same.
    if (!existsSync(folder)) throw error
    rmSync(made, { recursive: true })
  }
  return folder
}

/** From a config file, as with `--config`. */
async function synthesise(folder: string, text: string): Promise<void> {
  const config = join(folder, 'coffer.config.mjs')
  writeFileSync(config, text)
  const code = `import { synthesise } from ${JSON.stringify(resolve('sandbox/synthesise.ts'))}
    await synthesise({ folder: ${JSON.stringify(folder)}, config: ${JSON.stringify(config)}, regions: [], keyMode: 'shared' })`
  const { code: status, stderr } = await run(process.execPath, ['--input-type=module', '-e', code])
  if (status !== 0) throw new Error(stderr)
}
