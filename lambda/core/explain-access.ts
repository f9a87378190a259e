/**
 * Why somebody may or may not do something to a secret, and who may: the very decision that a request would meet, with every statement that went into it. What a request alone would
 * tell (its address, MFA) is unknown, unless it is given: the answer then says what it depends on.
 * @module
 */
import { keysOf, UNKNOWN, type KeyLayer } from '../auth/condition-context.ts'
import type { Decision } from '../auth/decision.ts'
import { explainDecision, type Explanation, type StatementReport } from '../auth/explain-decision.ts'
import { principalsNamedIn } from '../auth/policy/principals-named.ts'
import { kindOf, type Principal } from '../auth/principal.ts'
import { accessRequest, resourcePolicyOf, type Target } from './access.ts'
import { keyAccessRequests, type KeyAction } from './key-access.ts'
import { keyScopeOf } from './key-scope.ts'
import { lookUp } from './look-up.ts'
import { arnAsGiven, arnOf, parseSecretId } from './domain/names.ts'
import { isReplica, primaryRegionOf } from './domain/replication.ts'
import type { SecretHead } from './domain/secret.ts'
import { CURRENT } from './domain/staging-labels.ts'
import { operations } from './operations/index.ts'
import { operationModels } from './model/secrets-manager.shapes.generated.ts'
import type { OperationName } from './model/secrets-manager.types.generated.ts'
import { KeyFailure } from './ports/key-service.ts'
import { isRefusedOnCopy } from './operation.ts'
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
  /** What else decides on calls in this place. */
  readonly note?: string
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

export interface AskedPrincipal {
  readonly principal: Principal
  /** A role was asked about, and this is a session of it that only exists in the question. */
  readonly isImagined: boolean
}

/** @throws {ServiceError} for a SecretId that is none */
export async function explainAccess(
  means: ExplainMeans,
  subject: AccessSubject,
  asked: AskedPrincipal,
): Promise<ExplainedAccess> {
  const found = await targetOf(means, subject)
  return explainFor(means, subject, { ...asked, found })
}

export interface WhoCan {
  readonly resource: string
  readonly allowed: readonly ExplainedAccess[]
  /** Allowed or not by what only a request could tell. */
  readonly depends: readonly ExplainedAccess[]
  /** Named by the resource's policy, and not known here one by one. */
  readonly alsoNamed: readonly string[]
  /** How many principals were looked at. */
  readonly considered: number
  readonly notes: readonly string[]
}

/** @throws {ServiceError} */
export async function whoCan(means: ExplainMeans, subject: AccessSubject): Promise<WhoCan> {
  const { directory } = means.authorizer
  const found = await targetOf(means, subject)
  const accounts = new Set([found.account, ...(directory.knownAccounts?.() ?? [])])
  const allowed: ExplainedAccess[] = []
  const depends: ExplainedAccess[] = []
  let considered = 0
  for (const account of accounts)
    for await (const principal of directory.principalsOf(account)) {
      considered++
      const isImagined = kindOf(principal) === 'role-session'
      const explained = await explainFor(means, subject, { principal, isImagined, found })
      if (explained.isAllowed) allowed.push(explained)
      else if (mayBeAllowed(explained)) depends.push(explained)
    }
  const policy = found.head && resourcePolicyOf(found.head)?.policy
  const named = policy ? principalsNamedIn(policy) : { aws: [], services: [] }
  const isElsewhere = (name: string): boolean => name === '*' || !accounts.has(/\d{12}/.exec(name)?.[0] ?? '')
  return {
    resource: found.arn ?? '*',
    allowed,
    depends,
    alsoNamed: [...named.aws.filter(isElsewhere), ...named.services],
    considered,
    notes: generalNotes(subject, found),
  }
}

/** Nothing but unknown keys stands in the way. */
const mayBeAllowed = ({ actions }: ExplainedAccess): boolean =>
  actions.every(({ decision, dependsOn }) => decision.verdict === 'allow' || dependsOn.length > 0)

/** What is asked about. @throws {ServiceError} for a SecretId that is none */
export async function targetOf(
  means: Pick<ExplainMeans, 'store'>,
  { secretId, home, action }: AccessSubject,
): Promise<Target> {
  if (secretId === undefined) return { account: home.account }
  const reference = parseSecretId(secretId, home)
  const { account } = reference.key
  // A secret that is yet to be made is decided by its name.
  const { secret } = action === 'CreateSecret' ? { secret: undefined } : await lookUp(means, reference)
  return secret ? { account, arn: arnOf(secret.head), head: secret.head } : { account, arn: arnAsGiven(reference) }
}

interface Asked extends AskedPrincipal {
  readonly found: Target
}

