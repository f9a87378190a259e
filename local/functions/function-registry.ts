/**
 * The functions of all accounts and Regions: in memory, and sealed in the database.
 * @module
 */
import { z } from 'zod'
import type { Database } from '../../lambda/adapters/embedded/database.ts'
import type { Sealer } from '../identities/sealer.ts'
import type { FunctionKey, FunctionPlace } from './function-name.ts'
import { openRecord, sealRecord, type FunctionRecord } from './function-record.ts'

export interface FunctionChange {
  readonly before: FunctionRecord | undefined
  readonly after: FunctionRecord | undefined
}

const rowSchema = z.object({
  account: z.string(),
  region: z.string(),
  name: z.string(),
  sealed: z.instanceof(Uint8Array),
})

export class FunctionRegistry {
  readonly #database: Database
  readonly #sealer: Sealer
  readonly #put
  readonly #drop
  readonly #functions = new Map<string, FunctionRecord>()
  #turn: Promise<unknown> = Promise.resolve()

  /** @throws when a row was changed or is of another data directory */
  constructor({ database, sealer }: { readonly database: Database; readonly sealer: Sealer }) {
    this.#database = database
    this.#sealer = sealer
    this.#put = database.prepare(
      'INSERT INTO function (account, region, name, sealed) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed',
    )
    this.#drop = database.prepare('DELETE FROM function WHERE account = ? AND region = ? AND name = ?')
    for (const row of database.prepare('SELECT account, region, name, sealed FROM function').all()) {
      const { sealed, ...key } = rowSchema.parse(row)
      this.#functions.set(indexOf(key), openRecord(sealer, key, Buffer.from(sealed)))
    }
  }

  find(key: FunctionKey): FunctionRecord | undefined {
    return this.#functions.get(indexOf(key))
  }

  /** By name. */
  list({ account, region }: FunctionPlace): FunctionRecord[] {
    return [...this.#functions.values()]
      .filter((one) => one.account === account && one.region === region)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** Every folder of code that a function is run from. */
  codeIds(): Set<string> {
    return new Set([...this.#functions.values()].map(({ codeId }) => codeId))
  }

  /**
   * Changes a function by a pure step, which gets it as it is and returns it as it is to be; undefined: not there. Resolves when that is durable.
   * @throws what `work` throws
   */
  change(
    key: FunctionKey,
    work: (present: FunctionRecord | undefined) => FunctionRecord | undefined,
  ): Promise<FunctionChange> {
    // One after another: a step must see what the one before it did.
    const change = this.#turn.then(() => this.#change(key, work))
    this.#turn = change.catch(() => undefined)
    return change
  }

  async #change(
    key: FunctionKey,
    work: (present: FunctionRecord | undefined) => FunctionRecord | undefined,
  ): Promise<FunctionChange> {
    const { account, region, name } = key
    const before = this.find(key)
    const after = work(before)
    await this.#database.write(() => {
      if (after === undefined) this.#drop.run(account, region, name)
      else this.#put.run(account, region, name, sealRecord(this.#sealer, after))
    })
    if (after === undefined) this.#functions.delete(indexOf(key))
    else this.#functions.set(indexOf(key), after)
    return { before, after }
  }
}

const indexOf = ({ account, region, name }: FunctionKey): string => `${account}/${region}/${name}`
