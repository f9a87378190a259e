/**
 * One call, start to end, in one order for every operation (SM-ORDER-01): name syntax and token presence, load, authorize, state, run,
 * one commit. A commit that meets a newer revision starts again from the load.
 * @module
 */
import type { StoredSecret } from './ports/secret-store.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import {
  isRefusedOnCopy,
  isWrite,
  type AccountOperation,
  type Call,
  type Input,
  type Operation,
  type Outcome,
  type Output,
  type SecretCall,
  type SecretOperation,
} from './operation.ts'
import { requireAccess, type Target } from './access.ts'
import { commitChange, untilCommitted } from './commit-change.ts'
import { markedForDeletion, notOnReplica, secretNotFound, ServiceError } from './domain/errors.ts'
import { arnAsGiven, arnOf, parseSecretId, parseSecretIdOfAnyRegion, type SecretReference } from './domain/names.ts'
import { isReplica } from './domain/replication.ts'
import type { SecretHead } from './domain/secret.ts'
import { onFreshState, ValueMissing } from './fresh-state.ts'
import { refuseSteppingDown } from './stepping-down.ts'
import { lookUp } from './look-up.ts'
import type { RequestContext, Services } from './services.ts'
import { takeBackKey } from './take-back-key.ts'

export interface Executed<O> {
  readonly answer: O
  /** For the log: what the call was about. */
  readonly arn?: string | undefined
}

/** @throws {ServiceError} and whatever goes wrong underneath, which the protocol answers as a server fault */
export async function execute<N extends OperationName>(
  operation: Operation<N>,
  request: { input: Input<N>; context: RequestContext; services: Services; noteFault: (fault: unknown) => void },
): Promise<Executed<Output<N>>> {
  const call: Call<N> = { ...request, now: request.services.clock.now() }
  return operation.resource === 'account' ? onAccount(operation, call) : onSecret(operation, call)
}

async function onAccount<N extends OperationName>(
  operation: AccountOperation<N>,
  call: Call<N>,
): Promise<Executed<Output<N>>> {
  const { account } = call.context.principal
  await authorize(operation, call, { account, meansOwnAccount: operation.meansOwnAccount ?? false })
  return { answer: await operation.run(call) }
}

async function onSecret<N extends OperationName>(
  operation: SecretOperation<N>,
  call: Call<N>,
): Promise<Executed<Output<N>>> {
  const secretId = operation.secretId(call.input)
  if (secretId === undefined) return onNoSecret(operation, call)
  const parse = operation.takesArnOfAnyRegion ? parseSecretIdOfAnyRegion : parseSecretId
  const reference = parse(secretId, homeOf(call.context))
  operation.precheck?.(call.input)
  const once = doOnce()
  if (!isWrite(operation)) return onFreshState(async () => (await attempt(operation, call, reference, once)).executed)
  return untilCommitted(reference.key, () => attemptToCommit(operation, call, reference, once))
}

async function onNoSecret<N extends OperationName>(
  operation: SecretOperation<N>,
  call: Call<N>,
): Promise<Executed<Output<N>>> {
  await authorize(operation, call, { account: call.context.principal.account, meansOwnAccount: true })
  if (!operation.withoutSecret) throw secretNotFound()
  return { answer: await operation.withoutSecret(call) }
}

/** @returns undefined when another writer was first */
async function attemptToCommit<N extends OperationName>(
  operation: SecretOperation<N>,
  call: Call<N>,
  reference: SecretReference,
  once: SecretCall<N>['once'],
): Promise<Executed<Output<N>> | undefined> {
  const { executed, outcome, previous } = await attempt(operation, call, reference, once)
  if (!outcome.change) return executed
  // An error here leaves it open whether the change has landed: nothing may be undone then. The sweeper finds what is left over.
  const { committed, stored } = await commitChange(call.services, previous, outcome.change)
  if (!committed) {
    // Another writer may have built on a commit of ours whose answer was lost: a key that the head names is in use.
    if (stored?.serviceKeyArn !== outcome.madeKey) await takeBackKey(call, outcome.madeKey)
    return undefined
  }
  await outcome.after?.(committed)
  return executed
}

interface Attempt<O> {
  readonly executed: Executed<O>
  readonly outcome: Outcome<O>
  /** The head that a change builds on. */
  readonly previous: SecretHead | undefined
}

