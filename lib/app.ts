/**
 * Builds the stacks of one deployment into an app: the same for the command line, the tests and the sandbox.
 * @module
 */
import { join } from 'node:path'
import { Tags, type App, type Environment } from 'aws-cdk-lib'
import { DEPLOYMENT_TAG } from '../lambda/adapters/aws/kms/service-key-tags.ts'
import { bundle as bundleWithEsbuild, type Bundler } from './bundling.ts'
import type { CofferConfig } from './config.ts'
import type { Deployment } from './deployment.ts'
import { allEntries, namesOf } from './names.ts'
import { checkWithNag } from './nag.ts'
import { DataStack } from './stacks/data-stack.ts'
import { ObservabilityStack } from './stacks/observability-stack.ts'
import { ServiceStack } from './stacks/service-stack.ts'

export interface CofferStacks {
  readonly data: DataStack
  /** In the order of the config's Regions. */
  readonly services: readonly ServiceStack[]
  readonly observability: ObservabilityStack
}

export interface CofferAppOptions {
  readonly config: CofferConfig
  readonly bundle?: Bundler
  /** Check the app with cdk-nag while it is synthesised. */
  readonly isChecked?: boolean
}

export function buildCoffer(
  app: App,
  { config, bundle = bundleWithEsbuild, isChecked = true }: CofferAppOptions,
): CofferStacks {
  const names = namesOf(config.prefix)
  const deployment: Deployment = { config, names, bundles: bundle(allEntries, join(app.outdir, 'bundles')) }
  const account = config.account ?? process.env.CDK_DEFAULT_ACCOUNT
  const inRegion = (region: string): Environment => ({ region, ...(account !== undefined && { account }) })
  const [primary] = config.regions
  if (primary === undefined) throw new Error('there is no primary Region')

  const data = new DataStack(app, names.dataStack, {
    deployment,
    env: inRegion(primary),
    description: `Coffer (${config.prefix}): the table of all secrets. Keep it.`,
    terminationProtection: config.removalPolicy === 'retain',
  })
  const services = config.regions.map((region) => {
    const service = new ServiceStack(app, names.serviceStack(region), {
      deployment,
      env: inRegion(region),
      description: `Coffer (${config.prefix}): API and functions in ${region}`,
    })
    // In this order, without a reference: the table is found by its name.
    service.addStackDependency(data, 'the table is there first')
    return service
  })
  const observability = new ObservabilityStack(app, names.observabilityStack, {
    deployment,
    env: inRegion(primary),
    description: `Coffer (${config.prefix}): the dashboard`,
  })
  for (const [key, value] of Object.entries({ [DEPLOYMENT_TAG]: config.prefix, ...config.tags }))
    // Dashboards cost nothing that a tag could tell apart, and cfn-lint knows no tags on them.
    Tags.of(app).add(key, value, { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] })
  if (isChecked) checkWithNag(app)
  return { data, services, observability }
}
