/**
 * Why somebody may or may not do something to a secret, and who may: the very decision that a request would meet, with every statement that went into it. What a request alone would
 * tell (its address, MFA) is unknown, unless it is given: the answer then says what it depends on.
 * @module
 */
import { NOT_HERE, UNKNOWN, type KeyLayer, type KeyValue } from '../auth/condition-context.ts'
import type { Decision } from '../auth/decision.ts'
import { explainDecision, type Explanation, type StatementReport } from '../auth/explain-decision.ts'
import { principalsNamedIn } from '../auth/policy/principals-named.ts'
import type { Principal } from '../auth/principal.ts'
import { accessRequest, resourcePolicyOf, type Target } from './access.ts'
import { keyAccessRequests, type KeyAction } from './key-access.ts'
import { keyScopeOf } from './key-scope.ts'
import { arnAsGiven, arnOf, parseSecretId } from './domain/names.ts'
import type { SecretHead } from './domain/secret.ts'
import { CURRENT } from './domain/staging-labels.ts'
import { operationModels } from './model/secrets-manager.shapes.generated.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import { KeyFailure } from './ports/key-service.ts'
import type { RequestContext, Services } from './services.ts'

export type ExplainMeans = Pick<Services, 'store' | 'keys' | 'clock' | 'authorizer'>

export interface AccessSubject {
  /** Such as `GetSecretValue`. */
  readonly action: OperationName
  /** Absent for actions without a resource type. */
  readonly secretId?: string
  /** Whose names are meant, and where. */
  readonly home: { readonly account: string; readonly region: string }
  /** Condition keys as they shall be taken; null: the request does not have it. */
  readonly given: Readonly<Record<string, string | readonly string[] | null>>
}

/** An action and what the policies say to it: the operation's own, then those on the customer's key that it comes down to. */
export interface ExplainedAction {
  readonly action: string
  readonly resource: string
  readonly decision: Decision
  /** Those that are about the action at all. */
  readonly statements: readonly StatementReport[]
  readonly unreadable: Explanation['unreadable']
  /** Keys that are not known and could change the decision. */
  readonly dependsOn: readonly string[]
}

export interface ExplainedAccess {
  readonly principal: string
  /** All of the actions are allowed. */
  readonly isAllowed: boolean
  readonly actions: readonly ExplainedAction[]
  /** What policies do not say: a secret that is not there, a key that cannot be used. */
  readonly notes: readonly string[]
}

/** @returns the operation that an action such as `secretsmanager:getsecretvalue` is; undefined where there is none */
export function operationOfAction(action: string): OperationName | undefined {
  const [, name = ''] = /^(?:secretsmanager:)?(\w+)$/i.exec(action) ?? []
  return (Object.keys(operationModels) as OperationName[]).find((each) => each.toLowerCase() === name.toLowerCase())
}

/** @throws {ServiceError} for a SecretId that is none */
export async function explainAccess(
  means: ExplainMeans,
  subject: AccessSubject,
  principal: Principal,
): Promise<ExplainedAccess> {
  const found = await findSecret(means, subject)
  return explainFor(means, subject, principal, found)
}

/** ARN of the secret that is asked about, or as far as it can be told from its name; undefined where there is none. @throws {ServiceError} */
export const resourceOf = async (means: ExplainMeans, subject: AccessSubject): Promise<string | undefined> =>
  (await findSecret(means, subject)).target.arn

export interface WhoCan {
  readonly resource: string
  readonly allowed: readonly ExplainedAccess[]
  /** Allowed or not by what only a request could tell. */
  readonly depends: readonly ExplainedAccess[]
  /** Named by the resource's policy, and not known here one by one. */
  readonly alsoNamed: readonly string[]
  /** How many principals were looked at. */
  readonly considered: number
}

/** @throws {ServiceError} */
export async function whoCan(means: ExplainMeans, subject: AccessSubject): Promise<WhoCan> {
  const { directory } = means.authorizer
  const found = await findSecret(means, subject)
  const accounts = new Set([found.target.account, ...(directory.knownAccounts?.() ?? [])])
  const allowed: ExplainedAccess[] = []
  const depends: ExplainedAccess[] = []
  let considered = 0
  for (const account of accounts)
    for await (const principal of directory.principalsOf(account)) {
      considered++
      const explained = await explainFor(means, subject, principal, found)
      if (explained.isAllowed) allowed.push(explained)
      else if (mayBeAllowed(explained)) depends.push(explained)
    }
  const policy = found.head && resourcePolicyOf(found.head)?.policy
  const named = policy ? principalsNamedIn(policy) : { aws: [], services: [] }
  const isElsewhere = (name: string): boolean => name === '*' || !accounts.has(/\d{12}/.exec(name)?.[0] ?? '')
  return {
    resource: found.target.arn ?? '*',
    allowed,
    depends,
    alsoNamed: [...named.aws.filter(isElsewhere), ...named.services],
    considered,
  }
}

/** Nothing but unknown keys stands in the way. */
const mayBeAllowed = ({ actions }: ExplainedAccess): boolean =>
  actions.every(({ decision, dependsOn }) => decision.verdict === 'allow' || dependsOn.length > 0)

interface FoundSecret {
  readonly target: Target
  readonly head: SecretHead | undefined
}

