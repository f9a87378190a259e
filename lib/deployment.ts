/**
 * What all stacks and constructs of one deployment are told: its config, its names, its bundles, and the place that ARNs are written for.
 * @module
 */
import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Bundles } from './bundling.ts'
import type { CofferConfig } from './config.ts'
import type { Place } from './grants.ts'
import type { Names } from './names.ts'

export interface Deployment {
  readonly config: CofferConfig
  readonly names: Names
  readonly bundles: Bundles
}

/** One Region of a deployment, as the constructs of its service stack see it. */
export interface RegionalDeployment extends Deployment {
  readonly region: string
  readonly place: Place
}

export function inRegionOf(scope: Construct, deployment: Deployment): RegionalDeployment {
  const { config, names } = deployment
  const { region, account, partition } = Stack.of(scope)
  const tableKeyArn = config.tableKeys?.[region]
  const place: Place = {
    partition,
    region,
    account,
    table: names.table,
    prefix: config.prefix,
    deployedRegions: config.regions,
    eventTopic: names.eventTopic,
    keyMode: config.keyMode,
    rotationFunctions: config.rotationFunctions.filter(
      (each) => !each.startsWith('arn:') || each.split(':')[3] === region,
    ),
    ...(tableKeyArn !== undefined && { tableKeyArn }),
  }
  return { ...deployment, region, place }
}
