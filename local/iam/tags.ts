/**
 * Tags of users, roles and policies: 50 at most, keys told apart without case.
 * @module
 */
import type { EntityTag } from '../identities/model.ts'
import type { RequestTags } from './call.ts'
import { invalidInput, quotaExceeded } from './failures.ts'
import type { Tag } from './model/iam.types.generated.ts'

const MAX_TAGS = 50

export const tagsIn = (tags: readonly Tag[] = []): EntityTag[] =>
  tags.map(({ Key, Value }) => ({ key: Key, value: Value }))

/** Absent where there are none. */
export const presentTags = (tags: readonly EntityTag[]): { Tags?: Tag[] } =>
  tags.length === 0 ? {} : { Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })) }

export const presentTag = ({ key, value }: EntityTag): Tag => ({ Key: key, Value: value })

export const requestTags = ({ Tags }: { readonly Tags?: readonly Tag[] }): RequestTags => ({
  given: tagsIn(Tags),
  keys: (Tags ?? []).map(({ Key }) => Key),
})

export const requestTagKeys = ({ TagKeys }: { readonly TagKeys: readonly string[] }): RequestTags => ({ keys: TagKeys })

/** Creation with tags needs the permission to tag as well. */
export const alsoTag =
  (action: string) =>
  ({ Tags }: { readonly Tags?: readonly Tag[] }): string[] =>
    Tags !== undefined && Tags.length > 0 ? [action] : []

/** @throws {QueryError} InvalidInput, LimitExceeded */
export function tagged(present: readonly EntityTag[], added: readonly EntityTag[]): EntityTag[] {
  const names = added.map(({ key }) => key.toLowerCase())
  if (new Set(names).size < names.length)
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  if (names.some((name) => name.startsWith('aws:'))) throw invalidInput('Tag keys must not begin with aws:.')
  const tags = [...present.filter(({ key }) => !names.includes(key.toLowerCase())), ...added]
  if (tags.length > MAX_TAGS) throw quotaExceeded('TagsPerResource', MAX_TAGS)
  return tags
}

export function untagged(present: readonly EntityTag[], keys: readonly string[]): EntityTag[] {
  const names = keys.map((key) => key.toLowerCase())
  return present.filter(({ key }) => !names.includes(key.toLowerCase()))
}
