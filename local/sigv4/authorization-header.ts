/**
 * The `Authorization` header of Signature Version 4, read strictly:
 * `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, SignedHeaders=<a;b>, Signature=<64 hex digits>`.
 * @module
 */
import { ALGORITHM } from './canonical-request.ts'
import { incomplete, type Refusal } from './refusal.ts'

export interface Authorization {
  readonly accessKeyId: string
  /** `YYYYMMDD` */
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
  /** `<date>/<region>/<service>/<terminator>` */
  readonly scope: string
  /** As sent: lower case, sorted, `;` between. */
  readonly signedHeaders: string
  readonly signedHeaderNames: readonly string[]
  /** 64 lower-case hex digits. */
  readonly signature: string
}

export function parseAuthorization(header: string): Authorization | Refusal {
  if (!header.startsWith(ALGORITHM)) return incomplete(`Unsupported AWS 'algorithm': expected '${ALGORITHM}'.`)
  const parameters = readParameters(header.slice(ALGORITHM.length))
  if ('code' in parameters) return parameters
  const { credential, signedHeaders, signature } = parameters

  const parts = credential.split('/')
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = parts
  if (parts.length !== 5 || parts.includes(''))
    return incomplete(
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got another form in 'Credential'.",
    )
  const signedHeaderNames = signedHeaders.split(';')
  if (!areSortedHeaderNames(signedHeaderNames))
    return incomplete("'SignedHeaders' must be lower-case header names, sorted, each named once and separated by ';'.")
  if (!isHexDigest(signature)) return incomplete("'Signature' must be 64 lower-case hexadecimal digits.")
  const scope = credential.slice(accessKeyId.length + 1)
  return { accessKeyId, date, region, service, terminator, scope, signedHeaders, signedHeaderNames, signature }
}

interface Parameters {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
}

function readParameters(text: string): Parameters | Refusal {
  if (text !== '' && text.charCodeAt(0) !== 0x20)
    return incomplete(`Unsupported AWS 'algorithm': expected '${ALGORITHM}'.`)
  let credential: string | undefined
  let signedHeaders: string | undefined
  let signature: string | undefined
  let start = 0
  while (start < text.length) {
    const comma = text.indexOf(',', start)
    const end = comma < 0 ? text.length : comma
    const equals = text.indexOf('=', start)
    if (equals < 0 || equals > end)
      return incomplete('Invalid key=value pair (missing equal-sign) in the Authorization header.')
    const name = text.slice(start, equals).trim()
    const value = text.slice(equals + 1, end).trim()
    if (name === 'Credential' && credential === undefined) credential = value
    else if (name === 'SignedHeaders' && signedHeaders === undefined) signedHeaders = value
    else if (name === 'Signature' && signature === undefined) signature = value
    else return incomplete("The Authorization header takes 'Credential', 'SignedHeaders' and 'Signature', each once.")
    start = end + 1
  }
  if (credential && signedHeaders && signature) return { credential, signedHeaders, signature }
  const missing: string[] = []
  if (!credential) missing.push("Authorization header requires 'Credential' parameter.")
  if (!signature) missing.push("Authorization header requires 'Signature' parameter.")
  if (!signedHeaders) missing.push("Authorization header requires 'SignedHeaders' parameter.")
  return incomplete(missing.join(' '))
}

/** RFC 9110 token characters without the upper-case letters. */
function isHeaderName(name: string): boolean {
  return /^[a-z0-9!#$%&'*+\-.^_`|~]+$/.test(name)
}

function areSortedHeaderNames(names: readonly string[]): boolean {
  let previous = ''
  for (const name of names) {
    if (name <= previous || !isHeaderName(name)) return false
    previous = name
  }
  return true
}

function isHexDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}
