/**
 * TagResource (behaviour 5.11).
 * @module
 */
import { parseTags, putTags } from '../domain/tags.ts'
import { secretOperation } from '../operation.ts'
import { requireKeptAccess } from '../tag-lock-out.ts'

export const tagResource = secretOperation('TagResource', {
  needs: ['store:read', 'store:write'],
  async run(call) {
    const { input, secret, now } = call
    const { head } = secret
    const added = parseTags(input.Tags)
    if (added.length === 0) return { answer: undefined }
    const tags = putTags(head.tags ?? [], added)
    await requireKeptAccess('TagResource', call, tags)
    return { answer: undefined, change: { ...head, tags, changedAt: now } }
  },
})
