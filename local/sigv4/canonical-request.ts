/**
 * The canonical request of Signature Version 4 ("Create a signed AWS API request", IAM user guide), in the form that every service except S3 uses: path
 * normalised and encoded once more, query decoded, re-encoded and sorted, header values trimmed and collapsed.
 *
 * Strings are Latin-1 as node:http hands them over, one character per byte on the wire; hash them as such.
 * @module
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const TERMINATOR = 'aws4_request'

/** The parts of an HTTP request that a signature covers. */
export interface SignedRequest {
  readonly method: string
  /** Path and query as they stand in the request line. */
  readonly url: string
  /** Names and values in turn, as in `IncomingMessage.rawHeaders`. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

export interface CanonicalInput {
  readonly method: string
  readonly url: string
  /** `name:value\n` per signed header, in the order of {@link signedHeaders}. */
  readonly canonicalHeaders: string
  /** `a;b;c` */
  readonly signedHeaders: string
  /** Hex SHA-256 of the body. */
  readonly payloadHash: string
}

export function canonicalRequest(input: CanonicalInput): string {
  const { url } = input
  let path = '/'
  let query = ''
  if (url !== '/') {
    const mark = url.indexOf('?')
    path = canonicalPath(mark < 0 ? url : url.slice(0, mark))
    if (mark >= 0) query = canonicalQuery(url.slice(mark + 1))
  }
  return `${input.method}\n${path}\n${query}\n${input.canonicalHeaders}\n${input.signedHeaders}\n${input.payloadHash}`
}

/** Trims, and makes one space of every run of blanks. ASCII blanks only: the byte 0xA0 may be half of a UTF-8 letter. */
export function canonicalHeaderValue(value: string): string {
  if (!needsCollapsing(value)) return value
  return value.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, '')
}

function needsCollapsing(value: string): boolean {
  let wasBlank = true
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    const isBlank = code === 0x20
    if ((isBlank && wasBlank) || (code >= 0x09 && code <= 0x0d)) return true
    wasBlank = isBlank
  }
  return wasBlank
}

/** Dot segments and doubled slashes removed, then every byte outside the unreserved set encoded, the percent signs of the first encoding included. */
export function canonicalPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') segments.pop()
    else segments.push(encodeBytes(segment))
  }
  if (segments.length === 0) return '/'
  return `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}`
}

/** Sorted by encoded name, then by encoded value (RFC 3986 encoding, upper-case hex). */
export function canonicalQuery(query: string): string {
  if (query === '') return ''
  const pairs: [name: string, value: string][] = []
  for (const part of query.split('&')) {
    if (part === '') continue
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    const value = equals < 0 ? '' : part.slice(equals + 1)
    pairs.push([encodeBytes(decodePercent(name)), encodeBytes(decodePercent(value))])
  }
  pairs.sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
  return pairs.map(([name, value]) => `${name}=${value}`).join('&')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A percent sign that two hex digits do not follow stands for itself. */
function decodePercent(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function encodeBytes(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-._~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
