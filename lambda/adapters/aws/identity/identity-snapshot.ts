/**
 * Keeps the snapshot of the account's identities in the table: reads IAM, writes what has changed, removes what is gone, and only then says as of when the snapshot is. A pass that ends
 * before leaves the earlier moment in place, and what it has written is true all the same: every item stands for itself.
 *
 * One pass at a time, by a lease in the table: an earlier reading can't overwrite a later one.
 * @module
 */
import type { Clock } from '../../../core/ports/clock.ts'
import {
  identityKey,
  identityLeaseKey,
  identityNamePrefix,
  identityPrefix,
  identitySnapshotKey,
  keyOfItem,
  deploymentPartition,
  textOf,
  type Item,
} from '../dynamo/item-keys.ts'
import { Table, type Expression, type TableOptions } from '../dynamo/table.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { readAccount, type IamReader } from './account-reading.ts'
import { beganIn, itemsOf, snapshotItem, type IdentityItems } from './identity-items.ts'
import { principalNameIn } from './principal-name.ts'
import { resolvedIdentities } from './resolved-identities.ts'

export interface IdentitySnapshotOptions extends TableOptions, KeyPlace {
  readonly iam: IamReader
  readonly clock: Clock
  /** A name for one pass. */
  readonly newId: () => string
}

export type PassResult =
  | {
      readonly kind: 'done'
      readonly identities: number
      readonly written: number
      readonly removed: number
      /** Identities that are kept as unusable, and those that could not be kept. */
      readonly unusable: number
    }
  /** Another pass is at work, or was begun a moment ago. */
  | { readonly kind: 'skipped' }

export interface PassLimits {
  /** Milliseconds after which this pass has surely ended. */
  readonly longestMs: number
  /** No pass when another was begun less than so many milliseconds ago. */
  readonly pauseMs?: number
}

export class IdentitySnapshot {
  readonly #table: Table
  readonly #place: KeyPlace
  readonly #iam: IamReader
  readonly #clock: Clock
  readonly #newId: () => string
  /** Items that nothing leads to are looked for once in the life of an instance: only a pass that was cut off leaves any. */
  #isTidy = false

  constructor({ account, region, iam, clock, newId, ...options }: IdentitySnapshotOptions) {
    this.#table = new Table(options)
    this.#place = { account, region }
    this.#iam = iam
    this.#clock = clock
    this.#newId = newId
  }

  /** Age in milliseconds of the last whole snapshot; undefined: there is none. */
  async age(): Promise<number | undefined> {
    const item = await this.#table.get(identitySnapshotKey(this.#place))
    return item && this.#clock.now() - beganIn(item)
  }

