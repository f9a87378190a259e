/**
 * Lets through of a function's error what people need and nothing that could be a secret. Two sieves: the values that the function could know are cut out in every form that they are usually written in, and
 * what merely looks like a secret is cut out too, since a function may make one that we never see.
 * @module
 */

const MOST = 500
const CUT = '[redacted]'
/** A text of fewer characters is found everywhere: `1` for a port, `db` for a name. They are no secrets. */
const SHORTEST = 4

/** An identifier such as `ValueError` or `botocore.errorfactory.ResourceNotFoundException`; anything else is no name of an error. */
export const redactErrorType = (type: string | undefined): string | undefined =>
  type !== undefined && /^[A-Za-z][A-Za-z0-9_.]{0,120}$/.test(type) && !looksSecret(type) ? type : undefined

/** @param secrets values and their parts; public ones such as a host name among them are cut out as well */
export function redactMessage(message: string, secrets: readonly string[]): string {
  const forms = [...new Set(secrets.filter(({ length }) => length >= SHORTEST).flatMap(writtenForms))]
  // The longest first: a short one may be part of it.
  forms.sort((one, other) => other.length - one.length)
  let text = message
  for (const form of forms) text = text.replaceAll(form, CUT)
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/[^\s"'`()[\]{}<>,;=]+/g, (word) => (looksSecret(word) ? CUT : word))
    .slice(0, MOST)
}

/** As it is, in JSON, in a URL, in base64 (of any alignment a part in the middle shows), in hexadecimal. */
function writtenForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const json = JSON.stringify(secret).slice(1, -1)
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  return [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(secret),
    base64,
    bytes.toString('hex'),
  ].filter(({ length }) => length >= SHORTEST)
}

/** Names that messages are about: ARNs, UUIDs, addresses with a port, paths of files, dates, codes of errors. */
const HARMLESS = [
  /^arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{0,12}:[\w/+=.@!:*$-]+$/,
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[:.,]?$/i,
  /^(\d{1,3}\.){3}\d{1,3}(:\d{1,5})?[:.,]?$/,
  /^([a-z0-9-]+\.)+[a-z]{2,}(:\d{1,5})?[:.,]?$/i,
  /^(\/var\/task|\/opt)?\/[a-z_/.-]+(:\d+)*$/,
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
