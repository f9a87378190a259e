/**
 * GetRandomPassword (behaviour 5.12).
 * @module
 */
import type { GetRandomPasswordRequest } from '../model/secrets-manager.types.generated.ts'
import type { Entropy } from '../ports/entropy.ts'
import { passwordNothingLeft, passwordTooShort, passwordTypeExcluded } from './errors.ts'

const DEFAULT_LENGTH = 32
const UPPERCASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz'
const NUMBERS = '0123456789'
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'

/**
 * SM-PASSWORD-01..05: every position is drawn without bias; the required classes land at random positions. A space is admitted by IncludeSpace
 * and never required.
 * @throws {ServiceError} InvalidParameterException
 */
export function randomPassword(request: GetRandomPasswordRequest, entropy: Entropy): string {
  const excluded = new Set(request.ExcludeCharacters ?? '')
  const allowed = (characters: string): string =>
    Array.from(characters)
      .filter((character) => !excluded.has(character))
      .join('')
  const classes = [
    request.ExcludeUppercase ? undefined : UPPERCASE,
    request.ExcludeLowercase ? undefined : LOWERCASE,
    request.ExcludeNumbers ? undefined : NUMBERS,
    request.ExcludePunctuation ? undefined : PUNCTUATION,
  ].flatMap((characters) => (characters === undefined ? [] : [allowed(characters)]))
  const pool = classes.join('') + (request.IncludeSpace ? allowed(' ') : '')
  if (pool === '') throw passwordNothingLeft()
  const required = (request.RequireEachIncludedType ?? true) ? classes : []
  if (required.includes('')) throw passwordTypeExcluded()
  const length = request.PasswordLength ?? DEFAULT_LENGTH
  if (length < required.length) throw passwordTooShort()
  const sources = [...required, ...Array<string>(length - required.length).fill(pool)]
  return shuffled(sources, entropy)
    .map((characters) => characters.charAt(entropy.below(characters.length)))
    .join('')
}

/** Fisher-Yates. */
function shuffled<T>(items: T[], entropy: Entropy): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = entropy.below(last + 1)
    ;[items[last], items[other]] = [items[other] as T, items[last] as T]
  }
  return items
}