async function attempt<N extends OperationName>(
  operation: SecretOperation<N>,
  call: Call<N>,
  reference: SecretReference,
  once: SecretCall<N>['once'],
): Promise<Attempt<Output<N>>> {
  const { secret, isReserved } = await lookUp(call.services, reference)
  const arn = secret ? arnOf(secret.head) : arnAsGiven(reference)
  const target = targetOf(call, reference, secret)
  await authorize(operation, call, operation.makesSecret ? asUnmade(target, reference) : target)
  if (!secret) {
    const outcome = await operation.missing?.(call, { key: reference.key, isReserved })
    if (!outcome) throw secretNotFound()
    return { outcome, previous: undefined, executed: { answer: outcome.answer, arn: outcome.arn } }
  }
  if (isRefusedOnCopy(operation)) checkWritable(secret.head)
  if (operation.accepts === 'active') checkActive(secret.head)
  const outcome = await operation.run({ ...call, secret, target, once }).catch((error: unknown) => {
    return againUnderNewKey(call, secret.head, error)
  })
  return { outcome, previous: secret.head, executed: { answer: outcome.answer, arn } }
}

/** A promoted secret was given a key of its own since it was loaded, and the former one serves no more: the work is done again on fresh state. @throws */
async function againUnderNewKey(
  { services }: Pick<Call<OperationName>, 'services'>,
  { key, suffix, serviceKeyArn, replication }: SecretHead,
  error: unknown,
): Promise<never> {
  const isAboutKey =
    error instanceof ServiceError && (error.code === 'EncryptionFailure' || error.code === 'DecryptionFailure')
  if (!isAboutKey || !replication) throw error
  const stored = (await services.store.load(key))?.head
  if (stored?.suffix === suffix && stored.serviceKeyArn !== serviceKeyArn) throw new ValueMissing()
  throw error
}

/**
 * Finds a secret for an operation that reads several: looks up, authorizes and checks the state as the pipeline does for one.
 * @throws {ServiceError}
 */
export async function findReadable<N extends OperationName>(
  call: Call<N>,
  secretId: string,
  action: OperationName,
): Promise<StoredSecret> {
  const reference = parseSecretId(secretId, homeOf(call.context))
  const { secret } = await lookUp(call.services, reference)
  await requireAccess(call, { action, target: targetOf(call, reference, secret) })
  if (!secret) throw secretNotFound()
  checkActive(secret.head)
  return secret
}

/** The operation's own action and those that it needs beside it. @throws {ServiceError} AccessDeniedException */
async function authorize<N extends OperationName>(
  operation: Operation<N>,
  call: Call<N>,
  target: Target,
): Promise<void> {
  const keys = operation.conditionKeys?.(call.input, { account: target.account, region: call.context.region }) ?? {}
  for (const action of [operation.name, ...(operation.alsoNeeds?.(call.input) ?? [])])
    await requireAccess(call, { action, target, keys })
}

function targetOf(
  { context }: Call<OperationName>,
  reference: SecretReference,
  secret: StoredSecret | undefined,
): Target {
  const { given, key } = reference
  const arn = secret ? arnOf(secret.head) : arnAsGiven(reference)
  // Another account learns no suffix that it did not know.
  const isShown = secret !== undefined && key.account === context.principal.account
  const meansOwnAccount = !given.startsWith('arn:')
  return { account: key.account, arn, shown: isShown ? arn : given, head: secret?.head, meansOwnAccount }
}

const asUnmade = ({ head: _other, ...target }: Target, reference: SecretReference): Target => ({
  ...target,
  arn: arnAsGiven(reference),
  shown: reference.given,
})

/** @throws {ServiceError} SM-REPLICA-06: InvalidParameterException of a copy; InvalidRequestException of a primary that steps down */
function checkWritable(head: SecretHead): void {
  if (isReplica(head)) throw notOnReplica()
  refuseSteppingDown(head)
}

/** @throws {ServiceError} InvalidRequestException (SM-DELETE-06) */
function checkActive({ state }: SecretHead): void {
  if (state !== 'active') throw markedForDeletion()
}

export const homeOf = ({ principal, region }: RequestContext): { account: string; region: string } => ({
  account: principal.account,
  region,
})

function doOnce(): SecretCall<OperationName>['once'] {
  const results = new Map<string, unknown>()
  return async (label, work) => {
    if (!results.has(label)) results.set(label, await work())
    return results.get(label) as Awaited<ReturnType<typeof work>>
  }
}