  /** @throws {Error} of IAM or the table: the snapshot is then as old as before */
  async pass({ longestMs, pauseMs = 0 }: PassLimits): Promise<PassResult> {
    const began = this.#clock.now()
    const holder = this.#newId()
    if (!(await this.#lease({ began, holder, longestMs, pauseMs }))) return { kind: 'skipped' }
    try {
      return await this.#renew(began)
    } finally {
      await this.#release({ began, holder })
    }
  }

  async #renew(began: number): Promise<PassResult> {
    const { identities, leftOut } = resolvedIdentities(await readAccount(this.#iam))
    const wanted = identities.flatMap((identity) => {
      const name = principalNameIn(identity.arn)
      return name === undefined ? [] : [{ ...itemsOf(identity, name, this.#place), identity }]
    })
    const present = await this.#holders()
    const changed = wanted.filter(({ hash, nameItem }) => present.get(textOf(nameItem, 'sk'))?.hash !== hash)
    await inParallel(changed, (each) => this.#write(each, present.get(textOf(each.nameItem, 'sk'))?.uniqueId))

    const names = new Set(wanted.map(({ nameItem }) => textOf(nameItem, 'sk')))
    const gone = [...present].filter(([name]) => !names.has(name))
    await inParallel(gone, async ([, { uniqueId, nameItem }]) => {
      // First the way to it.
      await this.#table.remove(keyOfItem(nameItem))
      await this.#table.remove(identityKey(this.#place, uniqueId))
    })
    if (!this.#isTidy) await this.#tidy(new Set(wanted.map(({ item }) => textOf(item, 'sk'))))
    this.#isTidy = true

    await this.#table.put(snapshotItem(this.#place, began), notLaterThan(began))
    const unusable = wanted.filter(
      ({ isTooLarge, identity: { policies, boundary } }) =>
        isTooLarge || [...policies, ...(boundary ? [boundary] : [])].some(({ text }) => text === null),
    )
    return {
      kind: 'done',
      identities: wanted.length,
      written: changed.length,
      removed: gone.length,
      unusable: unusable.length + leftOut,
    }
  }

  /** The name last: while it has another hash, the next pass writes again. */
  async #write({ item, nameItem }: IdentityItems, previousId: string | undefined): Promise<void> {
    await this.#table.put(item)
    if (previousId !== undefined && previousId !== textOf(nameItem, 'uniqueId'))
      await this.#table.remove(identityKey(this.#place, previousId))
    await this.#table.put(nameItem)
  }

  /** By the sort key of the name. A damaged item has a hash that no identity has, and is written anew or removed. */
  async #holders(): Promise<ReadonlyMap<string, { uniqueId: string; hash: string; nameItem: Item }>> {
    const items = await this.#table.query({ where: this.#beginning(identityNamePrefix(this.#place.region)) })
    return new Map(
      items.map((nameItem) => {
        const [uniqueId = '', hash = ''] = [nameItem.uniqueId?.S, nameItem.hash?.S]
        return [textOf(nameItem, 'sk'), { uniqueId, hash, nameItem }]
      }),
    )
  }

  async #tidy(wanted: ReadonlySet<string>): Promise<void> {
    const where = this.#beginning(identityPrefix(this.#place.region))
    const items = await this.#table.query({ where, attributes: [] })
    const left = items.filter((item) => !wanted.has(textOf(item, 'sk')))
    await inParallel(left, (item) => this.#table.remove(keyOfItem(item)))
  }

  #beginning(prefix: string): Expression {
    return {
      text: '#pk = :pk AND begins_with(#sk, :prefix)',
      names: ['pk', 'sk'],
      values: { ':pk': { S: deploymentPartition(this.#place.account) }, ':prefix': { S: prefix } },
    }
  }

  #lease({ began, holder, longestMs, pauseMs }: Required<PassLimits> & Pass): Promise<boolean> {
    return this.#table.put(
      { ...identityLeaseKey(this.#place), ...leaseOf(began, holder), until: { N: String(began + longestMs) } },
      {
        // Our own, when the answer to the first attempt was lost.
        text: 'attribute_not_exists(#pk) OR #holder = :holder OR (#until < :now AND #began <= :before)',
        names: ['pk', 'holder', 'until', 'began'],
        values: {
          ':holder': { S: holder },
          ':now': { N: String(began) },
          ':before': { N: String(began - pauseMs) },
        },
      },
    )
  }

  /** What is left of it says when the last pass was begun. */
  async #release({ began, holder }: Pass): Promise<void> {
    const item = { ...identityLeaseKey(this.#place), ...leaseOf(began, holder), until: { N: '0' } }
    const ours = { text: '#holder = :holder', names: ['holder'], values: { ':holder': { S: holder } } }
    // It runs out by itself.
    await this.#table.put(item, ours).catch(() => false)
  }
}

interface Pass {
  readonly began: number
  readonly holder: string
}

const leaseOf = (began: number, holder: string): Item => ({ began: { N: String(began) }, holder: { S: holder } })

/** A snapshot never gets older. */
const notLaterThan = (began: number): Expression => ({
  text: 'attribute_not_exists(#pk) OR #began <= :began',
  names: ['pk', 'began'],
  values: { ':began': { N: String(began) } },
})

/** Requests at once: a first pass over a large account ends within seconds. */
const LANES = 16

/** @throws the first failure, when nothing that was begun is under way any more */
async function inParallel<T>(work: readonly T[], one: (each: T) => Promise<unknown>): Promise<void> {
  const rest = work.values()
  const failures: unknown[] = []
  const lane = async (): Promise<void> => {
    for (const each of rest) {
      if (failures.length > 0) return
      await one(each).catch((failure: unknown) => failures.push(failure))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  if (failures.length > 0) throw failures[0]
}
