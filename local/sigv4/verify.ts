/**
 * Verifies requests signed with Signature Version 4 in the Authorization header, in full: scope, skew, session token, payload hash, and that the signature
 * covers the host, the date and every `x-amz-*` header that is there. Pure apart from the two ports; serves every service of the embedded endpoint.
 * @module
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Credential, CredentialSource } from '../identities/credential.ts'
import { parseAuthorization, type Authorization } from './authorization-header.ts'
import {
  ALGORITHM,
  canonicalHeaderValue,
  canonicalRequest,
  TERMINATOR,
  type SignedRequest,
} from './canonical-request.ts'
import * as refusal from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { signatureOf, SigningKeyCache } from './signing-key.ts'
import { formatBasicTime, parseBasicTime, parseHttpTime } from './timestamps.ts'

export interface Verified {
  readonly credential: Credential
  readonly region: string
  /** The service that the signature was made for: one of the accepted names. */
  readonly service: string
}

export interface VerifierOptions {
  readonly credentials: CredentialSource
  /** Wall time: signatures never follow the virtual clock. */
  readonly wallClock: Clock
  /** @param service of the signature: that of IAM has one Region for all */
  readonly servesRegion: (region: string, service: string) => boolean
}

export function isRefusal(verdict: Verified | Refusal): verdict is Refusal {
  return 'code' in verdict
}

/** In both directions, as AWS does. */
const MAX_SKEW_MS = 5 * 60 * 1000

export class SignatureVerifier {
  readonly #options: VerifierOptions
  readonly #signingKeys = new SigningKeyCache()
  /** Requests of one second carry the same date: read it once. */
  #lastDate: SigningDate | undefined

  constructor(options: VerifierOptions) {
    this.#options = options
  }

  /** @param services the service names that a signature for this target may be scoped to, the usual one first */
  verify(request: SignedRequest, services: readonly string[]): Verified | Refusal {
    const headers = readHeaders(request.headers)
    if ('code' in headers) return headers
    if (isPresigned(request.url)) return refusal.presigned
    if (headers.authorization === undefined) return refusal.missingToken

    const authorization = parseAuthorization(headers.authorization)
    if ('code' in authorization) return authorization
    const credential = this.#options.credentials.find(authorization.accessKeyId, headers.securityToken)
    if (credential === undefined) return refusal.unknownClient

    const problem =
      this.#checkScope(authorization, services) ??
      checkSignedHeaders(headers, authorization) ??
      this.#checkDate(headers, authorization) ??
      this.#checkSession(headers, credential) ??
      this.#checkSignature(request, headers, authorization, credential)
    if (problem !== undefined) return { ...problem, accessKeyId: authorization.accessKeyId }
    return { credential, region: authorization.region, service: authorization.service }
  }

  #checkScope(authorization: Authorization, services: readonly string[]): Refusal | undefined {
    if (authorization.terminator !== TERMINATOR)
      return refusal.wrongScope(`Credential should be scoped with a valid terminator: '${TERMINATOR}'.`)
    if (!services.includes(authorization.service))
      return refusal.wrongScope(`Credential should be scoped to correct service: '${services[0] ?? ''}'. `)
    if (!this.#options.servesRegion(authorization.region, authorization.service))
      return refusal.wrongScope('Credential should be scoped to a valid Region that this endpoint serves. ')
    return undefined
  }

  #checkDate(headers: Headers, authorization: Authorization): Refusal | undefined {
    const text = headers.amzDate ?? headers.date
    if (text === undefined)
      return refusal.incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    const signed = this.#parseDate(text, headers.amzDate === undefined)
    if (signed === undefined)
      return refusal.incomplete("Date must be in ISO-8601 'basic format', such as 20260131T235959Z.")
    const { basic, time } = signed
    if (authorization.date !== basic.slice(0, 8))
      return refusal.wrongScope(
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${basic.slice(0, 8)}', from '${basic}'.`,
      )
    const now = this.#options.wallClock.now()
    if (time < now - MAX_SKEW_MS)
      return refusal.expired(basic, formatBasicTime(now - MAX_SKEW_MS), formatBasicTime(now))
    if (time > now + MAX_SKEW_MS)
      return refusal.notYetCurrent(basic, formatBasicTime(now + MAX_SKEW_MS), formatBasicTime(now))
    return undefined
  }

  #parseDate(text: string, mayBeHttp: boolean): SigningDate | undefined {
    if (this.#lastDate?.text === text) return this.#lastDate
    const time = parseBasicTime(text) ?? (mayBeHttp ? parseHttpTime(text) : undefined)
    if (time === undefined) return undefined
    this.#lastDate = { text, time, basic: formatBasicTime(time) }
    return this.#lastDate
  }

  #checkSession(headers: Headers, credential: Credential): Refusal | undefined {
    const { securityToken } = headers
    if (credential.sessionToken === undefined) return securityToken === undefined ? undefined : refusal.unknownClient
    if (securityToken === undefined || !isSameText(securityToken, credential.sessionToken)) return refusal.unknownClient
    const isExpired = credential.expiresAt !== undefined && credential.expiresAt <= this.#options.wallClock.now()
    return isExpired ? refusal.expiredToken : undefined
  }

  #checkSignature(
    request: SignedRequest,
    headers: Headers,
    authorization: Authorization,
    credential: Credential,
  ): Refusal | undefined {
    const canonicalHeaders = canonicalHeadersOf(headers, authorization.signedHeaderNames)
    if (canonicalHeaders === undefined) return refusal.signatureMismatch
    const payloadHash = hash('sha256', request.body)
    if (headers.contentSha256 !== undefined && headers.contentSha256 !== payloadHash)
      return headers.contentSha256.startsWith('UNSIGNED') || headers.contentSha256.startsWith('STREAMING')
        ? refusal.unsignedPayload
        : refusal.signatureMismatch

    const { signedHeaders, scope, accessKeyId, signature } = authorization
    const { method, url } = request
    const canonical = canonicalRequest({ method, url, canonicalHeaders, signedHeaders, payloadHash })
    const date = basicDateOf(headers)
    const stringToSign = `${ALGORITHM}\n${date}\n${scope}\n${hash('sha256', Buffer.from(canonical, 'latin1'))}`
    const key = this.#signingKeys.get(accessKeyId, scope, credential.secretKey, authorization)
    const expected = signatureOf(key, stringToSign)
    return timingSafeEqual(expected, Buffer.from(signature, 'hex')) ? undefined : refusal.signatureMismatch
  }
}

