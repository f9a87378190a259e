/**
 * Carries replication out in this process, for all Regions that it serves: what one of them has written is brought to the others, and every Region reconciles what it sees. On AWS a global table, its streams and a
 * function per Region do this.
 *
 * What was written stands in the feed until it was delivered, and among the open work from then until it was reconciled: both on the disk. After `kill -9` everything goes on from there.
 * @module
 */
import type { SecretKey } from '../../lambda/core/domain/secret.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { ReplicationStore } from '../../lambda/core/ports/replication-store.ts'
import type { Reconciled } from '../../lambda/core/replication/reconcile-secret.ts'
import { findDueLinks, nextDueLink } from './due-links.ts'
import { FeedPump, nextTurn, type Feed, type FeedRow } from './feed-pump.ts'
import type { ReplicationNetwork } from './network.ts'
import type { Mark, OpenWork } from './open-work.ts'
import { ReconcileQueue, type Verdict } from './reconcile-queue.ts'
import { afterRealTime, type After } from './timers.ts'

export interface ReplicatorOptions<Row extends FeedRow = FeedRow> {
  readonly feed: Feed<Row> & {
    /** Called after rows have become durable. */
    readonly onWritten: (listener: () => void) => unknown
  }
  readonly openWork: Pick<OpenWork, 'mark' | 'add' | 'remove' | 'page'>
  readonly links: Pick<ReplicationStore, 'dueLinks'>
  /** In the Region of the key. */
  readonly reconcile: (key: SecretKey) => Promise<Reconciled>
  readonly network: ReplicationNetwork
  /** The domain's. */
  readonly clock: Clock
  /** Secrets that are reconciled at a time. */
  readonly concurrency?: number
  readonly onReconciled?: (region: string, reconciled: Reconciled) => void
  readonly onFault: (fault: unknown) => void
  readonly after?: After
}

const CONCURRENCY = 16
const PAGE = 256
/** What was done is taken off the disk so many at a time, or when all is done: doing it twice does no harm. */
const DONE_BATCH = 256
/** Links are written many at a time. */
const WATCH_AFTER_MS = 100
/** How long an orderly end waits for what is at work. */
const END_PATIENCE_MS = 10_000

export class Replicator<Row extends FeedRow = FeedRow> {
  readonly #options: Required<Omit<ReplicatorOptions<Row>, 'onReconciled'>> &
    Pick<ReplicatorOptions<Row>, 'onReconciled'>
  readonly #queue: ReconcileQueue
  readonly #pump: FeedPump<Row>
  #done: (readonly [SecretKey, Mark])[] = []
  #isEnding = false
  /** Calls off the timer for the link that is due next, and the one for finding it. */
  #callOffDue: (() => void) | undefined
  #callOffLook: (() => void) | undefined
  /** What was begun beside the queue and the pump. */
  #starting: Promise<void> | undefined

