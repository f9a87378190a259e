/**
 * What may be wrong with a rotation, and what to do about it: one line for each of the common causes. Says nothing but names, and what it concluded from.
 * @module
 */
import { CURRENT, holderOf, PENDING, versionById } from '../domain/staging-labels.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { FunctionOutcome } from '../ports/functions.ts'

export const BROKE_OFF =
  'Coffer could not carry the step out or write down its result. Its own log says why; the rotation goes on by itself.'

/** A function that succeeded in all steps and left AWSCURRENT where it was (behaviour 8.3). */
export function notPromoted({ versions }: SecretHead, token: string): string {
  const current = holderOf(versions, CURRENT)?.id ?? 'no version'
  const version = versionById(versions, token)
  if (version?.value.kind === 'none')
    return `The function succeeded in all four steps but stored no value: version ${token} is still empty. In createSecret it must call PutSecretValue with the ClientRequestToken and VersionStages [AWSPENDING].`
  return version?.stages.includes(PENDING) === true
    ? `The function succeeded in all four steps but left ${PENDING} on version ${token}, and ${CURRENT} on ${current}. In finishSecret it must move ${CURRENT} to the ClientRequestToken by UpdateSecretVersionStage.`
    : `The function succeeded in all four steps, and ${CURRENT} is on ${current} instead of version ${token}: see in finishSecret which labels it moves.`
}

type Failure = Exclude<FunctionOutcome, { readonly kind: 'returned' }>

export interface FailureFacts {
  readonly outcome: Failure
  readonly functionArn: string
  readonly step: string
  /** Managed rotation: its errors have names of its own, and what it says is all there is. */
  readonly isManaged?: boolean
  /** Whether its message is kept, as far as it is redacted. */
  readonly isKept?: boolean
}

export function diagnose({ outcome, functionArn, step, isManaged = false, isKept = true }: FailureFacts): string {
  if (outcome.kind === 'not-invoked') return NOT_INVOKED[outcome.reason](functionArn)
  if (outcome.kind === 'timed-out')
    return `The function did not end in time. Most often it has no network route to the database, or to Secrets Manager: see its VPC, subnets and security groups, or its endpoints. Else give it a longer timeout.`
  const { errorType = '', message } = outcome
  const own = isManaged ? managedAdvice(errorType, message ?? '') : undefined
  if (own !== undefined) return own
  // What Lambda itself says of a function, which has no name of ours.
  const text = isManaged ? errorType : `${errorType} ${message ?? ''}`
  return (
    causes.find(({ sign }) => sign.test(text))?.advice ??
    unknownCause(step, { isManaged, isKept, hasMessage: message !== undefined })
  )
}

function unknownCause(
  step: string,
  {
    isManaged,
    isKept,
    hasMessage,
  }: { readonly isManaged: boolean; readonly isKept: boolean; readonly hasMessage: boolean },
): string {
  const what = `${isManaged ? 'Managed rotation' : 'The function'} failed in ${step}`
  // Not every function has a log that is here: it may be run elsewhere.
  const log = isManaged ? '' : ' The log of the function, where it runs, may say more.'
  if (hasMessage && isKept) return `${what}: its message says why.${log}`
  if (!hasMessage) return `${what} and did not say why.${log}`
  return `${what}. What it said is not kept, since the values of the secret could not be read to make sure that none of them is in it.${log}`
}

const NOT_INVOKED: Readonly<Record<Extract<Failure, { kind: 'not-invoked' }>['reason'], (arn: string) => string>> = {
  missing: (arn) => `There is no function ${arn}. Make it again, or give the secret another one with RotateSecret.`,
  'not-allowed': (arn) =>
    `Coffer may not invoke ${arn}. Its policy must allow lambda:InvokeFunction to secretsmanager.amazonaws.com.`,
  throttled: (arn) => `${arn} has no capacity left: raise its concurrency, or spread the rotations.`,
  unreachable: (arn) => `${arn} could not be reached: see that what runs functions is there and can be connected to.`,
}

/** The first that fits. */
interface Cause {
  readonly sign: RegExp
  readonly advice: string
}

/** By the name of the error, and then by its message, which is of our own making and ends with what is the matter. Without one that fits: words decide, as for every function. */
function managedAdvice(name: string, message: string): string | undefined {
  return managedCauses.get(name)?.find(({ sign }) => sign.test(message))?.advice
}

const always = /^/
const SET =
  'Give the right ones with RotateSecret (ExternalSecretRotationMetadata); given ones replace all that are stored.'
