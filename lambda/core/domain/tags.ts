/**
 * Tags: rules and changes (behaviour 5.11).
 * @module
 */
import { tagCharacters, tagKeyMissing, tagKeyRepeated, tagKeyReserved, tooManyTags } from './errors.ts'
import type { Tag } from './secret.ts'

/** User tags; system tags (`aws:`) do not count. */
const MAX_TAGS = 50
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Tags as a request has them: the model requires neither member. */
type RequestedTags = readonly { readonly Key?: string; readonly Value?: string }[]

/** SM-TAG-01 @throws {ServiceError} InvalidParameterException */
export function parseTags(requested: RequestedTags): readonly Tag[] {
  const tags = requested.map(({ Key, Value }) => {
    if (Key === undefined) throw tagKeyMissing()
    if (isSystemKey(Key)) throw tagKeyReserved()
    if (!ALLOWED.test(Key) || !ALLOWED.test(Value ?? '')) throw tagCharacters()
    return { key: Key, value: Value ?? '' }
  })
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw tagKeyRepeated()
  return checkCount(tags)
}

/** SM-TAG-02: adds, or overwrites by key. @throws {ServiceError} InvalidParameterException over 50 tags */
export function putTags(current: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map(current.map((tag) => [tag.key, tag]))
  for (const tag of added) merged.set(tag.key, tag)
  return checkCount([...merged.values()])
}

/** SM-TAG-03: keys that are not there are ignored; system tags stay. @throws {ServiceError} InvalidParameterException */
export function removeTags(current: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  if (keys.some(isSystemKey)) throw tagKeyReserved()
  const removed = new Set(keys)
  return current.filter(({ key }) => !removed.has(key))
}

const isSystemKey = (key: string): boolean => key.toLowerCase().startsWith('aws:')

function checkCount(tags: readonly Tag[]): readonly Tag[] {
  if (tags.filter(({ key }) => !isSystemKey(key)).length > MAX_TAGS) throw tooManyTags()
  return tags
}
