/**
 * Where secrets are in a text, in every form that they are usually written in: as they are, in either case, escaped for JSON, URLs or HTML, more than once and one in another, in base64 at any alignment, in
 * hexadecimal, as a list of bytes, and across the end of a line.
 * @module
 */
import { rewritten, viewOf, type TextView } from './text-view.ts'

/** Of UTF-16 units: begin, and end (the first after it). */
export type Span = readonly [begin: number, end: number]

/** A text of fewer characters is found everywhere: `1` for a port, `db` for a name. They are no secrets. */
export const SHORTEST = 4
const SHORTEST_JOINED = 8
/** Of characters of base64: fewer are in many words by chance. */
const SHORTEST_CODE = 5

export function secretSpans(text: string, secrets: readonly string[]): readonly Span[] {
  const long = [...new Set(secrets)].filter(({ length }) => length >= SHORTEST)
  if (long.length === 0 || text === '') return []
  const readings = readingsOf(viewOf(text))
  const same = readings.map(folded)
  return [
    ...hits(readings, long).map((span) => wholeRun(span, text, WORD)),
    ...hits(same, long.map(foldedForm)).map((span) => wholeRun(span, text, WORD)),
    ...hits(same.map(joined), long.map(joinedForm)).map((span) => wholeRun(span, text, WORD)),
    ...hits(readings.map(base64), long.flatMap(base64Forms)).map((span) => wholeRun(span, text, BASE64)),
    ...hits(readings.map(hexadecimal), long.map(hexForm)).map((span) => wholeRun(span, text, HEX)),
    ...hits(readings.map(list), long.map(listForm)),
  ]
}

/** What one reading escapes another may hold escaped again. */
function readingsOf(raw: TextView): readonly TextView[] {
  const escaped = unescaped(raw)
  const twice = unescaped(escaped)
  const percent = percentDecoded(raw)
  const all = [
    raw,
    escaped,
    twice,
    unescaped(twice),
    percent,
    percentDecoded(percent),
    percentDecoded(rewritten(raw, /\+/g, () => ' ')),
    percentDecoded(escaped),
    unescaped(percent),
    entitiesDecoded(raw),
    entitiesDecoded(escaped),
  ]
  return distinct(all)
}

const unescaped = (view: TextView): TextView =>
  rewritten(view, /(?:\\x[0-9a-f]{2})+|\\u[0-9a-f]{4}|\\u\{[0-9a-f]{1,6}\}|\\[^]/gi, (match) => {
    if (/^\\x/i.test(match) && match.length > 2) return bytesAsText(match.replaceAll(/\\x/gi, ''))
    if (/^\\u/i.test(match) && match.length > 2)
      return characterOf(Number.parseInt(match.replaceAll(/[\\u{}]/gi, ''), 16))
    const letter = match.slice(1)
    return CONTROLS[letter] ?? letter
  })

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', '0': '\0' }

const percentDecoded = (view: TextView): TextView =>
  rewritten(view, /(?:%[0-9a-f]{2})+/gi, (match) => bytesAsText(match.replaceAll('%', '')))

const entitiesDecoded = (view: TextView): TextView =>
  rewritten(view, /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});/gi, (match) => {
    const name = match.slice(1, -1).toLowerCase()
    if (name.startsWith('#x')) return characterOf(Number.parseInt(name.slice(2), 16))
    if (name.startsWith('#')) return characterOf(Number(name.slice(1)))
    return ENTITIES[name] ?? match
  })

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const characterOf = (point: number): string => (point <= 0x10_ffff ? String.fromCodePoint(point) : '')

/** UTF-8 where it is that, else one byte a character. */
function bytesAsText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  const text = bytes.toString('utf8')
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text
}

/** In letters of one case. */
const folded = (view: TextView): TextView =>
  rewritten(view, /\p{Lu}|[^\0-\x7f]/gu, (letter) => letter.toUpperCase().toLowerCase())
/** Without blanks, ends of lines and what is not seen. */
const joined = (view: TextView): TextView => rewritten(view, /[\s\p{Cc}\p{Cf}]+/gu, () => '')

const foldedForm = (secret: string): string => folded(viewOf(secret)).text
/** A short one would be found in two words that follow each other. */
const joinedForm = (secret: string): string =>
  secret.length < SHORTEST_JOINED ? '' : joined(folded(viewOf(secret))).text

const base64 = (view: TextView): TextView =>
  rewritten(
    rewritten(view, /[\s\p{Cc}\p{Cf}]+/gu, () => ''),
    /[-_]/g,
    (letter) => (letter === '-' ? '+' : '/'),
  )

/** The characters that the secret alone decides, for each of the places that it may begin at in a group of three bytes; of it, of its JSON, and of what other encodings of the text make of it. */
function base64Forms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const texts = [...new Set([secret, json, encodeURIComponent(secret.toWellFormed())])]
  const contents = [
    ...texts.map((text) => Buffer.from(text, 'utf8')),
    Buffer.from(secret, 'utf16le'),
    Buffer.from(secret, 'latin1'),
  ]
  return contents
    .flatMap((bytes) =>
      [0, 1, 2].map((offset) => {
        const code = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
        return code.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
      }),
    )
    .filter((code) => code.length >= SHORTEST_CODE)
}

/** Digits of one byte may be apart from those of the next. */
const hexadecimal = (view: TextView): TextView =>
  rewritten(
    rewritten(view, /\b0x|\\+x|[^0-9A-Za-z]+/gi, () => ''),
    /[A-Z]/g,
    (letter) => letter.toLowerCase(),
  )
const hexForm = (secret: string): string => Buffer.from(secret, 'utf8').toString('hex')

const list = (view: TextView): TextView => rewritten(view, /\s+/g, () => '')
const listForm = (secret: string): string => Buffer.from(secret, 'utf8').join(',')

const WORD = /[\p{L}\p{N}_]/u
const BASE64 = /[\w+/=-]/
const HEX = /[0-9A-Za-z]/

/** The run that it is in: what is left of it would tell how it begins or ends. */
function wholeRun([begin, end]: Span, text: string, unit: RegExp): Span {
  let [first, last] = [begin, end]
  while (first > 0 && unit.test(text.charAt(first - 1))) first--
  while (last < text.length && unit.test(text.charAt(last))) last++
  return [first, last]
}

/** @returns where the forms are, in the original */
function hits(views: readonly TextView[], forms: readonly string[]): readonly Span[] {
  const long = [...new Set(forms)].filter(({ length }) => length >= SHORTEST)
  return distinct(views).flatMap(({ text, begins, ends }) => {
    // A value may have thousands of parts: most are not here, and this tells it at once.
    const starts = new Set(Array.from(begins, (_, at) => text.slice(at, at + SHORTEST)))
    const spans: Span[] = []
    for (const form of long) {
      if (!starts.has(form.slice(0, SHORTEST))) continue
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1))
        spans.push([begins[at] ?? 0, ends[at + form.length - 1] ?? 0])
    }
    return spans
  })
}

function distinct(views: readonly TextView[]): readonly TextView[] {
  const known = new Set<string>()
  return views.filter(({ text }) => !known.has(text) && known.add(text))
}
