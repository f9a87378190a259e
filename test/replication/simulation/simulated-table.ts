/**
 * A global table in memory: what each Region has written, and what each has seen of the others. An item is never seen as older than it was seen before; beside that every item travels by itself.
 * @module
 */
import { regionsConcernedBy, regionsConcernedByLink, type Link } from '../../../lambda/core/domain/replication.ts'
import type { AccessRecord, SecretHead } from '../../../lambda/core/domain/secret.ts'
import type { Actor } from './actor.ts'
import type { Network } from './network.ts'

export interface StoredValue {
  readonly name: string
  readonly suffix: string
  readonly id: string
  readonly sealed: Uint8Array
  readonly writtenAt: number
}

/** What a Region has written itself. */
export interface RegionItems {
  readonly heads: Map<string, SecretHead>
  readonly links: Map<string, Link>
  /** By {@link valueKey}. */
  readonly values: Map<string, StoredValue>
  readonly access: Map<string, AccessRecord>
}

interface Seen<T> {
  readonly order: number
  /** Undefined: seen to be gone. */
  readonly item: T | undefined
}

/** What a Region has seen of another. */
export interface SeenItems {
  readonly heads: Map<string, Seen<SecretHead>>
  readonly links: Map<string, Seen<Link>>
  readonly values: Map<string, Seen<StoredValue>>
}

export interface HeadChange {
  readonly region: string
  readonly name: string
  readonly before: SecretHead | undefined
  readonly after: SecretHead | undefined
  readonly actor: Actor
}

export interface TableListener {
  /** Of the writing Region, at the very moment. */
  headWritten(change: HeadChange): void
  linkWritten(region: string, name: string, link: Link | undefined): void
  valueDropped(region: string, name: string): void
  /** A head or link of `from` is seen in `at` now. */
  seen(at: string, from: string, name: string, kind: 'head' | 'link'): void
}

export const valueKey = (name: string, suffix: string, id: string): string => `${name}|${suffix}|${id}`

export class SimulatedTable {
  readonly regions: readonly string[]
  /** Heads and links go only to the Regions that have to do with them, as embedded; else everything goes everywhere, as in DynamoDB. */
  readonly isSelective: boolean
  readonly #own = new Map<string, RegionItems>()
  readonly #seen = new Map<string, SeenItems>()
  readonly #network: Network
  readonly #listener: TableListener
  #order = 0

  constructor(options: {
    regions: readonly string[]
    isSelective: boolean
    network: Network
    listener: TableListener
  }) {
    this.regions = options.regions
    this.isSelective = options.isSelective
    this.#network = options.network
    this.#listener = options.listener
    for (const region of this.regions) {
      this.#own.set(region, { heads: new Map(), links: new Map(), values: new Map(), access: new Map() })
      for (const other of this.regions)
        if (other !== region)
          this.#seen.set(`${region}<${other}`, { heads: new Map(), links: new Map(), values: new Map() })
    }
  }

  own(region: string): RegionItems {
    return present(this.#own.get(region))
  }

  /** What `at` has seen of `of`. */
  seen(at: string, of: string): SeenItems {
    return present(this.#seen.get(`${at}<${of}`))
  }

  head(region: string, name: string): SecretHead | undefined {
    return this.own(region).heads.get(name)
  }

  writeHead(region: string, name: string, after: SecretHead | undefined, actor: Actor): void {
    const { heads } = this.own(region)
    const before = heads.get(name)
    if (after) heads.set(name, after)
    else heads.delete(name)
    const concerned = new Set([
      ...(before ? regionsConcernedBy(before) : []),
      ...(after ? regionsConcernedBy(after) : []),
    ])
    this.#publish({ region, name, kind: 'heads', key: name, item: after, concerned })
    this.#listener.headWritten({ region, name, before, after, actor })
  }

  writeLink(region: string, name: string, link: Link | undefined): void {
    const { links, heads } = this.own(region)
    const before = links.get(name)
    if (link) links.set(name, link)
    else links.delete(name)
    const head = heads.get(name)
    const concerned = new Set([
      ...(before ? regionsConcernedByLink(before) : []),
      ...(link ? regionsConcernedByLink(link) : []),
      ...(head ? regionsConcernedBy(head) : []),
    ])
    this.#publish({ region, name, kind: 'links', key: name, item: link, concerned })
    this.#listener.linkWritten(region, name, link)
  }

  putValue(region: string, value: StoredValue): void {
    const key = valueKey(value.name, value.suffix, value.id)
    this.own(region).values.set(key, value)
    this.#publish({ region, name: value.name, kind: 'values', key, item: value })
  }

  dropValue(region: string, name: string, key: string): void {
    if (!this.own(region).values.delete(key)) return
    this.#publish({ region, name, kind: 'values', key, item: undefined })
    this.#listener.valueDropped(region, name)
  }

  #publish<K extends keyof SeenItems>(written: {
    readonly region: string
    readonly name: string
    readonly kind: K
    readonly key: string
    readonly item: (K extends 'heads' ? SecretHead : K extends 'links' ? Link : StoredValue) | undefined
    readonly concerned?: ReadonlySet<string>
  }): void {
    const { region, name, kind, key, item, concerned } = written
    const order = ++this.#order
    for (const other of this.regions) {
      if (other === region) continue
      if (this.isSelective && concerned && !concerned.has(other)) continue
      const arrive = (): void => {
        const seen = this.seen(other, region)[kind] as Map<string, Seen<unknown>>
        if ((seen.get(key)?.order ?? 0) >= order) return
        seen.set(key, { order, item })
        if (kind !== 'values') this.#listener.seen(other, region, name, kind === 'heads' ? 'head' : 'link')
      }
      this.#network.send({ from: region, to: other, arrive })
    }
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('no such Region')
  return value
}
