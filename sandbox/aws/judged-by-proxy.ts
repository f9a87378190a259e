/**
 * For services behind the proxy, which has judged the function's role by its policies and the resource's before it lets a call through.
 * @module
 */
import { sameAccountOnly, type Authorizer } from '../../lambda/auth/authorizer.ts'
import type { Decision } from '../../lambda/auth/decision.ts'

export const judgedByProxy: Authorizer = {
  ...sameAccountOnly,
  decide({ principal, account }): Decision {
    return { verdict: principal.account === account ? 'allow' : 'implicit-deny', layer: 'identity' }
  },
}
