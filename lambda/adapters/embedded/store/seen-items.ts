/**
 * What each Region has seen of the other Regions' heads and links: copies of their rows, as they were when a message about them was delivered. Heads that have nothing to do with other Regions are not among them.
 * @module
 */
import type { Link } from '../../../core/domain/replication.ts'
import type { SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import { decodeHead, REPLICATION_MEMBER } from '../../head-record.ts'
import { decodeLink } from '../../link-record.ts'
import type { Database } from '../database.ts'

export type ItemKind = 'head' | 'link'

/** A head or link, by the Region that writes it. */
export interface ReplicatedItem {
  readonly key: SecretKey
  readonly kind: ItemKind
}

export interface Seen {
  readonly heads: ReadonlyMap<string, SecretHead>
  readonly links: ReadonlyMap<string, Link>
}

type SeenRow = readonly [region: string, kind: ItemKind, record: string, inline: Uint8Array | null]

const OF_OBSERVER = 'account = ? AND name = ? AND observer = ?'
const OF_ITEM = 'account = ? AND region = ? AND name = ?'

export class SeenItems {
  readonly #statements

  constructor(database: Database) {
    this.#statements = prepareAll(database)
  }

  /** By Region. @param key `region`: whose view */
  of({ account, region, name }: SecretKey): Seen {
    const heads = new Map<string, SecretHead>()
    const links = new Map<string, Link>()
    const rows = this.#statements.all.all(account, name, region) as unknown as readonly SeenRow[]
    for (const [owner, kind, record, inline] of rows)
      if (kind === 'link') links.set(owner, decodeLink(record))
      else heads.set(owner, decodeHead({ account, region: owner, name }, record, inline))
    return { heads, links }
  }

  /** The link of another Region. */
  link(key: SecretKey, observer: string): Link | undefined {
    const row = this.#statements.link.get(key.account, key.name, observer, key.region)
    return row && decodeLink(row.record as string)
  }

  /** Who has a copy of it. */
  observersOf({ key: { account, region, name }, kind }: ReplicatedItem): readonly string[] {
    return this.#statements.observers.all(account, name, region, kind).map((row) => row.observer as string)
  }

  /** The observer sees the item as it is now, or that it is not there. Within a write of the database. */
  copy({ key: { account, region, name }, kind }: ReplicatedItem, observer: string): void {
    const { copyHead, copyLink, forget } = this.#statements
    const { changes } = (kind === 'head' ? copyHead : copyLink).run(observer, account, region, name)
    if (changes === 0) forget.run(account, name, observer, region, kind)
  }
}

function prepareAll(database: Database) {
  const all = database.prepare(`SELECT region, kind, record, inline FROM seen WHERE ${OF_OBSERVER}`)
  all.setReturnArrays(true)
  return {
    all,
    link: database.prepare(`SELECT record FROM seen WHERE ${OF_OBSERVER} AND region = ? AND kind = 'link'`),
    observers: database.prepare('SELECT observer FROM seen WHERE account = ? AND name = ? AND region = ? AND kind = ?'),
    copyHead: database.prepare(
      `INSERT INTO seen (observer, account, region, name, kind, record, inline)
       SELECT ?, account, region, name, 'head', record, inline FROM head
       WHERE ${OF_ITEM} AND record ->> '$.${REPLICATION_MEMBER}' IS NOT NULL
       ON CONFLICT DO UPDATE SET record = excluded.record, inline = excluded.inline`,
    ),
    copyLink: database.prepare(
      `INSERT INTO seen (observer, account, region, name, kind, record)
       SELECT ?, account, region, name, 'link', record FROM link WHERE ${OF_ITEM}
       ON CONFLICT DO UPDATE SET record = excluded.record`,
    ),
    forget: database.prepare(`DELETE FROM seen WHERE ${OF_OBSERVER} AND region = ? AND kind = ?`),
  }
}
