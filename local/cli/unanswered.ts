/**
 * Why a call has come to no answer, or to one that is no Coffer's, in words that say what to do about it. Pure.
 * @module
 */
import { z } from 'zod'
import { regionOfEndpoint } from '../../client/endpoint.ts'

/** @param cause what fetch has thrown */
export function whyUnanswered(url: URL, cause: unknown, timeoutMs: number): string {
  const { name, cause: inner } = failure.safeParse(cause).data ?? {}
  if (name === 'TimeoutError')
    return `${url.origin} has not answered within ${Math.round(timeoutMs / 1000)} seconds. What it was asked for may go on there.`
  const code = codeOf(inner)
  const reason = REASONS.find(({ sign }) => sign.test(code))?.say(url, code)
  return reason ?? `${url.origin} cannot be reached. Name a running Coffer with --url or AWS_ENDPOINT_URL.`
}

export interface NotFound {
  /** Without what the URL has before it. */
  readonly path: string
  readonly status: number
  /** Of the error. */
  readonly code: string | undefined
}

/** What the URL lacks or has too much, for an answer that says that there is nothing there; undefined: it may be right. */
export function misplaced(url: URL, { path, status, code }: NotFound): string | undefined {
  const end = new URL(path, url.origin).pathname
  const base = url.pathname.endsWith(end) ? url.pathname.slice(0, -end.length) : ''
  if (regionOfEndpoint(url.origin) !== undefined)
    return status === 403 && base === ''
      ? `${url.origin} has no such path: a Coffer on AWS is at a URL with its stage, such as ${url.origin}/v1.`
      : undefined
  if (status !== 404 || base === '' || (code !== undefined && code !== 'UnknownOperationException')) return undefined
  return `There is no Coffer at ${url.origin}${base}. An embedded one has no ${base} in its URL: try --url ${url.origin}`
}

interface Reason {
  readonly sign: RegExp
  readonly say: (url: URL, code: string) => string
}

const REASONS: readonly Reason[] = [
  {
    sign: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO|ERR_SSL_TLSV1_UNRECOGNIZED_NAME)$/,
    say: ({ host, origin }) => `${origin} does not speak https. Is it http://${host}?`,
  },
  {
    sign: /CERT|^UNABLE_TO_/,
    say: ({ origin }, code) =>
      `${origin} has a certificate that is not trusted here (${code}). NODE_EXTRA_CA_CERTS names a PEM file of further certificates to trust.`,
  },
  {
    sign: /^(UND_ERR_SOCKET|ECONNRESET)$/,
    say: ({ protocol, host, origin }) =>
      `${origin} ended the connection without an answer. ${protocol === 'http:' ? `Is it https://${host}, or` : 'Is it'} the port of another program?`,
  },
  {
    sign: /^HTTPParserError$/,
    say: ({ origin }) =>
      `${origin} does not speak HTTP: it is the port of another program. Name a running Coffer with --url.`,
  },
  {
    sign: /^(ENOTFOUND|EAI_AGAIN)$/,
    say: ({ hostname, origin }) =>
      `${origin} cannot be reached: there is no host ${hostname}. Name a running Coffer with --url or AWS_ENDPOINT_URL.`,
  },
  {
    sign: /^ECONNREFUSED$/,
    say: ({ origin }) =>
      `${origin} cannot be reached: nothing listens there. Name a running Coffer with --url or AWS_ENDPOINT_URL.`,
  },
]

const failure = z.object({
  name: z.string().optional(),
  /** A text of Node's, or a number of the web's. */
  code: z.unknown().optional(),
  cause: z.unknown().optional(),
  /** Of several addresses that were tried. */
  errors: z.array(z.unknown()).optional(),
})

/** Node's code of an error, or the name of one that has none. */
function codeOf(error: unknown): string {
  const { code, errors = [], name = '' } = failure.safeParse(error).data ?? {}
  if (typeof code === 'string') return code
  return errors.length > 0 ? codeOf(errors[0]) : name
}