  constructor(options: ReplicatorOptions<Row>) {
    const { feed, network, clock, openWork, onFault } = options
    this.#options = { concurrency: CONCURRENCY, after: afterRealTime, ...options }
    const { concurrency, after } = this.#options
    const add = (key: SecretKey): void => this.#queue.add(key)
    this.#queue = new ReconcileQueue({ work: (key) => this.#reconcile(key), concurrency, after })
    this.#pump = new FeedPump({
      feed,
      network,
      clock,
      onWritten: add,
      onArrived: add,
      // What tells of a write of the own Region is gone with the row.
      keep: ({ arrived, written }) => openWork.add([...arrived, ...written.filter((key) => this.#queue.has(key))]),
      room: () => this.#queue.room(),
      onFault,
      after,
    })
    feed.onWritten(() => this.#pump.look())
  }

  start(): void {
    this.#starting = this.#resume()
      .catch(this.#options.onFault)
      .finally(() => (this.#starting = undefined))
    this.#pump.look()
    this.#watchSoon()
  }

  /** Takes up what is due by the domain's clock, and what was broken off; does not wait for it. @returns how many links were due */
  async sweep(): Promise<number> {
    await this.#resume()
    return this.#findDue()
  }

  /**
   * Resolves when nothing is left that could be done now: what waits for the lag of the network, for a Region that is cut off or for a later attempt is left where it is.
   */
  async drain(): Promise<void> {
    await this.#findDue().catch(this.#options.onFault)
    this.#pump.look()
    while (!this.#isIdle && !this.#isEnding) {
      await this.#starting
      await this.#pump.idle()
      await this.#queue.idle()
      // What was written just now is told of by the next turn of the event loop.
      await nextTurn()
    }
    await this.#forgetDone()
  }

  /** Epoch milliseconds of the domain's clock: when the first message arrives that the network still keeps. */
  get nextArrival(): number | undefined {
    return this.#pump.nextArrival
  }

  /** What is at work comes to its end; all else is on the disk, and gone on with at the next start. */
  async stop(): Promise<void> {
    this.#isEnding = true
    this.#callOffDue?.()
    this.#callOffLook?.()
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, END_PATIENCE_MS).unref())
    await Promise.race([Promise.all([this.#queue.stop(), this.#pump.stop(), this.#starting]), timeout])
    await this.#forgetDone()
  }

  get #isIdle(): boolean {
    return this.#starting === undefined && this.#pump.isIdle && this.#queue.isIdle
  }

  async #resume(): Promise<void> {
    const { openWork } = this.#options
    for (let after: SecretKey | undefined; !this.#isEnding;) {
      const page = openWork.page(PAGE, after)
      for (const key of page) this.#queue.add(key)
      after = page.at(-1)
      if (page.length < PAGE) return
      await this.#queue.room()
      await nextTurn()
    }
  }

  async #findDue(): Promise<number> {
    const { links: store, clock } = this.#options
    const found = (key: SecretKey): void => this.#queue.add(key)
    return findDueLinks({ store, clock, found, room: () => this.#queue.room() })
  }

  async #reconcile(key: SecretKey): Promise<Verdict> {
    const { reconcile, onReconciled, onFault, openWork, network } = this.#options
    if (!network.serves(key.region)) return 'done'
    const { mark } = openWork
    try {
      const reconciled = await reconcile(key)
      onReconciled?.(key.region, reconciled)
      if (reconciled.steps.length > 0) this.#watchSoon()
      if (reconciled.isWaiting) return 'soon'
      this.#noteDone(key, mark)
      return 'done'
    } catch (fault) {
      if (this.#isEnding) return 'later'
      onFault(fault)
      // Whatever told of it may be gone by now.
      await openWork.add([key]).catch(() => undefined)
      return 'later'
    }
  }

  #noteDone(key: SecretKey, mark: Mark): void {
    this.#done.push([key, mark])
    if (this.#done.length >= DONE_BATCH) void this.#forgetDone()
  }

  async #forgetDone(): Promise<void> {
    const done = this.#done
    this.#done = []
    if (done.length > 0) await this.#options.openWork.remove(done).catch(this.#options.onFault)
  }

  /** Sets the timer for the link that is due next, once for all that are written in a moment. */
  #watchSoon(): void {
    if (this.#isEnding) return
    this.#callOffLook ??= this.#options.after(WATCH_AFTER_MS, () => {
      this.#callOffLook = undefined
      void this.#forgetDone()
        .then(() => this.#watch())
        .catch(this.#options.onFault)
    })
  }

  async #watch(): Promise<void> {
    const { links: store, clock, after, onFault } = this.#options
    const next = await nextDueLink({ store, clock })
    this.#callOffDue?.()
    if (next === undefined || this.#isEnding) return
    const look = (): void => void this.#findDue().then(() => this.#watchSoon(), onFault)
    this.#callOffDue = after(Math.max(1, next - clock.now()), look)
  }
}
