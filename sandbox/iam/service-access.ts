/**
 * What AWS services may do by the policy of a function or the trust policy of a role. Services are no principals of the product's engine: statements are picked by the service's name,
 * and it decides on the rest of them.
 * @module
 */
import { contextOf, keysOf } from '../../lambda/auth/condition-context.ts'
import { decide } from '../../lambda/auth/decide.ts'
import { isAllowed } from '../../lambda/auth/decision.ts'
import type { AttachedPolicy } from '../../lambda/auth/identity.ts'
import { isObject, objectOf, oneOrMany, parseJson } from '../json.ts'
import { knownToBeAbsent } from './condition-keys.ts'
import { readPolicy } from './policy-document.ts'

/** One statement about one service, without its principal. */
export interface ServiceAccess {
  readonly service: string
  readonly policy: AttachedPolicy
}

export interface ServiceQuestion {
  readonly service: string
  readonly action: string
  readonly resource: string
  /** In which the service acts. */
  readonly account: string
  readonly context?: Readonly<Record<string, string>>
}

/** @param document JSON text or what it holds @throws {SandboxProblem} */
export function serviceAccessIn(document: unknown, source: string): readonly ServiceAccess[] {
  const { Statement: statements, ...rest } = objectOf(
    typeof document === 'string' ? parseJson(document) : document,
    source,
  )
  return oneOrMany(statements).flatMap((given) => {
    const { Principal: principal, Sid: _, ...statement } = objectOf(given, source)
    // In a trust policy the resource is the role itself.
    const alone = { Resource: '*', ...statement }
    return servicesIn(principal).map((service) => ({
      service,
      policy: readPolicy({ ...rest, Statement: [alone] }, source, 'identity'),
    }))
  })
}

export function mayAct(access: readonly ServiceAccess[], question: ServiceQuestion): boolean {
  const { service, action, resource, account, context = {} } = question
  const policies = access.filter((each) => each.service === service || each.service === '*').map(({ policy }) => policy)
  const arn = `arn:aws:iam::${account}:service/${service}`
  return isAllowed(
    decide({
      principal: { account, arn, userId: service, accessKeyId: '' },
      found: {
        kind: 'identity',
        identity: { arn, uniqueId: service, policies, tags: [], areTagsCertain: true },
      },
      action,
      resource,
      account,
      rule: 'either',
      context: contextOf(keysOf(context), knownToBeAbsent),
    }),
  )
}

function servicesIn(principal: unknown): readonly string[] {
  if (principal === '*') return ['*']
  return isObject(principal) ? oneOrMany(principal.Service).map(String) : []
}
