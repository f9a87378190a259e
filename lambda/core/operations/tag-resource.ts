/**
 * TagResource (behaviour 5.11).
 * @module
 */
import { parseTags, putTags } from '../domain/tags.ts'
import { secretOperation } from '../operation.ts'

export const tagResource = secretOperation('TagResource', {
  needs: ['store:read', 'store:write'],
  async run({ input, secret: { head }, now }) {
    const added = parseTags(input.Tags)
    if (added.length === 0) return { answer: undefined }
    return { answer: undefined, change: { ...head, tags: putTags(head.tags ?? [], added), changedAt: now } }
  },
})