interface SigningDate {
  /** As sent. */
  readonly text: string
  readonly time: number
  /** As the string to sign has it. */
  readonly basic: string
}

/** The headers with lower-case names, and by name those that the verifier reads itself: of these a request may have one each. */
interface Headers {
  readonly names: readonly string[]
  readonly raw: readonly string[]
  readonly authorization: string | undefined
  readonly host: string | undefined
  readonly date: string | undefined
  readonly amzDate: string | undefined
  readonly securityToken: string | undefined
  readonly contentSha256: string | undefined
}

function readHeaders(raw: readonly string[]): Headers | Refusal {
  const names: string[] = []
  let authorization: string | undefined
  let host: string | undefined
  let date: string | undefined
  let amzDate: string | undefined
  let securityToken: string | undefined
  let contentSha256: string | undefined
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? ''
    const value = raw[index + 1] ?? ''
    names.push(name)
    switch (name) {
      case 'authorization':
        if (authorization !== undefined) return refusal.repeatedHeader(name)
        authorization = value
        break
      case 'host':
        if (host !== undefined) return refusal.repeatedHeader(name)
        host = value
        break
      case 'date':
        if (date !== undefined) return refusal.repeatedHeader(name)
        date = value
        break
      case 'x-amz-date':
        if (amzDate !== undefined) return refusal.repeatedHeader(name)
        amzDate = value
        break
      case 'x-amz-security-token':
        if (securityToken !== undefined) return refusal.repeatedHeader(name)
        securityToken = value
        break
      case 'x-amz-content-sha256':
        if (contentSha256 !== undefined) return refusal.repeatedHeader(name)
        contentSha256 = value
        break
    }
  }
  return { names, raw, authorization, host, date, amzDate, securityToken, contentSha256 }
}

/** What an attacker could change unseen must not exist: the signature has to cover the host, the date and every `x-amz-*` header. */
function checkSignedHeaders(headers: Headers, authorization: Authorization): Refusal | undefined {
  const signed = authorization.signedHeaderNames
  if (headers.host === undefined || !signed.includes('host')) return refusal.mustBeSigned('host')
  if (headers.amzDate === undefined && headers.date !== undefined && !signed.includes('date'))
    return refusal.mustBeSigned('date')
  for (const name of headers.names)
    if (name.startsWith('x-amz-') && !signed.includes(name)) return refusal.mustBeSigned(name)
  return undefined
}

/** Undefined when a signed header is not there. Values of a repeated header are joined by commas. */
function canonicalHeadersOf(headers: Headers, signedNames: readonly string[]): string | undefined {
  const { names, raw } = headers
  // Signed names are distinct, so more of them than headers means that one is missing (and bounds the search below).
  if (signedNames.length > names.length) return undefined
  let text = ''
  for (const name of signedNames) {
    let at = names.indexOf(name)
    if (at < 0) return undefined
    text += `${name}:${canonicalHeaderValue(raw[2 * at + 1] ?? '')}`
    while ((at = names.indexOf(name, at + 1)) >= 0) text += `,${canonicalHeaderValue(raw[2 * at + 1] ?? '')}`
    text += '\n'
  }
  return text
}

/** The date of the string to sign, in basic form whatever form the header had. */
function basicDateOf(headers: Headers): string {
  if (headers.amzDate !== undefined) return headers.amzDate
  const date = headers.date ?? ''
  const time = parseBasicTime(date) ?? parseHttpTime(date)
  return time === undefined ? '' : formatBasicTime(time)
}

function isPresigned(url: string): boolean {
  const mark = url.indexOf('?')
  return mark >= 0 && /[?&]x-amz-(?:signature|algorithm|credential)(?:=|&|$)/i.test(url.slice(mark))
}

/** In constant time: both sides are hashed, so their lengths do not show either. */
function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
