/**
 * What one end-to-end case of access control says: who calls, with which policies, which secret it is about, what is done and what comes of it. A case knows nothing of where it runs.
 *
 * Texts may hold names that only the stage knows (names.ts), such as `{arn}` of the secret and `{me}`, the ARN that the caller goes by.
 * @module
 */
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { PolicyLayer } from '../../lambda/auth/decision.ts'
import type { Names } from './names.ts'

export type Json = Readonly<Record<string, unknown>>
export type Statement = Json
export type Tags = Readonly<Record<string, string>>

/**
 * `session`: of GetSessionToken. `role`: of AssumeRole, the policies being those of the role. `federated`: of GetFederationToken.
 * `admin`: who made everything here, with AdministratorAccess.
 */
export type CallerKind = 'user' | 'session' | 'role' | 'federated' | 'admin'

export interface CallerPlan {
  readonly kind: CallerKind
  /** By default the account that the secrets are in. */
  readonly account?: 'friends'
  /** False: not even API Gateway lets it in. */
  readonly mayCallApi?: boolean
  readonly path?: string
  readonly inline?: readonly Statement[]
  readonly group?: readonly Statement[]
  readonly managed?: readonly Statement[]
  readonly boundary?: readonly Statement[]
  readonly tags?: Tags
  /** The session is made with a code of the user's device. */
  readonly hasMfa?: boolean
  readonly sessionPolicy?: readonly Statement[]
  readonly sessionTags?: Tags
  readonly sourceIdentity?: string
}

export interface SecretPlan {
  readonly tags?: Tags
  /** Statements of its resource policy. */
  readonly policy?: readonly Statement[]
  /** Statements of the policy of a customer's key of its own; absent: it is under the default key. */
  readonly key?: readonly Statement[]
}

export type Outcome =
  | { readonly kind: 'done'; readonly answer?: (names: Names) => object }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly isPrefix?: boolean }

export interface AccessCase {
  readonly title: string
  readonly caller: CallerPlan
  /** Absent: there is no such secret. */
  readonly secret?: SecretPlan
  /** Another one, `{second}`. */
  readonly second?: SecretPlan
  readonly does: (client: SecretsManager, names: Names) => Promise<object>
  readonly comes: Outcome
  /** Where design section 5 has it otherwise on AWS. */
  readonly onAws?: { readonly comes: Outcome; readonly because: string }
}

// Who

type Plan = Omit<CallerPlan, 'kind' | 'inline'>

export const user = (inline: readonly Statement[] = [], more: Plan = {}): CallerPlan => ({
  kind: 'user',
  inline,
  ...more,
})
export const session = (inline: readonly Statement[], more: Plan = {}): CallerPlan => ({
  kind: 'session',
  inline,
  ...more,
})
export const withMfa = (inline: readonly Statement[], more: Plan = {}): CallerPlan =>
  session(inline, { ...more, hasMfa: true })
export const role = (inline: readonly Statement[] = [], more: Plan = {}): CallerPlan => ({
  kind: 'role',
  inline,
  ...more,
})
export const friend = (inline: readonly Statement[] = [], more: Plan = {}): CallerPlan =>
  user(inline, { ...more, account: 'friends' })
export const admin: CallerPlan = { kind: 'admin' }

// What policies say

/** Actions without a service are those of Secrets Manager. */
const actionsOf = (actions: string): string[] =>
  actions.split(' ').map((action) => (action.includes(':') ? action : `secretsmanager:${action}`))

/** An Allow or a Deny of an identity's policy, on the secret unless `more` says otherwise. */
const statement =
  (Effect: 'Allow' | 'Deny') =>
  (actions: string, more: Json = {}): Statement => ({
    Effect,
    ...('NotAction' in more ? {} : { Action: actionsOf(actions) }),
    ...('NotResource' in more ? {} : { Resource: '{secret}' }),
    ...more,
  })
export const allow = statement('Allow')
export const deny = statement('Deny')

/** Of a resource policy: `Resource` is the secret itself. */
const granting =
  (Effect: 'Allow' | 'Deny') =>
  (principal: string | Json, actions: string, more: Json = {}): Statement => ({
    Effect,
    ...(typeof principal === 'string' ? { Principal: principal === '*' ? '*' : { AWS: principal } } : principal),
    Action: actionsOf(actions),
    Resource: '*',
    ...more,
  })
export const grant = granting('Allow')
export const forbid = granting('Deny')

export const when = (operator: string, key: string, value: unknown): { readonly Condition: Json } => ({
  Condition: { [operator]: { [key]: value } },
})
export const onAny = { Resource: '*' } as const

// What is done

export const read: AccessCase['does'] = (client, { arn }) => client.getSecretValue({ SecretId: arn })
export const readByName: AccessCase['does'] = (client, { name }) => client.getSecretValue({ SecretId: name })
export const describeIt: AccessCase['does'] = (client, { arn }) => client.describeSecret({ SecretId: arn })
export const remove: AccessCase['does'] = (client, { arn }) =>
  client.deleteSecret({ SecretId: arn, RecoveryWindowInDays: 7 })
export const write: AccessCase['does'] = (client, { arn, value }) =>
  client.putSecretValue({ SecretId: arn, SecretString: value })

// What comes of it

export const done: Outcome = { kind: 'done' }
export const answers = (answer: (names: Names) => object): Outcome => ({ kind: 'done', answer })
export const refused = (code: string, message: string): Outcome => ({ kind: 'refused', code, message })

const POLICY_NAMES: Readonly<Record<PolicyLayer, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

const cannot = (action: string, shown: string | undefined): string =>
  `User: {me} is not authorized to perform: secretsmanager:${action}${shown === undefined ? '' : ` on resource: ${shown}`}`

export interface Shown {
  readonly action?: string
  /** How the message names the secret; undefined: not at all. */
  readonly on?: string | undefined
}

/** Nothing of that kind allows it. */
export function notAllowed(layer: PolicyLayer, more: Shown = {}): Outcome {
  const { action, on } = { action: 'GetSecretValue', on: '{arn}', ...more }
  return refused(
    'AccessDeniedException',
    `${cannot(action, on)} because no ${POLICY_NAMES[layer]} allows the secretsmanager:${action} action`,
  )
}

/** Something of that kind denies it. */
export function denied(layer: PolicyLayer, more: Shown = {}): Outcome {
  const { action, on } = { action: 'GetSecretValue', on: '{arn}', ...more }
  const article = layer === 'identity' ? 'an' : 'a'
  return refused(
    'AccessDeniedException',
    `${cannot(action, on)} with an explicit deny in ${article} ${POLICY_NAMES[layer]}`,
  )
}

export const atGateway: Outcome = {
  kind: 'refused',
  code: 'AccessDeniedException',
  message:
    'User: {me} is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:{region}:{account}:',
  isPrefix: true,
}
export const noKms = refused('AccessDeniedException', 'Access to KMS is not allowed')
export const notFound = refused('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
