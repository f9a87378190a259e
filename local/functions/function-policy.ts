/**
 * The policy of a function: who may invoke it, beside those whose own policies say so.
 * @module
 */
import type { ResourcePolicy } from '../../lambda/auth/decide.ts'
import { storedPolicy } from '../../lambda/auth/policy/compiled-policy.ts'
import { letsServiceIn } from '../../lambda/auth/service-access.ts'
import { functionArn, type FunctionKey } from './function-name.ts'
import type { FunctionRecord } from './function-record.ts'

type Statements = FunctionRecord['statements']

export const policyText = (statements: Statements): string =>
  JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements })

/** Undefined: it has none. */
export function policyOf(record: FunctionRecord): ResourcePolicy | undefined {
  const { statements, principals } = record
  if (statements.length === 0) return undefined
  return {
    source: `policy of function ${record.name}`,
    policy: storedPolicy(policyText(statements), 'resource'),
    principalIds: new Map(principals),
  }
}

export interface ServiceUse {
  /** Such as `secretsmanager.amazonaws.com`. */
  readonly service: string
  /** For whom: ARN and account. */
  readonly sourceArn: string
  readonly sourceAccount: string
}

/** Whether a service may invoke it for somebody. */
export function mayInvoke(record: FunctionRecord, use: ServiceUse): boolean {
  const attached = policyOf(record)
  if (attached === undefined) return false
  const { policy } = attached
  return letsServiceIn({ policy, action: 'lambda:InvokeFunction', resource: functionArn(record), ...use })
}

/** What AddPermission is asked for (Lambda API reference). */
export interface Permission {
  readonly StatementId: string
  readonly Action: string
  readonly Principal: string
  readonly SourceArn?: string | undefined
  readonly SourceAccount?: string | undefined
  readonly EventSourceToken?: string | undefined
  readonly PrincipalOrgID?: string | undefined
}

export function statementFor(permission: Permission, fn: FunctionKey): Statements[number] {
  const { StatementId, Action, Principal } = permission
  const condition = conditionFor(permission)
  return {
    Sid: StatementId,
    Effect: 'Allow',
    Principal: principalFor(Principal),
    Action,
    Resource: functionArn(fn),
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  }
}

function principalFor(principal: string): unknown {
  if (principal === '*') return '*'
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal }
}

function conditionFor({ SourceArn, SourceAccount, EventSourceToken, PrincipalOrgID }: Permission): object {
  const equal = {
    ...(SourceAccount !== undefined && { 'AWS:SourceAccount': SourceAccount }),
    ...(EventSourceToken !== undefined && { 'lambda:EventSourceToken': EventSourceToken }),
    ...(PrincipalOrgID !== undefined && { 'aws:PrincipalOrgID': PrincipalOrgID }),
  }
  return {
    ...(Object.keys(equal).length > 0 && { StringEquals: equal }),
    ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
  }
}