async function explainFor(means: ExplainMeans, subject: AccessSubject, asked: Asked): Promise<ExplainedAccess> {
  const { principal, found } = asked
  const { head } = found
  const explained: ExplainedAction[] = []
  for (const { action, target } of stepsOf(subject, asked))
    explained.push(await explainStep(means, subject, asked, { action, target }))
  const obstacles = obstaclesOf(subject, asked)
  const use = head && keyUseOf(subject.action, head)
  if (head && use)
    try {
      explained.push(...(await explainKey(means, subject, asked, { head, use })))
    } catch (error) {
      if (!(error instanceof KeyFailure)) throw error
      obstacles.push(`The key ${use.keyId} could not be looked at: ${error.message}`)
    }
  const isAllowed = obstacles.length === 0 && explained.every(({ decision }) => decision.verdict === 'allow')
  return {
    principal: principal.arn,
    isAllowed,
    actions: explained,
    notes: [...generalNotes(subject, found), ...notesOf(subject, asked), ...obstacles],
  }
}

interface Step {
  readonly action: OperationName
  readonly target: Target
}

/** The actions that a call comes down to, as the pipeline asks for them. */
function stepsOf({ action, secretId }: AccessSubject, { principal, found }: Asked): Step[] {
  const row = operations[action]
  if (row?.resource === 'account') {
    const step = { action, target: { account: principal.account, meansOwnAccount: row.meansOwnAccount ?? false } }
    // What is read in a batch is asked for secret by secret.
    return action === 'BatchGetSecretValue' && secretId !== undefined
      ? [step, { action: 'GetSecretValue', target: found }]
      : [step]
  }
  const also = row?.alsoNeeds?.({}) ?? []
  return [action, ...also].map((each) => ({ action: each, target: found }))
}

/** What stands in the way whatever policies say. */
function obstaclesOf({ action }: AccessSubject, { principal, found: { head } }: Asked): string[] {
  if (head === undefined) return []
  const row = operations[action]
  const obstacles: string[] = []
  if (head.state === 'scheduled' && (row?.resource === 'account' || row?.accepts === 'active'))
    obstacles.push('The secret is scheduled for deletion.')
  if (isReplica(head) && row?.resource === 'secret' && isRefusedOnCopy(row))
    obstacles.push(`The secret is a replica: the call must be made in ${primaryRegionOf(head)}.`)
  if (principal.account !== head.key.account && readsOrWrites(action) && keyUseOf(action, head) === undefined)
    obstacles.push('The secret is under the default key, which is never used for another account.')
  return obstacles
}

/** Whoever is asked about. */
function generalNotes({ action, secretId, note }: AccessSubject, { head }: Target): string[] {
  const isMissing = secretId !== undefined && head === undefined && action !== 'CreateSecret'
  return [
    ...(isMissing ? [`There is no secret ${secretId}: what policies say was asked of its name alone.`] : []),
    ...(note === undefined ? [] : [note]),
  ]
}

function notesOf({ action }: AccessSubject, { isImagined, found: { head } }: Asked): string[] {
  const notes: string[] = []
  if (isImagined)
    notes.push(
      'It is a role: what a session of it brings along, such as its name or tags of its own, is not in this answer.',
    )
  if (action === 'UpdateSecret' && head?.kmsKeyId !== undefined)
    notes.push(`A new value asks for kms:GenerateDataKey and kms:Decrypt on ${head.kmsKeyId} as well.`)
  if (action === 'CreateSecret')
    notes.push(
      'Tags ask for secretsmanager:TagResource as well, and a customer key for kms:GenerateDataKey and kms:Decrypt on it.',
    )
  return notes
}

async function explainStep(
  { authorizer, clock }: ExplainMeans,
  subject: AccessSubject,
  asked: Asked,
  step: Step,
): Promise<ExplainedAction> {
  const request = accessRequest({ context: contextOf(subject, asked), now: clock.now(), input: {} }, step)
  return reportOn(await authorizer.questionOf({ ...request, keys: [...layersOf(subject, asked), ...request.keys] }))
}

/** @throws {KeyFailure} */
async function explainKey(
  means: ExplainMeans,
  subject: AccessSubject,
  asked: Asked,
  { head, use }: { readonly head: SecretHead; readonly use: KeyUse },
): Promise<readonly ExplainedAction[]> {
  const context = { SecretARN: arnOf(head), SecretVersionId: use.versionId }
  const requests = await keyAccessRequests(means, {
    ...use,
    context,
    scope: keyScopeOf(contextOf(subject, asked), head),
  })
  const layers = layersOf(subject, asked)
  return Promise.all(
    requests.map(async (request) =>
      reportOn(await means.authorizer.questionOf({ ...request, keys: [...layers, ...request.keys] })),
    ),
  )
}

const contextOf = ({ home }: AccessSubject, { principal }: Asked): RequestContext => ({
  principal,
  region: home.region,
  requestId: '',
  origin: NO_ORIGIN,
})

const layersOf = ({ given }: AccessSubject, { isImagined }: Asked): readonly KeyLayer[] => [
  givenKeys(given),
  keysOfRequests,
  ...(isImagined ? [keysOfSessions] : []),
]

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

const givenKeys = (given: AccessSubject['given']): KeyLayer =>
  keysOf(Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value ?? undefined])))

/** What is of one request and its credentials, and not of the principal. */
const keysOfRequests = unseen(
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
)

/** Of the session's name. */
const keysOfSessions = unseen('aws:userid')

function unseen(...keys: readonly string[]): KeyLayer {
  return keysOf(Object.fromEntries(keys.map((key) => [key, UNKNOWN])))
}
