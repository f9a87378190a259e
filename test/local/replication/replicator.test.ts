import { Database } from '../../../lambda/adapters/embedded/database.ts'
import type { SecretKey } from '../../../lambda/core/domain/secret.ts'
import type { DueLink } from '../../../lambda/core/ports/replication-store.ts'
import type { Reconciled } from '../../../lambda/core/replication/reconcile-secret.ts'
import type { FeedRow } from '../../../local/replication/feed-pump.ts'
import { ReplicationNetwork } from '../../../local/replication/network.ts'
import { OpenWork, openWorkSchema } from '../../../local/replication/open-work.ts'
import { Replicator } from '../../../local/replication/replicator.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { ManualTimers } from './manual-timers.ts'

const [HOME, AWAY, THIRD] = ['us-east-1', 'eu-west-1', 'ap-south-1']
const DONE: Reconciled = { steps: [], isWaiting: false, isFailed: false }

/** The feed of a store, in memory: what is delivered is seen by its observer. */
class MemoryFeed {
  readonly rows: FeedRow[] = []
  readonly delivered: string[] = []
  /** The most rows that were handed out at a time. */
  biggestPage = 0
  reads = 0
  isBroken = false
  onDeliver: (() => void) | undefined
  #seq = 0
  #listener: (() => void) | undefined

  onWritten(listener: () => void): void {
    this.#listener = listener
  }