const PLAINTEXT =
  'take `ssl` out of the secret where the server has TLS; else start Coffer with --rotation-allow-plaintext on (on AWS: managedRotation.allowPlaintext)'
const STORE = 'Store a value that is right with PutSecretValue, then rotate again.'

const managedCauses = new Map<string, readonly Cause[]>([
  [
    'BadSettings',
    [
      {
        sign: /not among the origins/,
        advice:
          'Coffer may not call this webhook. Allow its origin: start Coffer with --rotation-webhook-origins (on AWS: managedRotation.webhookOrigins).',
      },
      { sign: always, advice: `A setting of the rotation is not usable; the message says which. ${SET}` },
    ],
  ],
  [
    'BadSecretValue',
    [
      {
        sign: /"ssl": false/,
        advice: `The secret asks for a connection without TLS, which is not allowed: ${PLAINTEXT}.`,
      },
      {
        sign: /set `strategy` to generic/,
        advice: `The secret does not say which database it is for. ${STORE} If it is for none, give RotateSecret the setting strategy=generic.`,
      },
      {
        sign: /`masterarn`/,
        advice: `The strategy needs the secret of an admin, named by \`masterarn\`: put its ARN into the value, or choose the strategy single-user.`,
      },
      { sign: always, advice: `The value of the secret is not usable as it is; the message says why. ${STORE}` },
    ],
  ],
  [
    'HostNotAllowed',
    [
      {
        sign: always,
        advice:
          'Managed rotation does not connect to this host: addresses of the machine itself and of its link are refused. Start Coffer with --rotation-database-hosts to allow it; on AWS they are always refused.',
      },
    ],
  ],
  [
    'TimedOut',
    [
      {
        sign: always,
        advice: 'The database did not answer in time, though it could be connected to: see what it is at.',
      },
    ],
  ],
  ['Stopped', [{ sign: always, advice: 'Coffer was stopped meanwhile; the step is made again at its next start.' }]],
  [
    'AdminSecretNotUsable',
    [
      {
        sign: always,
        advice: 'The admin secret cannot be used for this one: the message says which of its conditions is not met.',
      },
    ],
  ],
  [
    'AdminPasswordRefused',
    [
      {
        sign: always,
        advice:
          "The database refused the admin's password. Store the right one in the secret that `masterarn` names, then rotate again.",
      },
    ],
  ],
  [
    'OldPasswordRefused',
    [
      {
        sign: always,
        advice:
          'The database refused the stored password. Somebody has changed it there: store the right one with PutSecretValue, then rotate again.',
      },
    ],
  ],
  [
    'PendingPasswordRefused',
    [
      {
        sign: always,
        advice:
          'The new password was set and is not taken. See whether `host` leads to a proxy or a replica that lags behind, or whether somebody has changed the password since.',
      },
    ],
  ],
  [
    'DatabaseRefused',
    [
      {
        sign: /lacks the right|may not grant/,
        advice:
          'The user lacks a right in the database. Grant it, or name an admin by `masterarn`; the message has the code of the server.',
      },
      { sign: /see `dbname`/, advice: `The \`dbname\` of the secret is no database that this user may use. ${STORE}` },
      {
        sign: /password policy|in this form/,
        advice:
          'The new password does not satisfy the rules of the database: change the password settings of the rotation.',
      },
      { sign: always, advice: 'The database was reached and refused: the message has its code and what it means.' },
    ],
  ],
  [
    'DatabaseUnreachable',
    [
      {
        sign: /: the server offers no TLS\.$/,
        advice: `The server offers no TLS. Turn it on there. On a network that you trust put "ssl": false into the secret and start Coffer with --rotation-allow-plaintext on (on AWS: managedRotation.allowPlaintext).`,
      },
      {
        sign: /: ERR_TLS_CERT_ALTNAME_INVALID, /,
        advice:
          'The TLS certificate of the server is for another name: `host` of the secret must be one that is in it.',
      },
      {
        sign: /: (ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)\w*(, [^,]+)?(; [^;]+)?\.$|: EPROTO\.$/,
        advice:
          'The TLS connection failed. The certificate of the server must be valid and of an authority that is trusted: put the CA into `sslrootcert` of the secret as PEM text.',
      },
      {
        sign: /: (ENOTFOUND|EAI_AGAIN)\b/,
        advice: 'No connection came about: the name in `host` of the secret is not known where managed rotation runs.',
      },
      {
        sign: /: ECONNREFUSED\b/,
        advice:
          'No connection came about: nothing listens at `host` and `port` of the secret. See that the server runs, and that they are right.',
      },
      {
        sign: always,
        advice:
          'No connection came about. See the host and port in the secret, the network route, firewalls and security groups from where managed rotation runs.',
      },
    ],
  ],
  [
    'WebhookFailed',
    [
      {
        sign: always,
        advice: 'The webhook did not take the call. Its own log says why; it must answer 2xx within ten seconds.',
      },
    ],
  ],
  [
    'RotationNotEnabled',
    [{ sign: always, advice: 'Rotation was turned off while this step ran. RotateSecret turns it on again.' }],
  ],
  [
    'VersionNotPending',
    [
      {
        sign: always,
        advice:
          'The version lost its AWSPENDING while this step ran: the rotation was abandoned, or has ended. Nothing is to be done.',
      },
    ],
  ],
  [
    'AccessDeniedException',
    [
      {
        sign: /kms/i,
        advice: 'KMS refused: the policy of the key of the secret must let Coffer use it.',
      },
      {
        sign: always,
        advice:
          "Managed rotation was refused. It acts for the account: see the Deny statements in the secret's policy.",
      },
    ],
  ],
  [
    'ResourceNotFoundException',
    [{ sign: always, advice: 'A secret is not there: see the ARN in `masterarn` of the value.' }],
  ],
  [
    'ManagedRotationFault',
    [
      {
        sign: always,
        advice:
          'This is a fault of Coffer, and not of the secret or its database. The rotation is attempted again; report it with the message.',
      },
    ],
  ],
])

