/**
 * UntagResource (behaviour 5.11).
 * @module
 */
import { removeTags } from '../domain/tags.ts'
import { secretOperation } from '../operation.ts'

export const untagResource = secretOperation('UntagResource', {
  needs: ['store:read', 'store:write'],
  async run({ input, secret: { head }, now }) {
    const before = head.tags ?? []
    const tags = removeTags(before, input.TagKeys)
    // SM-ABSENT-01: after the last tag is gone the list is shown empty; a secret that never had tags shows none.
    return { answer: undefined, ...(tags.length < before.length && { change: { ...head, tags, changedAt: now } }) }
  },
})
