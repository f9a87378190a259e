/**
 * Tags of keys.
 * @module
 */
import type { KeyTag } from './key-record.ts'
import { KmsFailure } from './kms-failure.ts'

/** KMS developer guide, "Tags in KMS". */
const MAX_TAGS = 50
const RESERVED_PREFIX = /^aws:/i

/** The tags after `added` were put over `present`. @throws {KmsFailure} TagException, LimitExceededException */
export function withTags(present: readonly KeyTag[], added: readonly KeyTag[]): KeyTag[] {
  const names = new Set(added.map(({ key }) => key))
  if (names.size < added.length) throw new KmsFailure('TagException', 'A tag key occurs more than once.')
  if (added.some(({ key }) => RESERVED_PREFIX.test(key)))
    throw new KmsFailure('TagException', 'Tag keys that begin with aws: are reserved.')
  const result = [...present.filter(({ key }) => !names.has(key)), ...added]
  if (result.length > MAX_TAGS) throw new KmsFailure('LimitExceededException', `A key has at most ${MAX_TAGS} tags.`)
  return result
}

export function withoutTags(present: readonly KeyTag[], keys: readonly string[]): KeyTag[] {
  const removed = new Set(keys)
  return present.filter(({ key }) => !removed.has(key))
}
