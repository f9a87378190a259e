/**
 * Who may do what, as the core asks it: the principal's identity is looked up, the keys that every request has are filled in, and the policies decide.
 * @module
 */
import { contextOf, SATISFIED, UNKNOWN, type ConditionContext, type KeyLayer } from './condition-context.ts'
import { decide, type AccessQuestion, type ResourcePolicy } from './decide.ts'
import type { Decision } from './decision.ts'
import { globalKeys } from './global-keys.ts'
import type { Found, IdentityDirectory } from './identity.ts'
import type { Origin } from './origin.ts'
import type { Principal } from './principal.ts'

export interface AccessRequest {
  readonly principal: Principal
  readonly origin: Origin
  /** Such as `secretsmanager:GetSecretValue`. */
  readonly action: string
  /** ARN of what is asked for, or as given when there is none; undefined for actions without a resource type. */
  readonly resource: string | undefined
  /** The account that owns what is asked for. */
  readonly account: string
  readonly region: string
  /** The request does not name the account: it means the caller's own. Principals of other accounts whose identities are not known here have none. */
  readonly meansOwnAccount?: boolean
  readonly resourcePolicy?: ResourcePolicy | undefined
  /** By default `either`; `resource` for KMS keys. */
  readonly rule?: 'either' | 'resource'
  /** Condition keys of the service: of the resource and of the request. */
  readonly keys: readonly KeyLayer[]
  /** Epoch milliseconds of the domain's clock. */
  readonly now: number
}

export interface Authorizer {
  /** The directory that it looks principals up in. */
  readonly directory: IdentityDirectory
  decide(request: AccessRequest): Decision | Promise<Decision>
  /** What {@link decide} decides on, for explanations. */
  questionOf(request: AccessRequest): Promise<AccessQuestion>
}

/**
 * @param enforced condition keys, in lower case, that the operator of a deployment declared as enforced before it: where their value is not known, it counts as the one that is wanted
 */
export function policyAuthorizer(directory: IdentityDirectory, enforced: ReadonlySet<string> = new Set()): Authorizer {
  const decideFor = (request: AccessRequest, found: Found): Decision => {
    const { principal, account, resource } = request
    if (found.kind === 'represented' && account === principal.account)
      return resource === undefined && request.meansOwnAccount !== true ? representedAllow : noOwnAccount
    return decide(questionFor(request, found))
  }
  const questionFor = (request: AccessRequest, found: Found): AccessQuestion => {
    const { principal, action, resource, account, resourcePolicy, rule = 'either', keys } = request
    return {
      principal,
      found,
      action,
      resource: resource ?? '*',
      account,
      resourcePolicy,
      rule,
      context: trusting(enforced, contextOf(...keys, globalKeys(request, found))),
    }
  }
  return {
    directory,
    decide(request) {
      const found = directory.find(request.principal)
      return found instanceof Promise ? found.then((late) => decideFor(request, late)) : decideFor(request, found)
    },
    async questionOf(request) {
      return questionFor(request, await directory.find(request.principal))
    },
  }
}

/** Only what is unknown: a value that is known, or known to be absent, is no matter of trust. */
function trusting(enforced: ReadonlySet<string>, context: ConditionContext): ConditionContext {
  if (enforced.size === 0) return context
  return {
    valueOf(key) {
      const value = context.valueOf(key)
      return value === UNKNOWN && enforced.has(key) ? SATISFIED : value
    },
  }
}

/** What has to do with no account: API Gateway has applied the caller's policies to the path of the operation. */
const representedAllow: Decision = { verdict: 'allow', layer: 'identity' }

const noOwnAccount: Decision = {
  verdict: 'implicit-deny',
  layer: 'identity',
  note: "a caller of another account must name secrets by their ARN: this deployment has none of the caller's account",
}

/** Stands in until a directory of identities is wired: every principal is its account's root. */
export const sameAccountOnly: Authorizer = policyAuthorizer({
  find: () => ({ kind: 'root' }),
  resolve: () => ({ kind: 'unseen' }),
  principalFor: async () => undefined,
  async *principalsOf() {
    yield* []
  },
})
