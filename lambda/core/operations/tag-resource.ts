/**
 * TagResource (behaviour 5.11).
 * @module
 */
import { parseTags, putTags } from '../domain/tags.ts'
import { secretOperation } from '../operation.ts'

export const tagResource = secretOperation('TagResource', {
  needs: ['store:read', 'store:write'],
  async run({ input, secret: { head }, now }) {
    const tags = putTags(head.tags ?? [], parseTags(input.Tags))
    return { answer: undefined, change: { ...head, tags, changedAt: now } }
  },
})
