/**
 * Small stacks by hand, for tests of single parts.
 * @module
 */
import type { Stack } from '../../../sandbox/template/assembly.ts'
import { DeploymentValues, Resolver } from '../../../sandbox/template/resolver.ts'

export interface FixtureTemplate {
  readonly Resources?: Readonly<Record<string, { Type: string; Properties?: object; Condition?: string }>>
  readonly Parameters?: object
  readonly Conditions?: object
  readonly Mappings?: object
  readonly Outputs?: object
}

export const ACCOUNT = '111122223333'
export const REGION = 'eu-central-1'

export function fixtureStack(template: FixtureTemplate, { name = 'Stack', region = REGION, assets = {} } = {}): Stack {
  return {
    name,
    account: undefined,
    region,
    resources: new Map(
      Object.entries(template.Resources ?? {}).map(([logicalId, { Type, Properties = {}, Condition }]) => [
        logicalId,
        { logicalId, type: Type, properties: Properties as Record<string, unknown>, condition: Condition },
      ]),
    ),
    parameters: { ...template.Parameters },
    conditions: { ...template.Conditions },
    mappings: { ...template.Mappings },
    outputs: { ...template.Outputs },
    assets: new Map(Object.entries(assets)),
  }
}

export const resolverOf = (template: FixtureTemplate, values = new DeploymentValues(), options = {}): Resolver =>
  new Resolver(fixtureStack(template, options), ACCOUNT, values)
