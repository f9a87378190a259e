/**
 * When secrets were last read, kept in memory for a moment and written together: a date is not worth an fsync of its own. What a crash loses is at most the
 * dates of the last quarter of a second.
 * @module
 */
import type { AccessRecord, SecretHead, SecretKey } from '../../../core/domain/secret.ts'
import type { Database } from '../database.ts'

const WRITE_AFTER_MS = 250

type Incarnation = Pick<SecretHead, 'key' | 'suffix'>

/** Not the head itself: it may hold a value. */
interface Pending extends Incarnation {
  readonly access: AccessRecord
}

const neverRead: AccessRecord = { day: 0, versions: new Map() }

export class AccessLog {
  readonly #database: Database
  readonly #write
  readonly #pending = new Map<string, Pending>()
  #timer: NodeJS.Timeout | undefined

  constructor(database: Database) {
    this.#database = database
    this.#write = database.prepare(
      'UPDATE head SET accessed_day = ?, accessed = ? WHERE account = ? AND region = ? AND name = ? AND suffix = ?',
    )
  }

  /** The record that is about to be written for this incarnation, if any. */
  pendingFor({ key, suffix }: Incarnation): AccessRecord | undefined {
    if (this.#pending.size === 0) return undefined
    const pending = this.#pending.get(textOf(key))
    return pending?.suffix === suffix ? pending.access : undefined
  }

  remember({ key, suffix }: Incarnation, access: AccessRecord): void {
    this.#pending.set(textOf(key), { key, suffix, access })
    if (this.#timer) return
    this.#timer = setTimeout(() => void this.flush().catch(() => undefined), WRITE_AFTER_MS)
    this.#timer.unref()
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending.size === 0) return
    await this.#database.write(
      () => {
        for (const pending of this.#pending.values()) this.#writeOne(pending)
      },
      () => this.#pending.clear(),
    )
  }

  #writeOne({ key, suffix, access }: Pending): void {
    this.#write.run(access.day, encodeAccess(access), key.account, key.region, key.name, suffix)
  }
}

const encodeAccess = ({ versions }: AccessRecord): string => JSON.stringify([...versions])

export function decodeAccess(day: number, text: string | null): AccessRecord {
  if (text === null) return neverRead
  return { day, versions: new Map(JSON.parse(text) as [string, number][]) }
}

const textOf = ({ account, region, name }: SecretKey): string => `${account}/${region}/${name}`
