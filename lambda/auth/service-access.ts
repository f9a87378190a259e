/**
 * Whether the policy on something lets a service of AWS at it, as a function's policy lets Secrets Manager invoke the function. A service has no account and no policies of its own: an Allow of
 * this policy is all that it needs, and no Deny may apply. What cannot be told counts against it.
 * @module
 */
import { contextOf, keysOf } from './condition-context.ts'
import type { Policy } from './policy/policy.ts'
import type { PrincipalElement } from './policy/principal-element.ts'
import { statementApplies } from './policy/statement-applies.ts'

export interface ServiceQuestion {
  /** Of kind `resource`. */
  readonly policy: Policy
  /** Such as `secretsmanager.amazonaws.com`. */
  readonly service: string
  /** Such as `lambda:InvokeFunction`. */
  readonly action: string
  /** ARN of what the policy is on. */
  readonly resource: string
  /** For whom the service does it (aws:SourceArn, aws:SourceAccount). */
  readonly sourceArn: string
  readonly sourceAccount: string
}

export function letsServiceIn({ policy, service, action, resource, ...source }: ServiceQuestion): boolean {
  if (policy.unreadable !== undefined) return false
  const context = contextOf(
    keysOf({
      'aws:SourceArn': source.sourceArn,
      'aws:SourceAccount': source.sourceAccount,
      'aws:PrincipalServiceName': service,
      'aws:PrincipalIsAWSService': 'true',
      'aws:SecureTransport': 'true',
      // Keys of principals that have an account; a service has none.
      'aws:PrincipalArn': undefined,
      'aws:PrincipalAccount': undefined,
      'aws:PrincipalOrgID': undefined,
    }),
  )
  const { allows, denies } = policy.statementsFor(action)
  const applies = (statement: (typeof allows)[number]) =>
    statement.principal !== undefined && names(statement.principal, service)
      ? statementApplies(statement, { resource, context }, undefined)
      : false
  return denies.every((deny) => applies(deny) === false) && allows.some((allow) => applies(allow) === true)
}

const names = ({ isNot, named }: PrincipalElement, service: string): boolean =>
  isNot !== named.some((one) => one.type === 'everyone' || (one.type === 'service' && one.name === service))
