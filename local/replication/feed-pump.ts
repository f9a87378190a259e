/**
 * Brings what Regions have written to those whom it concerns: in the order of the feed, after the lag of the network, and not from or to a Region that is cut off. The feed is read in pages, so that memory does not
 * grow with what waits; what a cut keeps back is passed over, and looked at again when the network has changed.
 * @module
 */
import type { SecretKey } from '../../lambda/core/domain/secret.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { ReplicationNetwork } from './network.ts'
import { idOf } from './reconcile-queue.ts'
import type { After } from './timers.ts'

/** That an item of a Region has changed, for one of the others. */
export interface FeedRow {
  readonly seq: number
  /** For whom. */
  readonly observer: string
  readonly account: string
  /** Whose item. */
  readonly region: string
  readonly name: string
  /** Epoch milliseconds of the domain's clock. */
  readonly writtenAt: number
}

export interface Feed<Row extends FeedRow> {
  /** Rows behind `after`, in order. */
  readonly pending: (limit: number, after?: number) => readonly Row[] | Promise<readonly Row[]>
  /** Their observers see what the items are now; the rows are gone. */
  readonly deliver: (rows: readonly Row[]) => Promise<unknown>
}

export interface FeedPumpOptions<Row extends FeedRow> {
  readonly feed: Feed<Row>
  readonly network: ReplicationNetwork
  /** The domain's. */
  readonly clock: Clock
  /** A Region has written something of the name; told of each row once, whatever the network is like. */
  readonly onWritten: (key: SecretKey) => void
  /** Before the delivery, in its transaction: what has to be looked at after it, and whose writers have lost what told of them. */
  readonly keep: (keys: {
    readonly arrived: readonly SecretKey[]
    readonly written: readonly SecretKey[]
  }) => Promise<unknown>
  /** Something of the name has arrived in the Region of `key`. */
  readonly onArrived: (key: SecretKey) => void
  /** Resolves when whoever is told can take more. */
  readonly room: () => Promise<void>
  readonly onFault: (fault: unknown) => void
  readonly after: After
}

const PAGE = 256
/** Timers go by real time, the domain's clock may be moved: nobody sleeps for longer. */
const LONGEST_SLEEP_MS = 60_000
const REST_AFTER_FAULT_MS = 1_000

export class FeedPump<Row extends FeedRow> {
  readonly #options: FeedPumpOptions<Row>
  /** Rows up to here are told to their writers, delivered or passed over. */
  #toldUpTo = 0
  #deliveredUpTo = 0
  #nextArrival: number | undefined
  /** How often the network has changed. */
  #changes = 0
  #isWanted = false
  #isEnding = false
  #working: Promise<void> | undefined
  #callOff: (() => void) | undefined

  constructor(options: FeedPumpOptions<Row>) {
    this.#options = options
    options.network.onChange(() => {
      this.#changes++
      this.#deliveredUpTo = 0
      this.look()
    })
  }

  /** Delivers what can be; does not wait for it. */
  look(): void {
    if (this.#isEnding) return
    this.#isWanted = true
    this.#working ??= this.#workWhileWanted().finally(() => {
      this.#working = undefined
      // Asked for between the last look and now.
      if (this.#isWanted) this.look()
    })
  }

  /** Resolves when everything has been delivered that could be. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  get isIdle(): boolean {
    return this.#working === undefined
  }

  /** Epoch milliseconds of the domain's clock: when the first message arrives that is only late. */
  get nextArrival(): number | undefined {
    return this.#nextArrival
  }

  async stop(): Promise<void> {
    this.#isEnding = true
    this.#callOff?.()
    await this.#working
  }

  async #workWhileWanted(): Promise<void> {
    try {
      while (this.#isWanted && !this.#isEnding) {
        this.#isWanted = false
        await this.#tellWriters()
        await this.#deliver()
      }
      this.#wakeAt(this.#nextArrival)
    } catch (fault) {
      this.#options.onFault(fault)
      // Whoever asked meanwhile waits with the others.
      this.#isWanted = false
      this.#wakeIn(REST_AFTER_FAULT_MS)
    }
  }

  async #tellWriters(): Promise<void> {
    const { feed, onWritten, room } = this.#options
    for (let page = await feed.pending(PAGE, this.#toldUpTo); ; page = await feed.pending(PAGE, this.#toldUpTo)) {
      for (const row of page) onWritten(ownKey(row))
      this.#toldUpTo = page.at(-1)?.seq ?? this.#toldUpTo
      if (page.length < PAGE || this.#isEnding) return
      await room()
      await nextTurn()
    }
  }

  async #deliver(): Promise<void> {
    const { feed, room, network } = this.#options
    this.#nextArrival = undefined
    for (;;) {
      const changes = this.#changes
      const page = await feed.pending(PAGE, this.#deliveredUpTo)
      // What was written since has its writer told first.
      const rows = this.#onTime(page.filter(({ seq }) => seq <= this.#toldUpTo))
      await this.#bring(rows.filter(({ observer, region }) => network.reaches(region, observer)))
      // All is to be looked at again.
      if (this.#changes !== changes) continue
      this.#deliveredUpTo = rows.at(-1)?.seq ?? this.#deliveredUpTo
      if (rows.length < PAGE || this.#isEnding) return
      await room()
      await nextTurn()
    }
  }

  /** Those before the first that is still on its way: with one lag for all they arrive in the order in which they were sent. */
  #onTime(page: readonly Row[]): readonly Row[] {
    const { network, clock } = this.#options
    const { lagMs } = network.state
    const now = clock.now()
    // The clock may have been set back with a start: what comes from the future has waited long enough.
    const late = page.findIndex(({ writtenAt }) => writtenAt <= now && writtenAt + lagMs > now)
    if (late < 0) return page
    this.#nextArrival = (page[late]?.writtenAt ?? now) + lagMs
    return page.slice(0, late)
  }

  async #bring(rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    const { feed, keep, onArrived } = this.#options
    const arrived = distinct(rows, observerKey)
    // One transaction: both write at the same turn of the event loop.
    const [kept, delivered] = await Promise.allSettled([
      keep({ arrived, written: distinct(rows, ownKey) }),
      feed.deliver(rows),
    ])
    if (delivered.status === 'rejected') throw delivered.reason
    for (const key of arrived) onArrived(key)
    if (kept.status === 'rejected') throw kept.reason
  }

  #wakeAt(time: number | undefined): void {
    this.#callOff?.()
    if (time !== undefined) this.#wakeIn(Math.max(1, time - this.#options.clock.now()))
  }

  #wakeIn(milliseconds: number): void {
    this.#callOff?.()
    if (this.#isEnding) return
    this.#callOff = this.#options.after(Math.min(milliseconds, LONGEST_SLEEP_MS), () => this.look())
  }
}

/** Of the event loop: however much there is, it keeps no request waiting. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const ownKey = ({ account, region, name }: FeedRow): SecretKey => ({ account, region, name })
const observerKey = ({ account, observer, name }: FeedRow): SecretKey => ({ account, region: observer, name })

const distinct = (rows: readonly FeedRow[], keyOf: (row: FeedRow) => SecretKey): readonly SecretKey[] => [
  ...new Map(rows.map(keyOf).map((key) => [idOf(key), key])).values(),
]
