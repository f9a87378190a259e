/**
 * The service's errors: one class, one table of codes, and every text that a client can see (behaviour sections 5 to 10). What the
 * specification calls unknown (section 15) is marked `UNK` here and nowhere else.
 * @module
 */
import { describeDecision, type Decision, type PolicyLayer } from '../../auth/decision.ts'

/** Code on the wire -> HTTP status. All client errors are 400 (SM-WIRE-04). */
export const errorStatus = {
  AccessDeniedException: 400,
  DecryptionFailure: 400,
  EncryptionFailure: 400,
  InternalServiceError: 500,
  InvalidNextTokenException: 400,
  InvalidParameterException: 400,
  InvalidRequestException: 400,
  LimitExceededException: 400,
  MalformedPolicyDocumentException: 400,
  PreconditionNotMetException: 400,
  PublicPolicyException: 400,
  ResourceExistsException: 400,
  ResourceNotFoundException: 400,
  SerializationException: 400,
  ThrottlingException: 400,
  UnknownOperationException: 400,
  ValidationException: 400,
} as const

export type ErrorCode = keyof typeof errorStatus

export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const invalidParameter = (message: string): ServiceError => new ServiceError('InvalidParameterException', message)
const invalidRequest = (message: string): ServiceError => new ServiceError('InvalidRequestException', message)
const notFound = (message: string): ServiceError => new ServiceError('ResourceNotFoundException', message)
const limitExceeded = (message: string): ServiceError => new ServiceError('LimitExceededException', message)

// Names and look-up

