/**
 * How far a daily walk has got, so that the next run of the function goes on from there.
 * @module
 */
import type { KeyPlace } from '../shared-key-registry.ts'
import { checkpointKey } from './item-keys.ts'
import { Table, type TableOptions } from './table.ts'

export class Checkpoints {
  readonly #table: Table
  readonly #place: KeyPlace

  constructor({ account, region, ...options }: TableOptions & KeyPlace) {
    this.#table = new Table(options)
    this.#place = { account, region }
  }

  /** @returns undefined at the beginning of a walk */
  async read(task: string): Promise<string | undefined> {
    return (await this.#table.get(checkpointKey(this.#place, task)))?.position?.S
  }

  /** @param position undefined: the walk has come to its end */
  async write(task: string, position: string | undefined): Promise<void> {
    await this.#table.put({
      ...checkpointKey(this.#place, task),
      ...(position !== undefined && { position: { S: position } }),
    })
  }
}
