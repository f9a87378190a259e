/**
 * Names that wait to be reconciled: each once, however often it is asked for; several at a time, but never the same in the same Region twice at once; again after a pause where that is wanted. In memory: what must
 * outlive the process is in the feed and among the open work.
 * @module
 */
import type { SecretKey } from '../../lambda/core/domain/secret.ts'
import type { After } from './timers.ts'

/** `soon`: something is on its way and has not arrived. `later`: something has broken. */
export type Verdict = 'done' | 'soon' | 'later'

export interface ReconcileQueueOptions {
  /** Never rejects. */
  readonly work: (key: SecretKey) => Promise<Verdict>
  /** How many at a time. */
  readonly concurrency: number
  readonly after: After
}

const SOON_MS = 50
/** After that, `soon` is as good as `later`. */
const SOON_TRIES = 5
const LATER_MS = { first: 1_000, most: 60_000 } as const
/** Those beyond are left to whoever looks through the open work. */
const MOST_RESTING = 1_000
/** As many may wait before whoever fills the queue has to. */
const ROOM = 1_000

interface Rest {
  readonly callOff: () => void
  readonly isShort: boolean
}

export class ReconcileQueue {
  readonly #options: ReconcileQueueOptions
  /** In the order of their arrival. */
  readonly #waiting = new Map<string, SecretKey>()
  /** Whether it was asked for again meanwhile. */
  readonly #running = new Map<string, { isWantedAgain: boolean }>()
  readonly #resting = new Map<string, Rest>()
  /** In a row, that have not ended in `done`. */
  readonly #tries = new Map<string, number>()
  #shortRests = 0
  #isEnding = false
  #watchers: (() => void)[] = []

  constructor(options: ReconcileQueueOptions) {
    this.#options = options
  }

  add(key: SecretKey): void {
    const id = idOf(key)
    const running = this.#running.get(id)
    if (running) running.isWantedAgain = true
    else {
      this.#wake(id)
      this.#waiting.set(id, key)
      this.#startMore()
    }
  }

  /** Whether it still waits, or is at work. */
  has(key: SecretKey): boolean {
    const id = idOf(key)
    return this.#waiting.has(id) || this.#running.has(id) || this.#resting.has(id)
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#waiting.size >= ROOM && !this.#isEnding) await this.#progress()
  }

  /** Resolves when nothing is left that could be done now. */
  async idle(): Promise<void> {
    while (!this.isIdle && !this.#isEnding) await this.#progress()
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0 && this.#shortRests === 0
  }

  /** Nothing is begun any more. Resolves when what is at work has ended. */
  async stop(): Promise<void> {
    this.#isEnding = true
    for (const id of [...this.#resting.keys()]) this.#wake(id)
    this.#tell()
    while (this.#running.size > 0) await this.#progress()
  }

  #startMore(): void {
    for (const [id, key] of this.#waiting) {
      if (this.#isEnding || this.#running.size >= this.#options.concurrency) return
      this.#waiting.delete(id)
      void this.#carryOut(id, key)
    }
  }

  async #carryOut(id: string, key: SecretKey): Promise<void> {
    const state = { isWantedAgain: false }
    this.#running.set(id, state)
    const verdict = await this.#options.work(key)
    this.#running.delete(id)
    if (state.isWantedAgain) this.#waiting.set(id, key)
    if (verdict === 'done') this.#tries.delete(id)
    else if (!state.isWantedAgain) this.#rest(id, key, verdict)
    this.#startMore()
    this.#tell()
  }

  #rest(id: string, key: SecretKey, verdict: 'soon' | 'later'): void {
    if (this.#isEnding) return
    const tries = (this.#tries.get(id) ?? 0) + 1
    const isShort = verdict === 'soon' && tries <= SOON_TRIES
    if (!isShort && this.#resting.size >= MOST_RESTING) return void this.#tries.delete(id)
    this.#tries.set(id, tries)
    const broken = verdict === 'soon' ? tries - SOON_TRIES : tries
    const pause = isShort ? SOON_MS : Math.min(LATER_MS.most, LATER_MS.first * 2 ** Math.min(broken - 1, 20))
    const callOff = this.#options.after(pause, () => this.add(key))
    this.#resting.set(id, { callOff, isShort })
    if (isShort) this.#shortRests++
  }

  #wake(id: string): void {
    const rest = this.#resting.get(id)
    if (!rest) return
    rest.callOff()
    this.#resting.delete(id)
    if (rest.isShort) this.#shortRests--
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve))
  }

  #tell(): void {
    for (const watcher of this.#watchers.splice(0)) watcher()
  }
}

export const idOf = ({ account, region, name }: SecretKey): string => `${account}/${region}/${name}`
