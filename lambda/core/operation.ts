/**
 * The shape that every operation has: one row of the operation table says where it finds its secret, in which states, what it needs and
 * what it does. The row decides; the pipeline (execute.ts) does the rest in one order for all.
 * @module
 */
import type { OperationName, OperationTypes } from './model/secrets-manager.types.generated.ts'
import type { Target } from './access.ts'
import type { RequestKeys } from './access-keys.ts'
import type { SecretHead, SecretKey } from './domain/secret.ts'
import type { StoredSecret } from './ports/secret-store.ts'
import type { RequestContext, Services } from './services.ts'

export type Input<N extends OperationName> = OperationTypes[N]['input']
export type Output<N extends OperationName> = OperationTypes[N]['output']

/**
 * What an operation reaches for; its function on AWS is granted this and nothing else. `store:` is heads and access records (`touch`: the access record
 * alone; `create`: of a new secret, with what it takes to withdraw it when another was first),
 * `values:` the value items beside them. `keys:create` includes taking back what was made; `keys:describe` tells who may use a customer's key. `links:read`: what other Regions tell of their copies. `rotation:read`: the records of rotations, which `store:write` includes the writing of. `functions:check`: whether
 * a function may be invoked by the service. `events:tell`: service events.
 */
export type Need =
  | 'store:read'
  | 'store:touch'
  | 'store:list'
  | 'store:write'
  | 'store:create'
  | 'values:read'
  | 'values:write'
  | 'values:drop'
  | 'keys:open'
  | 'keys:seal'
  | 'keys:rewrap'
  | 'keys:create'
  | 'links:read'
  | 'keys:describe'
  | 'rotation:read'
  | 'functions:check'
  | 'events:tell'

export interface Call<N extends OperationName> {
  readonly input: Input<N>
  readonly context: RequestContext
  readonly services: Services
  /** Epoch milliseconds at which the operation happens: one moment for all its dates. */
  readonly now: number
  /** Tells the log of a fault that the answer only hints at. */
  readonly noteFault: (fault: unknown) => void
}

export interface SecretCall<N extends OperationName> extends Call<N> {
  readonly secret: StoredSecret
  /** The secret as access is decided on it: for questions about it as it would be. */
  readonly target: Target
  /** Work whose result stays valid when the commit meets a conflict and `run` is called again on fresh state, such as sealing. */
  readonly once: <T>(label: string, work: () => Promise<T>) => Promise<T>
}

/** An answer, and the head as it shall be when something changes. */
export interface Outcome<O> {
  readonly answer: O
  readonly change?: SecretHead
  /** The secret that the answer is about, for the log, where the pipeline has not loaded it. */
  readonly arn?: string
  /** Runs after the commit, with the head as committed. */
  readonly after?: (head: SecretHead) => Promise<void>
  /** ARN of a service key that `run` made for the change: taken back when the change is not committed. */
  readonly madeKey?: string | undefined
}

interface Row<N extends OperationName> {
  readonly name: N
  readonly needs: readonly Need[]
  /** SM-ACCESS-02: condition keys that the request carries, by name without the service (behaviour section 12). */
  readonly conditionKeys?: (input: Input<N>, place: Omit<SecretKey, 'name'>) => RequestKeys
  /** SM-ACCESS-04: actions that the caller needs on the same resource beside the operation's own. */
  readonly alsoNeeds?: (input: Input<N>) => readonly OperationName[]
}

/** An operation without a resource type: allowed or not on `*`. */
export interface AccountOperation<N extends OperationName> extends Row<N> {
  readonly resource: 'account'
  /** What the operation is about are the secrets of the caller's own account. */
  readonly meansOwnAccount?: boolean
  run(call: Call<N>): Promise<Output<N>>
}

interface SecretRow<N extends OperationName> extends Row<N> {
  readonly resource: 'secret'
  /** Which states a secret may be in: `any` lets one that is scheduled for deletion through. */
  readonly accepts: 'active' | 'any'
  /** The member that names the secret; undefined where it is optional and not given: {@link SecretOperation.withoutSecret} answers then. */
  readonly secretId: (input: Input<N>) => string | undefined
  /** Of a copy of another Region's secret (SM-REPLICA-06); by default what writes is refused. */
  readonly onCopy?: 'accepted' | 'refused'
  /** The ARN of the secret in another Region means the one in this. */
  readonly takesArnOfAnyRegion?: boolean
  /** The secret is yet to be made: access is decided by its name alone, whether or not the name is taken. */
  readonly makesSecret?: boolean
  /** Refuses a request by its members alone, before the secret is looked up: token presence and the like. */
  readonly precheck?: (input: Input<N>) => void
}

export interface SecretOperation<N extends OperationName> extends SecretRow<N> {
  run(call: SecretCall<N>): Promise<Outcome<Output<N>>>
  /** What to do when there is no such secret; by default it is not found. `isReserved`: the name is being purged. */
  readonly missing?: (
    call: Call<N>,
    name: { readonly key: SecretKey; readonly isReserved: boolean },
  ) => Promise<Outcome<Output<N>> | undefined>
  readonly withoutSecret?: (call: Call<N>) => Promise<Output<N>>
}

/** Whether it may change a secret. */
export const isWrite = <N extends OperationName>({ needs }: Pick<SecretOperation<N>, 'needs'>): boolean =>
  needs.some((need) => need === 'store:write' || need === 'store:create')

/** SM-REPLICA-06; SM-REPLICA-12: a copy is read as every secret is. */
export const isRefusedOnCopy = <N extends OperationName>(row: SecretOperation<N>): boolean =>
  isWrite(row) && row.makesSecret !== true && row.onCopy !== 'accepted'

export type Operation<N extends OperationName = OperationName> = AccountOperation<N> | SecretOperation<N>

export function accountOperation<N extends OperationName>(
  name: N,
  row: Omit<AccountOperation<N>, 'name' | 'resource'>,
): AccountOperation<N> {
  return { name, resource: 'account', ...row }
}

export function secretOperation<N extends OperationName>(
  name: N,
  row: Omit<SecretOperation<N>, 'name' | 'resource' | 'secretId' | 'accepts'> &
    Partial<Pick<SecretOperation<N>, 'secretId' | 'accepts'>>,
): SecretOperation<N> {
  return {
    name,
    resource: 'secret',
    accepts: 'active',
    secretId: (input) => (input as { readonly SecretId: string }).SecretId,
    ...row,
  }
}
