/**
 * The CDK app: reads the config once and builds the stacks. `npx cdk deploy --all` runs it (cdk.json).
 * @module
 */
import { App } from 'aws-cdk-lib'
import { buildCoffer } from '../lib/app.ts'
import { ConfigProblem, loadConfig } from '../lib/config.ts'

const DEFAULT_FILE = 'coffer.config.ts'

const app = new App()
const fromContext: unknown = app.node.tryGetContext('config')
const file = typeof fromContext === 'string' ? fromContext : (process.env.COFFER_CONFIG ?? DEFAULT_FILE)
try {
  buildCoffer(app, { config: await loadConfig(file) })
} catch (error) {
  if (!(error instanceof ConfigProblem)) throw error
  // The message says it all; a stack would hide it.
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
