/**
 * Whether a caller may invoke a method: identity policies, boundary and session policies with everything that is known of the session, and the API's own policy ("How API Gateway
 * resource policies affect authorization workflow": same account: either policy may allow; another account: both must).
 * @module
 */
import { contextOf, UNKNOWN, type ConditionContext, type KeyLayer } from '../../lambda/auth/condition-context.ts'
import { decide } from '../../lambda/auth/decide.ts'
import { isAllowed } from '../../lambda/auth/decision.ts'
import { globalKeys } from '../../lambda/auth/global-keys.ts'
import type { IdentityDirectory } from '../../lambda/auth/identity.ts'
import type { Origin } from '../../lambda/auth/origin.ts'
import type { Principal } from '../../lambda/auth/principal.ts'
import { knownToBeAbsent } from '../iam/condition-keys.ts'
import type { Api } from './api.ts'

export interface Invocation {
  readonly api: Api
  readonly methodArn: string
  readonly principal: Principal
  readonly origin: Origin
  /** Epoch milliseconds. */
  readonly now: number
  /** Hears of keys that the sandbox cannot tell anything about: the caller is refused where it hangs on one. */
  readonly onUnknownKey: (key: string) => void
}

export async function mayInvoke(invocation: Invocation, directory: IdentityDirectory): Promise<boolean> {
  const { api, methodArn, principal } = invocation
  const found = await directory.find(principal)
  const { account, region, policy } = api
  const decision = decide({
    principal,
    found,
    action: 'execute-api:Invoke',
    resource: methodArn,
    account,
    resourcePolicy: policy,
    rule: 'either',
    context: contextFor(invocation, globalKeys({ ...invocation, account, region }, found)),
  })
  return isAllowed(decision)
}

function contextFor({ onUnknownKey }: Invocation, global: KeyLayer): ConditionContext {
  return contextOf(global, knownToBeAbsent, (key) => {
    // Keys of other services are in no request to an API; the methods here have no tags.
    if (!key.startsWith('aws:') || key.startsWith('aws:resourcetag/')) return undefined
    onUnknownKey(key)
    return UNKNOWN
  })
}
