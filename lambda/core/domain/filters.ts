/**
 * The filters of ListSecrets and BatchGetSecretValue (behaviour 6.1), compiled once per request. The model's enumeration has refused unknown keys
 * before (SM-LIST-12).
 * @module
 */
import type { Filter } from '../model/secrets-manager.types.generated.ts'
import { filterWithoutKey, filterWithoutValues } from './errors.ts'
import { primaryRegionOf } from './replication.ts'
import type { SecretSummary } from './secret.ts'
import { wordsOf } from './words.ts'

export type SecretPredicate = (head: SecretSummary) => boolean
type Key = NonNullable<Filter['Key']>

const textsOf: Readonly<Record<Key, SecretTexts>> = {
  name: ({ key }) => [key.name],
  description: ({ description }) => (description === undefined ? [] : [description]),
  'tag-key': ({ tags = [] }) => tags.map(({ key }) => key),
  'tag-value': ({ tags = [] }) => tags.map(({ value }) => value),
  // SM-LIST-07
  'primary-region': (head) => {
    const region = primaryRegionOf(head)
    return region === undefined ? [] : [region]
  },
  'owning-service': ({ owningService }) => (owningService === undefined ? [] : [owningService]),
  all: ({ key, description = '', tags = [] }) => [
    key.name,
    description,
    ...tags.flatMap((tag) => [tag.key, tag.value]),
  ],
}
type SecretTexts = (head: SecretSummary) => readonly string[]

/**
 * SM-LIST-02: all filters must match, also when a key is given twice; inside one, any value.
 * @throws {ServiceError} InvalidParameterException
 */
export function compileFilters(filters: readonly Filter[]): SecretPredicate {
  const words = { all: wordsOnce('all'), description: wordsOnce('description') }
  const predicates = filters.map((filter) => compileFilter(filter, words))
  return (head) => predicates.every((matches) => matches(head))
}

type WordKey = 'all' | 'description'
type Words = Readonly<Record<WordKey, (head: SecretSummary) => readonly string[]>>

/** Cutting texts into words is most of the work: it is done once for each secret, however many values ask for it. */
function wordsOnce(key: WordKey): (head: SecretSummary) => readonly string[] {
  let last: { readonly head: SecretSummary; readonly words: readonly string[] } | undefined
  return (head) => {
    if (last?.head !== head) last = { head, words: textsOf[key](head).flatMap(wordsOf) }
    return last.words
  }
}

function compileFilter({ Key, Values }: Filter, words: Words): SecretPredicate {
  if (Key === undefined) throw filterWithoutKey()
  if (Values === undefined) throw filterWithoutValues(Key)
  const predicates = Values.map((value) => compileValue(Key, value, words))
  return (head) => predicates.some((matches) => matches(head))
}

/** SM-LIST-06: a leading `!` selects the complement. */
function compileValue(key: Key, value: string, words: Words): SecretPredicate {
  if (!value.startsWith('!')) return compileMatch(key, value, words)
  const matches = compileMatch(key, value.slice(1), words)
  return (head) => !matches(head)
}

function compileMatch(key: Key, value: string, words: Words): SecretPredicate {
  // SM-LIST-03: whole-prefix, case-sensitive. (DOC conflict on owning-service: its ids are lower case, so we take the stricter.)
  if (key !== 'all' && key !== 'description') return (head) => textsOf[key](head).some((text) => text.startsWith(value))
  // SM-LIST-04: every word of the value begins some word of the text, in any order, whatever the case.
  const wanted = wordsOf(value)
  if (wanted.length === 0) return () => false
  return (head) => wanted.every((prefix) => words[key](head).some((word) => word.startsWith(prefix)))
}