async function findSecret({ store }: ExplainMeans, { secretId, home, action }: AccessSubject): Promise<FoundSecret> {
  if (secretId === undefined) return { target: { account: home.account }, head: undefined }
  const reference = parseSecretId(secretId, home)
  const { key, suffix } = reference
  const head = (await store.load(key))?.head
  const isMeant = head !== undefined && head.state !== 'purging' && (suffix === undefined || suffix === head.suffix)
  // A secret that is yet to be made is decided by its name.
  const isThere = isMeant && action !== 'CreateSecret'
  const arn = isThere ? arnOf(head) : arnAsGiven(reference)
  return { target: { account: key.account, arn, head: isThere ? head : undefined }, head: isThere ? head : undefined }
}

async function explainFor(
  means: ExplainMeans,
  subject: AccessSubject,
  principal: Principal,
  { target, head }: FoundSecret,
): Promise<ExplainedAccess> {
  const { authorizer, clock } = means
  const now = clock.now()
  const context: RequestContext = { principal, region: subject.home.region, requestId: '', origin: NO_ORIGIN }
  const layers = [givenKeys(subject.given), keysOfRequests]
  const request = accessRequest({ context, now, input: {} }, { action: subject.action, target })
  const explained = [reportOn(await authorizer.questionOf({ ...request, keys: [...layers, ...request.keys] }))]
  const notes: string[] = []
  const obstacles: string[] = []
  if (subject.secretId !== undefined && head === undefined && subject.action !== 'CreateSecret')
    notes.push(`There is no secret ${subject.secretId}: what policies say was asked of its name alone.`)
  const use = head && keyUseOf(subject.action, head)
  if (head && use) {
    const scope = keyScopeOf(context, head)
    const encryption = { SecretARN: arnOf(head), SecretVersionId: use.versionId }
    try {
      for (const asked of await keyAccessRequests(means, { ...use, context: encryption, scope }))
        explained.push(reportOn(await authorizer.questionOf({ ...asked, keys: [...layers, ...asked.keys] })))
    } catch (error) {
      if (!(error instanceof KeyFailure)) throw error
      obstacles.push(`The key ${use.keyId} could not be looked at: ${error.message}`)
    }
  }
  if (principal.account !== target.account && head && use === undefined && readsOrWrites(subject.action))
    obstacles.push('The secret is under the default key, which is never used for another account.')
  const isAllowed = obstacles.length === 0 && explained.every(({ decision }) => decision.verdict === 'allow')
  return { principal: principal.arn, isAllowed, actions: explained, notes: [...notes, ...obstacles] }
}

function reportOn(question: Parameters<typeof explainDecision>[0]): ExplainedAction {
  const { decision, statements, unreadable } = explainDecision(question)
  const about = statements.filter(({ action }) => action)
  return {
    action: question.action,
    resource: question.resource,
    decision,
    statements: about,
    unreadable,
    dependsOn: decision.verdict === 'allow' ? [] : unknownKeys(about),
  }
}

/** Of statements that may or may not apply. */
function unknownKeys(statements: readonly StatementReport[]): readonly string[] {
  const keys = statements
    .filter(({ applies }) => applies === 'unknown')
    .flatMap(({ conditions }) => conditions.filter(({ outcome }) => outcome === 'unknown').map(({ key }) => key))
  return [...new Set(keys)]
}

interface KeyUse {
  readonly keyId: string
  readonly versionId: string
  readonly actions: readonly KeyAction[]
}

const READ: readonly OperationName[] = ['GetSecretValue', 'BatchGetSecretValue']
const WRITE: readonly OperationName[] = ['PutSecretValue']
const readsOrWrites = (action: OperationName): boolean => READ.includes(action) || WRITE.includes(action)

/** The customer's key that an operation comes down to; undefined for the service's own, which is open to whoever may use the secret. */
function keyUseOf(action: OperationName, head: SecretHead): KeyUse | undefined {
  const current = head.versions.find(({ stages }) => stages.includes(CURRENT))
  const [readKey] = current?.keyArns ?? []
  if (READ.includes(action) && current && readKey !== undefined)
    return { keyId: readKey, versionId: current.id, actions: ['kms:Decrypt'] }
  if (WRITE.includes(action) && head.kmsKeyId !== undefined)
    return { keyId: head.kmsKeyId, versionId: '', actions: ['kms:GenerateDataKey', 'kms:Decrypt'] }
  return undefined
}

const NO_ORIGIN = { receivedAt: 0, isSecure: true }

function givenKeys(given: AccessSubject['given']): KeyLayer {
  const values = new Map<string, KeyValue>(
    Object.entries(given).map(([key, value]) => [key.toLowerCase(), value ?? undefined]),
  )
  return (key): KeyValue | typeof NOT_HERE => (values.has(key) ? values.get(key) : NOT_HERE)
}

/** What is of one request and its credentials, and not of the principal. */
const OF_REQUESTS = new Set([
  'aws:sourceip',
  'aws:vpcsourceip',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:useragent',
  'aws:referer',
  'aws:securetransport',
  'aws:multifactorauthpresent',
  'aws:multifactorauthage',
  'aws:tokenissuetime',
  'aws:sourceidentity',
])

const keysOfRequests: KeyLayer = (key) => (OF_REQUESTS.has(key) ? UNKNOWN : NOT_HERE)
