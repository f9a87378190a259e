/**
 * Synthesises Coffer's own app for the sandbox, as `cdk synth` does it. Loaded only when it is asked for: the CDK takes a second to load.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { buildCoffer } from '../lib/app.ts'
import { ConfigProblem, parseConfig, type CofferConfig } from '../lib/config.ts'
import { isObject, optionalObject, SandboxProblem } from './json.ts'

export interface SynthesisOptions {
  readonly folder: string
  readonly regions: readonly string[]
  readonly keyMode: 'per-secret' | 'shared'
}

/** @throws {SandboxProblem} for Regions that there are not */
export function synthesise({ folder, regions, keyMode }: SynthesisOptions): void {
  const app = new App({ outdir: folder, context: featureFlags() })
  // What cdk-nag has to say is for `cdk synth`.
  buildCoffer(app, { config: configOf({ regions, keyMode }), isChecked: false })
  app.synth()
}

/** The command line of the CDK gives them to the app; here nobody does. */
function featureFlags(): Record<string, unknown> {
  const settings: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'cdk.json'), 'utf8'))
  return { ...optionalObject(isObject(settings) ? settings.context : undefined, 'cdk.json context') }
}

function configOf(options: Pick<SynthesisOptions, 'regions' | 'keyMode'>): CofferConfig {
  try {
    return parseConfig(options, 'the command line')
  } catch (error) {
    if (error instanceof ConfigProblem) throw new SandboxProblem(error.message, { cause: error })
    throw error
  }
}
