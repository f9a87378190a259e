/**
 * The shared key of an account and Region, on record in the table.
 * @module
 */
import type { KeyPlace, SharedKeyRegistry } from '../shared-key-registry.ts'
import { serviceKeyKey } from './item-keys.ts'
import { ifAbsent, Table, type TableOptions } from './table.ts'

export class ServiceKeyRegistry implements SharedKeyRegistry {
  readonly #table: Table

  constructor(options: TableOptions) {
    this.#table = new Table(options)
  }

  async find(place: KeyPlace): Promise<string | undefined> {
    return (await this.#table.get(serviceKeyKey(place)))?.keyArn?.S
  }

  async record(place: KeyPlace, keyArn: string): Promise<string> {
    if (await this.#table.put({ ...serviceKeyKey(place), keyArn: { S: keyArn } }, ifAbsent)) return keyArn
    // Somebody was first, or our own write whose answer was lost.
    return (await this.find(place)) ?? keyArn
  }
}
