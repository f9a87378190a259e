/**
 * Asks the policy engine whether the caller may have credentials (service authorization reference, "Actions, resources, and condition keys for AWS Security Token Service").
 * @module
 */
import { keysOf, NOT_HERE, tagKeys, type KeyLayer, type KeyValue } from '../../lambda/auth/condition-context.ts'
import type { ResourcePolicy } from '../../lambda/auth/decide.ts'
import { describeDecision, isAllowed } from '../../lambda/auth/decision.ts'
import type { EntityTag } from '../identities/model.ts'
import type { StsCall } from './call.ts'
import { notAuthorized } from './failures.ts'

export interface StsQuestion {
  /** Each must be allowed; such as `sts:AssumeRole` and `sts:TagSession`. */
  readonly actions: readonly string[]
  /** ARN, or `*`. */
  readonly resource: string
  /** The account that owns it. */
  readonly account: string
  readonly trustPolicy?: ResourcePolicy
  readonly keys?: Readonly<Record<string, KeyValue>>
  /** Tags of the request. */
  readonly requestTags?: readonly EntityTag[]
  readonly resourceTags?: readonly EntityTag[]
}

/** @throws {QueryError} AccessDenied, the same whether what is asked for is there or not */
export async function authorize(
  { request, means }: Omit<StsCall<unknown>, 'input'>,
  question: StsQuestion,
): Promise<void> {
  const { principal, origin, region } = request
  const { resource, account, trustPolicy } = question
  for (const action of question.actions) {
    const decision = await means.identities.authorizer.decide({
      principal,
      origin,
      action,
      resource,
      account,
      region,
      resourcePolicy: trustPolicy,
      rule: trustPolicy === undefined ? 'either' : 'resource',
      keys: layersOf(question),
      now: means.clock.now(),
    })
    if (!isAllowed(decision))
      throw notAuthorized({ principal: principal.arn, action, resource }, describeDecision(decision))
  }
}

function layersOf({ keys = {}, requestTags = [], resourceTags = [] }: StsQuestion): KeyLayer[] {
  const names = requestTags.map(({ key }) => key)
  return [
    keysOf(keys),
    tagKeys('aws:requesttag/', requestTags),
    keysOf({ 'aws:TagKeys': names.length === 0 ? undefined : names }),
    tagKeys('aws:resourcetag/', resourceTags),
    tagKeys('iam:resourcetag/', resourceTags),
    absentOtherKeys,
  ]
}

/** Keys of services and of identity providers, which this request has not unless they were named above. */
const absentOtherKeys: KeyLayer = (key) => (key.startsWith('aws:') ? NOT_HERE : undefined)
