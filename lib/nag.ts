/**
 * Which findings of cdk-nag's AwsSolutions rules are taken on, and why. Each is acknowledged on the smallest construct that has it; a finding that is not here stops the synth.
 * @module
 */
import { Stack, Token, Validations, type App } from 'aws-cdk-lib'
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { WideStatement } from './grants.ts'

export function checkWithNag(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
}

export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason })
}

/** Takes on the wildcards of a role that came with a reason, and no others. */
export function acknowledgeWildcards(role: Role, statements: readonly PolicyStatement[]): void {
  const reasons = new Map<string, Set<string>>()
  for (const statement of statements.filter((each) => each instanceof WideStatement))
    for (const resource of statement.resources.filter((each) => each.includes('*'))) {
      const known = reasons.get(resource) ?? new Set()
      reasons.set(resource, known.add(statement.reason))
    }
  const { account } = Stack.of(role)
  for (const [resource, why] of reasons)
    // cdk-nag names a finding by the resolved ARN, with what CloudFormation fills in between angle brackets.
    acknowledge(
      role,
      `AwsSolutions-IAM5[Resource::${Token.isUnresolved(account) ? resource.replace(account, '<AWS::AccountId>') : resource}]`,
      [...why].join(' '),
    )
}
