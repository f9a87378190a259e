/**
 * Whether the caller of one operation may do it (service authorization reference, "Actions, resources, and condition keys for AWS Lambda"): by the caller's own policies or the function's.
 * @module
 */
import type { Authorizer } from '../../../lambda/auth/authorizer.ts'
import { keysOf, NOT_HERE, tagKeys, type KeyLayer, type KeyValue } from '../../../lambda/auth/condition-context.ts'
import type { ResourcePolicy } from '../../../lambda/auth/decide.ts'
import { describeDecision, isAllowed } from '../../../lambda/auth/decision.ts'
import { accessDenied } from '../../../lambda/core/domain/errors.ts'
import type { WireRequest } from '../../../lambda/protocol/wire.ts'
import type { EntityTag } from '../../identities/model.ts'
import { LambdaError } from './lambda-error.ts'

export interface LambdaQuestion {
  /** With its service, such as `lambda:GetFunction`. */
  readonly action: string
  /** ARN; undefined: the action has no resource type. */
  readonly resource: string | undefined
  /** The account that owns it. */
  readonly account: string
  readonly resourcePolicy?: ResourcePolicy | undefined
  readonly resourceTags?: readonly EntityTag[]
  readonly requestTags?: readonly EntityTag[]
  /** Of the request's tags; by default those of {@link requestTags}. */
  readonly tagNames?: readonly string[]
  readonly keys?: Readonly<Record<string, KeyValue>>
}

export interface AccessMeans {
  readonly authorizer: Authorizer
  readonly request: Pick<WireRequest, 'principal' | 'origin' | 'region'>
  /** Epoch milliseconds of the domain's clock. */
  readonly now: number
}

/** @throws {LambdaError} AccessDeniedException */
export async function requireAccess(
  { authorizer, request, now }: AccessMeans,
  question: LambdaQuestion,
): Promise<void> {
  const { principal, origin, region } = request
  const { action, resource, account, resourcePolicy } = question
  const decision = await authorizer.decide({
    principal,
    origin,
    action,
    resource,
    account,
    region,
    resourcePolicy,
    keys: layersOf(question),
    now,
  })
  if (isAllowed(decision)) return
  const { message } = accessDenied({ principal: principal.arn, action, shown: resource ?? '*', decision })
  throw new LambdaError('AccessDeniedException', message, { reason: describeDecision(decision) })
}

function layersOf({ keys = {}, requestTags = [], resourceTags = [], ...rest }: LambdaQuestion): KeyLayer[] {
  const names = rest.tagNames ?? requestTags.map(({ key }) => key)
  return [
    keysOf(keys),
    tagKeys('aws:requesttag/', requestTags),
    keysOf({ 'aws:TagKeys': names.length === 0 ? undefined : names }),
    tagKeys('aws:resourcetag/', resourceTags),
    absentOtherKeys,
  ]
}

/** Keys of services, which this request has not unless they were named above. */
const absentOtherKeys: KeyLayer = (key) => (key.startsWith('aws:') ? NOT_HERE : undefined)