export const invalidName = (): ServiceError =>
  new ServiceError(
    'ValidationException',
    'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  )
/** SM-NAME-08 */
export const secretNotFound = (): ServiceError => notFound("Secrets Manager can't find the specified secret.")
/** UNK: which code a misshapen ARN gets. */
export const misshapenArn = (): ServiceError => secretNotFound()
/** SM-TOKEN-08 */
export const secretExists = (name: string): ServiceError =>
  new ServiceError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`)
/** SM-CREATE-02 */
export const nameBeingDeleted = (): ServiceError =>
  invalidRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")

// States

/** SM-GET-05, SM-DELETE-06, SM-TAG-04 */
export const markedForDeletion = (): ServiceError =>
  invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
/** UNK: the text for DeleteSecret on a secret that is scheduled already. */
export const alreadyScheduled = (): ServiceError => markedForDeletion()
export const notImplemented = (operation: string): ServiceError =>
  invalidRequest(`Coffer does not offer ${operation} yet. docs/compatibility.md lists what it offers.`)

// Replication

/** SM-REPLICA-06 */
export const notOnReplica = (): ServiceError =>
  invalidParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
/** SM-REPLICA-08. @param problem a whole sentence, of our own words */
export const invalidReplicaRegion = (problem?: string): ServiceError =>
  invalidParameter(['Invalid replica region.', ...(problem === undefined ? [] : [problem])].join(' '))
/** SM-DELETE-08 */
export const hasReplicaRegions = (arn: string, regions: readonly string[]): ServiceError =>
  invalidParameter(`You can't delete secret ${arn} that still has replica regions [${regions.join(', ')}].`)
/** SM-REPLICA-10. UNK: text. */
export const notAReplica = (): ServiceError =>
  invalidRequest("You can't stop replication to this secret because it is not a replica.")
/** Beyond AWS: of a primary that steps down (docs/regions.md). */
export const steppingDown = (region: string): ServiceError =>
  invalidRequest(
    `The secret is being handed over to ${region}, which is its primary Region in a moment. Repeat the call there; StopReplicationToReplica here takes the handover back.`,
  )

// Tokens

export const tokenMissing = (code: 'InvalidRequestException' | 'InvalidParameterException'): ServiceError =>
  new ServiceError(code, 'You must provide a ClientRequestToken value. We recommend a UUID-type value.')
/** SM-TOKEN-05 */
export const tokenInUse = (token: string, arn: string): ServiceError =>
  new ServiceError(
    'ResourceExistsException',
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
  )

// Values and versions

/** SM-CREATE-03 */
export const bothValueKinds = (): ServiceError =>
  invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
/** SM-PUT-02 */
export const noValue = (): ServiceError => invalidRequest('You must provide either SecretString or SecretBinary.')
export const valueTooLong = (): ServiceError =>
  new ServiceError(
    'ValidationException',
    "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536",
  )
/** SM-GET-02; no period at the end, as recorded. */
export const noVersionWithStage = (stage: string): ServiceError =>
  notFound(`Secrets Manager can't find the specified secret value for staging label: ${stage}`)
/** SM-GET-03 */
export const noVersionWithId = (versionId: string): ServiceError =>
  notFound(`Secrets Manager can't find the specified secret value for VersionId: ${versionId}`)
/** SM-GET-04 */
export const stageNotOnVersion = (): ServiceError =>
  invalidRequest('You provided a VersionStage that is not associated to the provided VersionId.')
/** UNK: text. */
export const tooManyVersions = (): ServiceError =>
  limitExceeded('You have exceeded the maximum number of versions for this secret.')
/** UNK: text. */
export const tooManyStages = (): ServiceError =>
  limitExceeded('You have exceeded the maximum number of staging labels for this secret.')

// Staging labels

/** UNK: text. */
export const noStageChange = (): ServiceError =>
  invalidParameter('You must provide MoveToVersionId, RemoveFromVersionId, or both.')
/** UNK: code and text. */
export const unknownVersion = (versionId: string): ServiceError => invalidParameter(`Not a valid version: ${versionId}`)
/** UNK: text. */
export const stageNotInVersion = (stage: string, versionId: string): ServiceError =>
  invalidParameter(`Version stage ${stage} not found in version ${versionId}`)
/** SM-LABEL-14 */
export const removeFromMissing = (stage: string, holder: string): ServiceError =>
  invalidParameter(
    `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
  )
/** SM-LABEL-10 */
export const currentNotRemovable = (): ServiceError =>
  invalidParameter(
    "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
  )
/** UNK: code and text; a rotation that has not stored its value yet. */
export const emptyVersionNotCurrent = (versionId: string): ServiceError =>
  invalidParameter(`Version ${versionId} has no secret value yet, so it can't become AWSCURRENT.`)

// Deletion

export const forceWithWindow = (): ServiceError =>
  invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
export const windowOutOfRange = (): ServiceError =>
  invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')

// Rotation

/** SM-ROTATE-03 */
export const noRotationFunction = (): ServiceError =>
  invalidRequest('No Lambda rotation function ARN is associated with this secret.')
/** SM-ROTATE-04 */
export const functionNotInvokable = (): ServiceError =>
  new ServiceError(
    'AccessDeniedException',
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.',
  )
/** SM-ROTATE-06 */
export const rotationIncomplete = (): ServiceError =>
  invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.")
/** UNK: code and text; suggested is that of a secret without a function. */
export const rotationNotConfigured = (): ServiceError => noRotationFunction()
/** UNK: code and text. */
export const rotationTokenInUse = (token: string, arn: string): ServiceError =>
  invalidRequest(tokenInUse(token, arn).message)
/** UNK: code and text. The token itself is never repeated. */
export const wrongRotationToken = (): ServiceError =>
  invalidRequest('The RotationToken does not belong to a rotation of this version that is running now.')
/** UNK: text. */
export const serviceManagedFunction = (): ServiceError =>
  invalidRequest('Rotation Lambda ARN is not supported for a service-managed secret.')
/** UNK: code and text. */
export const repeatedRotationSetting = (): ServiceError =>
  invalidParameter("Keys of ExternalSecretRotationMetadata can't be repeated in one request.")

/** UNK: of managed rotation alone. @param problem a whole sentence */
export const rotationSettingsRefused = (problem: string): ServiceError => invalidParameter(problem)

// Tags (UNK: codes and texts)

export const tagKeyMissing = (): ServiceError => invalidParameter('A tag must have a Key.')
export const tagKeyReserved = (): ServiceError => invalidParameter("Tag keys can't start with aws: in any case.")
export const tagKeyRepeated = (): ServiceError => invalidParameter("Tag keys can't be repeated in one request.")
export const tagCharacters = (): ServiceError =>
  invalidParameter('Tags can only contain letters, digits, spaces, and any of the following: _ . : / = + - @')
export const tooManyTags = (): ServiceError => invalidParameter('A secret can have at most 50 tags.')

// Lists

/** SM-LIST-11 */
export const filterWithoutKey = (): ServiceError => invalidParameter('Invalid filter key')
export const filterWithoutValues = (key: string): ServiceError =>
  invalidParameter(`Invalid filter values for key: ${key}`)
/** UNK: text. */
export const badNextToken = (): ServiceError =>
  new ServiceError('InvalidNextTokenException', 'The NextToken value is invalid.')
/** SM-BATCH-01 */
export const batchSelectors = (): ServiceError =>
  invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
export const batchMaxResults = (): ServiceError =>
  invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")

// Random passwords

export const passwordTooShort = (): ServiceError =>
  invalidParameter('Password length is too short based on the required types.')
export const passwordTypeExcluded = (): ServiceError =>
  invalidParameter('All characters of the desired type have been excluded')
export const passwordNothingLeft = (): ServiceError =>
  invalidParameter('All characters have been excluded from selection')

// Keys

/** SM-KMS-05 */
export const keyAccessDenied = (options?: ErrorOptions): ServiceError =>
  new ServiceError('AccessDeniedException', 'Access to KMS is not allowed', options)
export const defaultKeyAcrossAccounts = (): ServiceError =>
  invalidRequest(
    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
  )

interface KmsTrouble {
  readonly message: string
  readonly code: string
  readonly requestId: string
}

/** SM-KMS-03, SM-KMS-04; UNK for encryption: its text is presumed to have the form of the observed decryption text. */
export const keyUnusable = (verb: 'decrypt' | 'encrypt', kms: KmsTrouble, options?: ErrorOptions): ServiceError =>
  new ServiceError(
    verb === 'decrypt' ? 'DecryptionFailure' : 'EncryptionFailure',
    `Secrets Manager can't ${verb} the secret value: ${kms.message} (Service: AWSKMS; Status Code: 400; Error Code: ${kms.code}; Request ID: ${kms.requestId})`,
    options,
  )

// Access

export interface Refused {
  readonly principal: string
  /** With its service. */
  readonly action: string
  /** How the error names what was asked for; undefined for actions without a resource type. */
  readonly shown?: string | undefined
  readonly decision: Decision
}

/** Goes to the log, never to the caller: which policy decided. */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused'

  constructor(decision: Decision) {
    super(describeDecision(decision))
  }
}

/** SM-ACCESS-01 */
export function accessDenied({ principal, action, shown, decision }: Refused): ServiceError {
  const on = shown === undefined ? '' : ` on resource: ${shown}`
  const policy = POLICY_NAMES[decision.layer]
  const why =
    decision.verdict === 'explicit-deny'
      ? `with an explicit deny in ${policy.startsWith('i') ? 'an' : 'a'} ${policy}`
      : `because no ${policy} allows the ${action} action`
  return new ServiceError(
    'AccessDeniedException',
    `User: ${principal} is not authorized to perform: ${action}${on} ${why}`,
    {
      cause: new AccessRefused(decision),
    },
  )
}

/** OBS for the first two; the others as IAM has them ("Troubleshoot access denied error messages", IAM user guide). */
const POLICY_NAMES: Readonly<Record<PolicyLayer, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

// Resource policies

const malformedPolicy = (message: string, options?: ErrorOptions): ServiceError =>
  new ServiceError('MalformedPolicyDocumentException', message, options)
export const policySyntax = (options?: ErrorOptions): ServiceError =>
  malformedPolicy('This resource policy contains a syntax error.', options)
export const policyVersionUnsupported = (options?: ErrorOptions): ServiceError =>
  malformedPolicy('This policy has invalid syntax.', options)
export const principalUnsupported = (options?: ErrorOptions): ServiceError =>
  malformedPolicy('This resource policy contains an unsupported principal.', options)
export const servicePrincipalUnsupported = (): ServiceError =>
  malformedPolicy('This resource policy contains an unsupported service principal.')
export const policyTooBroad = (): ServiceError =>
  new ServiceError(
    'PublicPolicyException',
    "You can't attach a resource-based policy that allows broad access to the secret.",
  )
/** UNK: code. */
export const policyLocksOut = (): ServiceError =>
  invalidParameter('Your requested changes will not allow you to manage this secret in the future.')

// Rotation: the rules of a schedule (behaviour 8.6)

/** SM-ROTATE-01 */
export const rotationFrequencyTwice = (): ServiceError =>
  invalidParameter('You cannot specify both rotation frequency and schedule expression together.')
/** UNK: what follows the first sentence. */
export const rotationDaysOutOfRange = (days: number): ServiceError =>
  invalidParameter(`RotationRules.AutomaticallyAfterDays must be within 1-1000. You gave ${days}.`)
/** UNK: code and text. */
export const durationMisshapen = (duration: string): ServiceError =>
  invalidParameter(
    `The Duration ${excerpt(duration)} is not valid. Give the length of the rotation window in whole hours, from 1h to 24h.`,
  )
/** UNK: code and text. */
export const durationWithoutSchedule = (duration: string): ServiceError =>
  invalidParameter(
    `The Duration ${excerpt(duration)} needs a schedule. Give AutomaticallyAfterDays or ScheduleExpression with it.`,
  )

interface UnfittingDuration {
  readonly duration: string
  readonly expression: string
  /** What is wrong with the windows. */
  readonly problem: string
  readonly mostHours: number
}

/** UNK: text. */
export const durationTooLong = ({ duration, expression, problem, mostHours }: UnfittingDuration): ServiceError =>
  invalidParameter(
    `The Duration ${excerpt(duration)} is too long for ${excerpt(expression)}: ${problem}. The longest that fits is ${mostHours}h.`,
  )
/** UNK: text. */
export const unusableSchedule = (expression: string, problem: string): ServiceError =>
  invalidParameter(`The ScheduleExpression ${excerpt(expression)} is not valid: ${problem}.`)

/** Text of the caller's, of bounded length and without what could break a line of the log. */
function excerpt(text: string, most = 80): string {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text
  return `'${cut.replaceAll(/[^\x20-\x7e]/g, '?')}'`
}

// The platform

/** SM-WIRE-01 */
export const unknownOperation = (message: string): ServiceError =>
  new ServiceError('UnknownOperationException', message)

export const pathMismatch = (): ServiceError =>
  unknownOperation('The X-Amz-Target header names another operation than the path.')
export const throttled = (options?: ErrorOptions): ServiceError =>
  new ServiceError('ThrottlingException', 'Rate exceeded', options)
/** SM-WIRE-11 */
export const serverFault = (cause?: unknown): ServiceError =>
  new ServiceError('InternalServiceError', 'An error occurred on the server side.', { cause })
