/**
 * Lets through of a function's error what people need and nothing that could be a secret. Two sieves: what the function could know is cut out in every form that it is usually written in, and what merely looks
 * like a secret is cut out too, since a function may make one that we never see.
 * @module
 */
import type { SecretParts } from './secret-parts.ts'
import { secretSpans, type Span } from './secret-spans.ts'

const MOST = 500
const CUT = '[redacted]'
/** Of UTF-16 units: what is looked at of a long message. */
const WINDOW = 16_384
/** A character of a secret may take so many of a message, as `%5Cu00e4` does. */
const WIDEST = 8

/** An identifier such as `ValueError` or `botocore.errorfactory.ResourceNotFoundException`; anything else is no name of an error. */
export const redactErrorType = (type: string | undefined, secrets: readonly string[] = []): string | undefined =>
  type !== undefined &&
  /^[A-Za-z][A-Za-z0-9_.]{0,120}$/.test(type) &&
  !looksSecret(type) &&
  secretSpans(type, secrets).length === 0
    ? type
    : undefined

/** @param parts of all values that the function could know */
export function redactMessage(message: string, { secrets, known }: SecretParts): string {
  const window = message.slice(0, WINDOW)
  const spans = [...secretSpans(window, secrets), ...brokenOff(message, secrets)]
  return withoutLooks(withoutLabelled(cut(window, spans).replaceAll(/\p{Cc}+/gu, ' ')), known).slice(0, MOST)
}

/** Where the message goes on, the beginning of a secret may be at the end of what is looked at. */
function brokenOff({ length }: string, secrets: readonly string[]): readonly Span[] {
  const longest = secrets.reduce((most, secret) => Math.max(most, secret.length), 0)
  return length <= WINDOW || longest === 0 ? [] : [[Math.max(0, WINDOW - WIDEST * longest), WINDOW]]
}

function cut(text: string, spans: readonly Span[]): string {
  const ordered = spans.toSorted(([one], [other]) => one - other)
  let [left, done] = ['', 0]
  for (const [begin, end] of ordered) {
    if (end <= done) continue
    // Two that touch are one: how many there are is nobody's business.
    if (begin > done || done === 0) left += text.slice(done, begin) + CUT
    done = end
  }
  return left + text.slice(done)
}

/** `password=...`, `"token": "..."`: a plain word in such a place is a secret too. */
const withoutLabelled = (text: string): string =>
  text.replaceAll(
    /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key)["']?(?:=|:(?=["'])|: (?=["']))["']?)([^\s"'&;,]+)/gi,
    (_, label: string) => label + CUT,
  )

/** @param known may be said */
function withoutLooks(text: string, known: readonly string[]): string {
  const longestFirst = known.filter((value) => value !== '').toSorted((one, other) => other.length - one.length)
  return text.replaceAll(URL_OR_WORD, (match, url: string | undefined) =>
    url === undefined ? (isHarmless(match, longestFirst) ? match : CUT) : publicUrl(match, longestFirst),
  )
}

const URL_OR_WORD = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'`<>]+)|[^\s"'`()[\]{}<>,;=]+/gi

/** Of a URL its origin, and its path where that says nothing; neither user nor query. */
function publicUrl(url: string, known: readonly string[]): string {
  const [, scheme = '', rest = ''] = /^([^:]+:\/\/)(.*)$/s.exec(url) ?? []
  const [, user, place = ''] = /^(?:(.*)@)?(.*)$/s.exec(rest) ?? []
  const [, host = '', path = '', query = ''] = /^([^/?#]*)([^?#]*)(.*)$/s.exec(place) ?? []
  const authority = (user === undefined ? '' : `${CUT}@`) + (isHost(host, known) ? host : CUT)
  const isShown = path.split('/').every((part) => isHarmless(part, known))
  return scheme + authority + (isShown ? path : `/${CUT}`) + (query === '' ? '' : `?${CUT}`)
}

const isHost = (host: string, known: readonly string[]): boolean =>
  HOST.test(host.replace(/[),;.:\]]+$/, '')) || isHarmless(host, known)
const HOST = /^(?:[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]{2,45})\]?(?::\d{1,5})?$/i

/** What is made of known values, and at most a port beside them, may be said. */
function isHarmless(word: string, known: readonly string[]): boolean {
  if (!looksSecret(word)) return true
  const rest = known.reduce((text, value) => text.replaceAll(value, '\n'), word)
  return rest !== word && /^[^\p{L}\p{N}]*\d{0,5}[^\p{L}\p{N}]*$/u.test(rest)
}

/** Names that messages are about: ARNs, UUIDs, addresses with a port, paths of files, modules, dates, codes of errors. */
const HARMLESS = [
  /^arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{0,12}:[\w/+=.@!:*$-]+$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[:.,]?$/i,
  /^(\d{1,3}\.){3}\d{1,3}(:\d{1,5})?[:.,]?$/,
  /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}[.,]?$/i,
  /^([a-z0-9-]+\.)+[a-z]{2,}(:\d{1,5})?[:.,]?$/i,
  /^[a-z]+(-[a-z]+)*:\d{1,5}[:.,]?$/i,
  /^\.{0,2}(\/[a-z@][a-z_.-]*(\d{1,2}(\.\d{1,2})*[a-z_.-]*)?)+(:\d+)*[:.,]?$/,
  /^[a-z]+\d{0,2}(_[a-z]+\d{0,2}|_v?\d{1,3})+(\.[a-z_]+)*[:.,]?$/,
  /^[A-Z][a-z]+([A-Z][a-z]+)*(Error|Exception|Failure)?:?$/,
  /^\d{4}-\d{2}-\d{2}(T[\d:.]+Z?)?$/,
]

/** A word of eight characters or more in which letters, digits and other characters mix as they do not in language, or that mixes cases as no identifier does. */
function looksSecret(word: string): boolean {
  if (word.length < 8 || HARMLESS.some((form) => form.test(word))) return false
  const bare = word.replaceAll(/^[.:!?]+|[.:!?]+$/g, '')
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9_.\-/:]/].filter((kind) => kind.test(bare)).length
  const turns = bare.match(/[A-Z][a-z]*[0-9]|[0-9][A-Za-z]|[a-z][A-Z]{2,}[a-z]/g)?.length ?? 0
  return kinds >= 3 || (kinds >= 2 && turns >= 2) || (/\d/.test(bare) && bare.length >= 16)
}
