/**
 * The one table of a deployment, as data: the store adapter writes these attributes, the data stack makes these indexes, and both read them here
 * (design section 3). All indexes exist from the start, since DynamoDB adds one per update and on every replica; all are sparse.
 * @module
 */

export interface IndexSchema {
  readonly name: string
  readonly partitionKey: string
  readonly sortKey: string
  /** Attributes besides the keys; none: keys only. */
  readonly include: readonly string[]
}

export const PARTITION_KEY = 'pk'
export const SORT_KEY = 'sk'

/**
 * `list` is `<account>#<region>` on heads; `shard` is `<account>#<region>#<0..7>` on access records; `due` is `<kind>#<region>` on heads and
 * links with work to come.
 * The sort attributes are text that sorts as the listing does.
 */
export const indexes = {
  created: { name: 'by-created', partitionKey: 'list', sortKey: 'byCreated', include: ['record'] },
  changed: { name: 'by-changed', partitionKey: 'list', sortKey: 'byChanged', include: ['record'] },
  name: { name: 'by-name', partitionKey: 'list', sortKey: 'byName', include: ['record'] },
  accessed: {
    name: 'by-accessed',
    partitionKey: 'shard',
    sortKey: 'byAccessed',
    include: ['day', 'versions', 'suffix'],
  },
  due: { name: 'by-due', partitionKey: 'due', sortKey: 'dueAt', include: [] },
} as const satisfies Record<string, IndexSchema>

/** Every key attribute of the table and its indexes is a string. */
export const ACCESS_SHARDS = 8
