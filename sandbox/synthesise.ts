/**
 * Synthesises Coffer's own app for the sandbox, as `cdk synth` does it. Loaded only when it is asked for: the CDK takes a second to load.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { RegionInfo } from 'aws-cdk-lib/region-info'
import { buildCoffer } from '../lib/app.ts'
import { ConfigProblem, loadConfig, parseConfig, type CofferConfig } from '../lib/config.ts'
import { isObject, optionalObject, SandboxProblem } from './json.ts'

export interface SynthesisOptions {
  readonly folder: string
  /** A file such as coffer.config.ts; the other options are for when there is none. */
  readonly config?: string | undefined
  readonly regions: readonly string[]
  readonly keyMode: 'per-secret' | 'shared'
}

/** @throws {SandboxProblem} for Regions that there are not, and for a config that cannot be used */
export async function synthesise({ folder, ...options }: SynthesisOptions): Promise<void> {
  const config = await configOf(options)
  // What CDK's own rules and cdk-nag have to say is for `cdk synth`: it takes longer than all the rest.
  const app = new App({ outdir: folder, context: featureFlags(), builtinCloudFormationValidation: false })
  buildCoffer(app, { config, isChecked: false })
  app.synth()
}

/** The command line of the CDK gives them to the app; here nobody does. */
function featureFlags(): Record<string, unknown> {
  const settings: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'cdk.json'), 'utf8'))
  return { ...optionalObject(isObject(settings) ? settings.context : undefined, 'cdk.json context') }
}

async function configOf({ config, regions, keyMode }: Omit<SynthesisOptions, 'folder'>): Promise<CofferConfig> {
  try {
    if (config !== undefined) return await loadConfig(config)
    checkRegions(regions)
    return parseConfig({ regions, keyMode }, 'the command line')
  } catch (error) {
    if (error instanceof ConfigProblem) throw new SandboxProblem(error.message, { cause: error })
    throw error
  }
}

/** A slip of the pen would be served all the same, under a name that no account has. A Region newer than the CDK can be had with a config. */
function checkRegions(regions: readonly string[]): void {
  const known = RegionInfo.regions.map(({ name }) => name)
  const unknown = regions.filter((region) => !known.includes(region))
  if (unknown.length === 0) return
  const given = unknown.map((region) => JSON.stringify(region)).join(', ')
  throw new SandboxProblem(`--regions names ${given}; the CDK knows the Regions ${known.join(', ')}. See --help.`)
}
