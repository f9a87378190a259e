/**
 * UntagResource (behaviour 5.11).
 * @module
 */
import { removeTags } from '../domain/tags.ts'
import { secretOperation } from '../operation.ts'
import { requireKeptAccess } from '../tag-lock-out.ts'

export const untagResource = secretOperation('UntagResource', {
  needs: ['store:read', 'store:write'],
  async run(call) {
    const { input, secret, now } = call
    const { head } = secret
    const before = head.tags ?? []
    const tags = removeTags(before, input.TagKeys)
    if (tags.length === before.length) return { answer: undefined }
    await requireKeptAccess('UntagResource', call, tags)
    // SM-ABSENT-01: after the last tag is gone the list is shown empty; a secret that never had tags shows none.
    return { answer: undefined, change: { ...head, tags, changedAt: now } }
  },
})
