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
}

export function diagnose({ outcome, functionArn, step }: FailureFacts): string {
  if (outcome.kind === 'not-invoked') return NOT_INVOKED[outcome.reason](functionArn)
  if (outcome.kind === 'timed-out')
    return `The function did not end in time. Most often it has no network route to the database, or to Secrets Manager: see its VPC, subnets and security groups, or its endpoints. Else give it a longer timeout.`
  const text = `${outcome.errorType ?? ''} ${outcome.message ?? ''}`
  return causes.find(({ sign }) => sign.test(text))?.advice ?? `The function failed in ${step}: its own log says why.`
}

const NOT_INVOKED: Readonly<Record<Extract<Failure, { kind: 'not-invoked' }>['reason'], (arn: string) => string>> = {
  missing: (arn) => `There is no function ${arn}. Make it again, or give the secret another one with RotateSecret.`,
  'not-allowed': (arn) =>
    `Coffer may not invoke ${arn}. Its policy must allow lambda:InvokeFunction to secretsmanager.amazonaws.com.`,
  throttled: (arn) => `${arn} has no capacity left: raise its concurrency, or spread the rotations.`,
  unreachable: (arn) => `${arn} could not be reached: see that what runs functions is there and can be connected to.`,
}

/** The first that fits. What a function says is its own: these are the words of the SDKs, of the drivers and of AWS. */
const causes: readonly { readonly sign: RegExp; readonly advice: string }[] = [
  {
    sign: /Runtime\.(ImportModuleError|HandlerNotFound|UserCodeSyntaxError|NoSuchHandler)|Unable to import module|No module named/i,
    advice: 'The code of the function could not be loaded: see its handler setting, its files and its packages.',
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
    sign: /AdminSecretNotUsable/,
    advice: 'The admin secret cannot be used for this one: the error says which of its conditions is not met.',
  },
  {
    sign: /OldPasswordRefused|password authentication failed|Access denied for user|WRONGPASS|28P01|ER_ACCESS_DENIED|unable to log into database|login failed/i,
    advice:
      'The database refused the stored password. Somebody has changed it there: store the right one with PutSecretValue, then rotate again.',
  },
  {
    sign: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ConnectTimeout|EndpointConnectionError|could not connect|timeout expired|DatabaseUnreachable|No route to host/i,
    advice:
      'No connection came about. See the host and port in the secret, the network route, firewalls and security groups from where the function runs, and the endpoint that it calls Secrets Manager at.',
  },
  {
    sign: /certificate|CERT_|SSL|TLS/i,
    advice:
      'The TLS connection failed. See that the server offers TLS, and that its certificate is trusted and carries the name in the secret.',
  },
  {
    sign: /Runtime\.ExitError|OutOfMemory|signal: killed/i,
    advice: 'The process of the function ended before it returned. It may need more memory; its own log says more.',
  },
]
