/**
 * Signs a request with Signature Version 4: what `coffer clock` sends, and a second reading of the rules that verification follows.
 * @module
 */
import { hash } from 'node:crypto'
import { hmacKey } from '../../lambda/core/domain/hmac.ts'
import { sigv4SecretKey } from '../identities/credential.ts'
import { ALGORITHM, canonicalHeaderValue, canonicalRequest, TERMINATOR } from './canonical-request.ts'
import { deriveSigningKey, signatureOf } from './signing-key.ts'
import { formatBasicTime } from './timestamps.ts'

export interface SigningCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface UnsignedRequest {
  readonly method: string
  /** Path and query, percent-encoded. */
  readonly url: string
  /** Lower-case names; must name the `host`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface SigningScope {
  readonly region: string
  readonly service: string
  /** Epoch milliseconds, wall time. */
  readonly time: number
}

/** The headers to send: those given, the date, the session token if there is one, and the Authorization header that covers them all. */
export function signRequest(
  request: UnsignedRequest,
  credentials: SigningCredentials,
  scope: SigningScope,
): Record<string, string> {
  const { region, service, time } = scope
  const amzDate = formatBasicTime(time)
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': amzDate }
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken

  const names = Object.keys(headers).sort()
  const canonicalHeaders = names.map((name) => `${name}:${canonicalHeaderValue(headers[name] ?? '')}\n`).join('')
  const signedHeaders = names.join(';')
  const { method, url } = request
  const payloadHash = hash('sha256', request.body)
  const canonical = canonicalRequest({ method, url, canonicalHeaders, signedHeaders, payloadHash })

  const date = amzDate.slice(0, 8)
  const scopeText = `${date}/${region}/${service}/${TERMINATOR}`
  const stringToSign = `${ALGORITHM}\n${amzDate}\n${scopeText}\n${hash('sha256', Buffer.from(canonical, 'latin1'))}`
  const key = deriveSigningKey(sigv4SecretKey(credentials.secretAccessKey), { date, region, service })
  const signature = signatureOf(hmacKey('sha256', key), stringToSign).toString('hex')
  headers.authorization = `${ALGORITHM} Credential=${credentials.accessKeyId}/${scopeText}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return headers
}
