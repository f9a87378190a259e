/**
 * A link as an item: its record as text, and the attributes that the conditions and the index of work to come need.
 * @module
 */
import type { Link } from '../../../core/domain/replication.ts'
import type { SecretKey } from '../../../core/domain/secret.ts'
import { decodeLink, encodeLink } from '../../link-record.ts'
import { dueLinksOf } from './head-item.ts'
import { linkKey, textOf, type Item } from './item-keys.ts'
import { sortableTimeAndName } from './sort-text.ts'

export function linkItem(key: SecretKey, link: Link): Item {
  const { revision, checkAt } = link
  return {
    ...linkKey(key),
    record: { S: encodeLink(link) },
    revision: { N: String(revision) },
    ...(checkAt !== undefined && {
      due: { S: dueLinksOf(key.region) },
      dueAt: { S: sortableTimeAndName(checkAt, key.name) },
    }),
  }
}

export const linkOf = (item: Item): Link => decodeLink(textOf(item, 'record'))