/** The first that fits. What a function says is its own: these are the words of the SDKs, of the drivers and of AWS. */
const causes: readonly Cause[] = [
  {
    sign: /RoleNotAssumable|role defined for the function cannot be assumed/i,
    advice:
      'The role of the function is not there any more, or does not trust lambda.amazonaws.com. Make it again, or give the function another one: coffer functions add NAME --role ARN.',
  },
  {
    sign: /CredentialsProviderError|NoCredentialsError|Unable to locate credentials|Could not load credentials/i,
    advice:
      'The function has no credentials, since it has no role. Give it one that may use the secret: coffer functions add NAME --role ARN.',
  },
  {
    sign: /ResponseSizeTooLarge|Response payload size/i,
    advice: 'The function returned more than 6 MB. What a rotation function returns is not used: return nothing.',
  },
  {
    sign: /Runtime\.(ImportModuleError|HandlerNotFound|UserCodeSyntaxError|NoSuchHandler)|Unable to import module|No module named|Cannot find (module|package)/i,
    advice:
      'The code of the function could not be loaded: see its handler setting, its files and its packages. Packages must be in the code that was given; Python also takes those of the Python that runs functions here.',
  },
  {
    sign: /access to kms is not allowed|kms:(Decrypt|GenerateDataKey|Encrypt)|DecryptionFailure|EncryptionFailure|KMS(InvalidState|Disabled|AccessDenied)/i,
    advice:
      "KMS refused. The function's role needs kms:Decrypt and kms:GenerateDataKey on the key of the secret, and the key must be enabled.",
  },
  {
    sign: /AccessDenied|not authorized to perform|UnrecognizedClient|InvalidClientTokenId|ExpiredToken/i,
    advice:
      "A call of the function was refused. Its role needs DescribeSecret, GetSecretValue, PutSecretValue and UpdateSecretVersionStage on the secret, and GetRandomPassword on '*'.",
  },
  {
    sign: /ResourceNotFoundException/,
    advice:
      'The function asked for a secret or a version that is not there: see the SecretId, the version and the stage that it asks for, its Region and its endpoint, and that createSecret has stored a value.',
  },
  {
    sign: /OldPasswordRefused|password authentication failed|Access denied for user|WRONGPASS|28P01|ER_ACCESS_DENIED|unable to log into database|login failed/i,
    advice:
      'The database refused the stored password. Somebody has changed it there: store the right one with PutSecretValue, then rotate again.',
  },
  {
    // As they are written: `ResourceNotFound` holds one of them in other letters.
    sign: /\b(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN)\b|ConnectTimeout|EndpointConnectionError|[Cc]ould not connect|timeout expired|No route to host/,
    advice:
      'No connection came about. See the host and port in the secret, the network route, firewalls and security groups from where the function runs, and the endpoint that it calls Secrets Manager at.',
  },
  {
    sign: /certificate|CERT_|SSLError|\b(SSL|TLS)\b/i,
    advice:
      'The TLS connection failed. See that the server offers TLS, and that its certificate is trusted and carries the name in the secret.',
  },
  {
    sign: /Runtime\.ExitError|OutOfMemory|signal: killed/i,
    advice:
      'The process of the function ended before it returned. It may need more memory; its log, where it runs, says more.',
  },
]
