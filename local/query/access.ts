/**
 * A refusal of the policy engine in the words of the query APIs, which are those of every service.
 * @module
 */
import { describeDecision, isAllowed, type Decision } from '../../lambda/auth/decision.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import { accessDenied } from '../../lambda/core/domain/errors.ts'
import { QueryError } from './query-error.ts'

export interface Asked {
  readonly principal: Principal
  /** With its service, such as `iam:CreateUser`. */
  readonly action: string
  /** How the error names what was asked for. */
  readonly shown: string
}

/** @throws {QueryError} AccessDenied */
export function requireAllowed(decision: Decision, { principal, action, shown }: Asked): void {
  if (isAllowed(decision)) return
  const { message } = accessDenied({ principal: principal.arn, action, shown, decision })
  throw new QueryError('AccessDenied', message, describeDecision(decision))
}