  write(name: string, { region = HOME, observer = AWAY, at = 0 } = {}): void {
    this.rows.push({ seq: ++this.#seq, observer, account: '1', region, name, writtenAt: at })
    this.#listener?.()
  }

  pending(limit: number, after = 0): readonly FeedRow[] {
    this.reads++
    const page = this.rows.filter(({ seq }) => seq > after).slice(0, limit)
    this.biggestPage = Math.max(this.biggestPage, page.length)
    return page
  }

  async deliver(rows: readonly FeedRow[]): Promise<void> {
    if (this.isBroken) throw new Error('the disk is full')
    this.onDeliver?.()
    for (const row of rows) {
      this.rows.splice(this.rows.indexOf(row), 1)
      this.delivered.push(`${row.region}>${row.observer} ${row.name}`)
    }
  }
}

let feed: MemoryFeed
let database: Database
let clock: ManualClock
let timers: ManualTimers
let network: ReplicationNetwork
let due: DueLink[]
/** `region name`, in order. */
let reconciled: string[]
let reconcile: (key: SecretKey) => Promise<Reconciled>
let faults: unknown[]
let replicator: Replicator

const openNames = (): string[] => new OpenWork(database).page(1_000).map(({ region, name }) => `${region} ${name}`)

beforeEach(() => {
  feed = new MemoryFeed()
  database = new Database({ path: ':memory:', migrations: [openWorkSchema] })
  clock = new ManualClock()
  timers = new ManualTimers()
  network = new ReplicationNetwork({ lagMs: 0, regions: [HOME, AWAY, THIRD] })
  due = []
  reconciled = []
  faults = []
  reconcile = async () => DONE
  replicator = start()
})
afterEach(async () => {
  await replicator.stop()
  database.close()
})

/** As after a start of the process: nothing is remembered but what is on the disk. */
function start(): Replicator {
  return new Replicator({
    feed,
    openWork: new OpenWork(database),
    links: {
      dueLinks: async (now, limit, after) => {
        const all = due.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
        const from = after ? all.findIndex(({ key }) => key === after.key) + 1 : 0
        return all.slice(from, from + limit)
      },
    },
    reconcile: (key) => {
      reconciled.push(`${key.region} ${key.name}`)
      return reconcile(key)
    },
    network,
    clock,
    onFault: (fault) => faults.push(fault),
    after: timers.after,
  })
}

/** Of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const written = (name: string, to: Parameters<MemoryFeed['write']>[1] = {}): void =>
  feed.write(name, { at: clock.now(), ...to })

describe('what a Region has written', () => {
  it('arrives where it is for, and is looked at there and in the Region that wrote it', async () => {
    written('db')
    written('db', { observer: THIRD })
    await replicator.drain()
    expect(feed.delivered).toEqual([`${HOME}>${AWAY} db`, `${HOME}>${THIRD} db`])
    expect(new Set(reconciled)).toEqual(new Set([`${HOME} db`, `${AWAY} db`, `${THIRD} db`]))
    expect(feed.rows).toEqual([])
  })

  it('is looked at after it has arrived', async () => {
    reconcile = async ({ region }) => {
      if (region === AWAY) expect(feed.rows).toEqual([])
      return DONE
    }
    written('db')
    await replicator.drain()
    expect(faults).toEqual([])
    expect(reconciled).toContain(`${AWAY} db`)
  })

  it('is followed by what comes of it, until nothing comes any more', async () => {
    let answers = 3
    reconcile = async ({ region, name }) => {
      if (answers-- > 0) written(name, { region, observer: region === HOME ? AWAY : HOME })
      return { ...DONE, steps: ['noted'] }
    }
    written('db')
    await replicator.drain()
    expect(feed.rows).toEqual([])
    expect(answers).toBeLessThan(0)
    expect(feed.delivered).toHaveLength(4)
  })

  it('takes the lag of the network by the clock of the domain, and the writer does not wait for it', async () => {
    network.change({ lagMs: 5_000 })
    written('db')
    await replicator.drain()
    expect(reconciled).toEqual([`${HOME} db`])
    expect(replicator.nextArrival).toBe(clock.now() + 5_000)
    clock.advance(4_999)
    await replicator.drain()
    expect(feed.delivered).toEqual([])
    clock.advance(1)
    await replicator.drain()
    expect(reconciled).toEqual([`${HOME} db`, `${AWAY} db`])
    expect(replicator.nextArrival).toBeUndefined()
  })

  it('arrives by itself when the lag is over', async () => {
    network.change({ lagMs: 5_000 })
    written('db')
    await replicator.drain()
    expect(timers.pending).toEqual([5_000])
    clock.advance(5_000)
    timers.pass(5_000)
    await turns(1)
    await replicator.drain()
    expect(feed.delivered).toHaveLength(1)
  })

  it('arrives at once when the lag is taken away', async () => {
    network.change({ lagMs: 3_600_000 })
    written('db')
    await replicator.drain()
    network.change({ lagMs: 0 })
    await replicator.drain()
    expect(feed.delivered).toHaveLength(1)
  })

  it('is not kept for ever when the clock starts earlier than it was written', async () => {
    network.change({ lagMs: 5_000 })
    written('db', { at: clock.now() + 86_400_000 })
    await replicator.drain()
    expect(feed.delivered).toHaveLength(1)
  })

  it('does not leave or reach a Region that is cut off, and does when that is over', async () => {
    network.change({ cut: [AWAY] })
    written('a')
    written('b', { region: AWAY, observer: HOME })
    written('c', { observer: THIRD })
    await replicator.drain()
    expect(feed.delivered).toEqual([`${HOME}>${THIRD} c`])
    // Its own part goes on.
    expect(reconciled).toContain(`${AWAY} b`)
    written('d')
    await replicator.drain()
    network.change({ cut: [] })
    await replicator.drain()
    expect(feed.delivered.slice(1)).toEqual([`${HOME}>${AWAY} a`, `${AWAY}>${HOME} b`, `${HOME}>${AWAY} d`])
  })

  it('is not for a Region that is not served any more, until it is again', async () => {
    written('db', { observer: 'eu-south-1' })
    await replicator.drain()
    expect(feed.rows).toHaveLength(1)
    expect(reconciled).toEqual([`${HOME} db`])
  })

  it('is passed over once where it is cut off, however much there is and whatever comes after it', async () => {
    network.change({ cut: [AWAY] })
    for (let count = 0; count < 2_000; count++) feed.rows.push({ ...row(count + 1), observer: AWAY })
    await replicator.drain()
    const before = feed.reads
    for (let count = 0; count < 10; count++) {
      feed.rows.push({ ...row(3_000 + count), observer: THIRD })
      await replicator.drain()
    }
    expect(feed.delivered).toHaveLength(10)
    expect(feed.reads - before).toBeLessThanOrEqual(60)
    expect(feed.biggestPage).toBeLessThanOrEqual(256)
  })

  const row = (seq: number): FeedRow => ({
    seq,
    observer: AWAY,
    account: '1',
    region: HOME,
    name: `db${seq}`,
    writtenAt: 0,
  })

  it('that is written during a delivery is not delivered before its writer has been told', async () => {
    for (let count = 0; count < 256; count++) feed.rows.push(row(count + 1))
    feed.onDeliver = () => {
      feed.onDeliver = undefined
      feed.rows.push({ ...row(1_000), region: THIRD })
    }
    await replicator.drain()
    await replicator.drain()
    expect(feed.rows).toEqual([])
    expect(reconciled).toContain(`${THIRD} db1000`)
  })

  it('is read in pages, and no more is taken up than can be waited for', async () => {
    const running: (() => void)[] = []
    reconcile = () => new Promise((resolve) => running.push(() => resolve(DONE)))
    for (let count = 0; count < 5_000; count++) feed.rows.push(row(count + 1))
    replicator.start()
    await turns(200)
    expect(running).toHaveLength(16)
    expect(feed.reads).toBeLessThan(10)
    expect(feed.rows.length).toBeGreaterThan(3_000)
    expect(feed.biggestPage).toBe(256)
    const drained = replicator.drain()
    const state = { isDrained: false }
    void drained.then(() => (state.isDrained = true))
    while (!state.isDrained) {
      for (const end of running.splice(0)) end()
      await turns(1)
    }
    expect(feed.delivered).toHaveLength(5_000)
    expect(new Set(reconciled).size).toBe(10_000)
  })

  it('is tried again after a fault of the store', async () => {
    feed.isBroken = true
    written('db')
    await replicator.drain()
    expect(faults).toEqual([new Error('the disk is full')])
    feed.isBroken = false
    timers.pass(1_000)
    await turns(10)
    expect(feed.delivered).toHaveLength(1)
  })
})

describe('after an end in the middle', () => {
  it('what had arrived and was not looked at is looked at by the next start', async () => {
    reconcile = () => new Promise(() => undefined)
    written('db')
    await turns(20)
    expect(feed.rows).toEqual([])
    expect(openNames()).toEqual([`${AWAY} db`, `${HOME} db`])
    reconcile = async () => DONE
    reconciled = []
    replicator = start()
    replicator.start()
    await replicator.drain()
    expect(reconciled.sort()).toEqual([`${AWAY} db`, `${HOME} db`])
    expect(openNames()).toEqual([])
  })

  it('what had not arrived arrives after the next start, and its writer looks at it, too', async () => {
    network.change({ cut: [AWAY] })
    written('db')
    await replicator.drain()
    reconciled = []
    network = new ReplicationNetwork({ lagMs: 0, regions: [HOME, AWAY, THIRD] })
    replicator = start()
    replicator.start()
    await replicator.drain()
    expect(reconciled.sort()).toEqual([`${AWAY} db`, `${HOME} db`])
  })

  it('what arrives while a name is being looked at is not forgotten with it', async () => {
    const ends: (() => void)[] = []
    const noted: Reconciled = { ...DONE, steps: ['noted'] }
    reconcile = ({ region }) =>
      region === AWAY ? new Promise((resolve) => ends.push(() => resolve(noted))) : Promise.resolve(noted)
    written('db')
    await turns(20)
    written('db')
    await turns(20)
    ends[0]?.()
    await turns(20)
    // The second is at work now, and stands there until it has ended.
    expect(ends).toHaveLength(2)
    timers.pass(1_000)
    await turns(20)
    expect(openNames()).toEqual([`${AWAY} db`])
    ends[1]?.()
    await replicator.drain()
    expect(openNames()).toEqual([])
  })
})

describe('trouble', () => {
  it('is said, stands on the disk, and is tried again later', async () => {
    reconcile = async ({ region }) => {
      if (region === AWAY) throw new Error('broken')
      return DONE
    }
    written('db')
    await replicator.drain()
    expect(faults).toEqual([new Error('broken')])
    expect(openNames()).toEqual([`${AWAY} db`])
    reconcile = async () => DONE
    timers.pass(1_000)
    await replicator.drain()
    expect(openNames()).toEqual([])
  })

  it('of one name does not keep the others', async () => {
    reconcile = async ({ name }) => {
      if (name === 'bad') throw new Error('broken')
      return DONE
    }
    for (const name of ['bad', 'good', 'better']) written(name)
    await replicator.drain()
    expect(reconciled).toEqual(expect.arrayContaining([`${AWAY} good`, `${AWAY} better`]))
  })

  it('that is something on its way is looked at again in a moment', async () => {
    let waits = 2
    reconcile = async ({ region }) => ({ ...DONE, isWaiting: region === AWAY && waits-- > 0 })
    written('db')
    const drained = replicator.drain()
    for (let turn = 0; turn < 100; turn++) {
      timers.pass(50)
      await turns(1)
    }
    await drained
    expect(reconciled.filter((each) => each === `${AWAY} db`)).toHaveLength(3)
  })
})

describe('links that are due', () => {
  const link = (name: string, at: number): DueLink => ({ key: { account: '1', region: AWAY, name }, at })

  it('are looked at, by the clock of the domain', async () => {
    due = [link('now', clock.now()), link('later', clock.now() + 30_000)]
    await replicator.drain()
    expect(reconciled).toEqual([`${AWAY} now`])
    clock.advance(30_000)
    due = due.slice(1)
    expect(await replicator.sweep()).toBe(1)
    await replicator.drain()
    expect(reconciled.slice(1)).toContain(`${AWAY} later`)
  })

  it('are looked at in time where they fall due before the next sweep', async () => {
    replicator.start()
    due = [link('soon', clock.now() + 20_000)]
    timers.pass(100)
    await turns(1)
    expect(timers.pending).toEqual([20_000])
    clock.advance(20_000)
    timers.pass(20_000)
    await turns(5)
    expect(reconciled).toEqual([`${AWAY} soon`])
  })

  it('of a Region that is not served any more are let be', async () => {
    due = [{ key: { account: '1', region: 'eu-south-1', name: 'db' }, at: clock.now() }]
    await replicator.drain()
    expect(reconciled).toEqual([])
  })

  it('and break stand on the disk until they have been looked at', async () => {
    due = [link('db', clock.now())]
    reconcile = () => Promise.reject(new Error('broken'))
    await replicator.drain()
    expect(openNames()).toEqual([`${AWAY} db`])
  })

  it('and stay so keep nobody waiting for ever', async () => {
    due = Array.from({ length: 250 }, (_, index) => link(`n${index}`, clock.now() - index))
    await replicator.drain()
    expect(reconciled).toHaveLength(250)
  })
})

it('ends when what is at work has ended, and begins nothing more', async () => {
  let end: (() => void) | undefined
  reconcile = () => new Promise((resolve) => (end = () => resolve(DONE)))
  network.change({ cut: [AWAY] })
  written('db')
  await turns(1)
  const stopped = replicator.stop()
  let isStopped = false
  void stopped.then(() => (isStopped = true))
  await turns(1)
  expect(isStopped).toBe(false)
  end?.()
  await stopped
  written('other')
  await turns(1)
  expect(reconciled).toHaveLength(1)
})
