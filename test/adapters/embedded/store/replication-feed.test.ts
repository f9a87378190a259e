import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noLink, type Link, type Replication } from '../../../../lambda/core/domain/replication.ts'
import type { SecretHead } from '../../../../lambda/core/domain/secret.ts'
import { StoreFailure, type Commit } from '../../../../lambda/core/ports/secret-store.ts'
import { headOf, keyOf } from '../../../contracts/secret-store-contract.ts'
import { openReplicatingStore } from './replicating-store.ts'

const HERE = 'us-east-1'
const [EUROPE, WEST] = ['eu-west-1', 'us-west-2'] as const

const asking = (...regions: readonly string[]): Replication => ({
  replicas: regions.map((region) => ({ region, at: 7, force: false })),
})
const headAsking = (...regions: readonly string[]): SecretHead => ({ ...headOf('a'), replication: asking(...regions) })
const creation = (head: SecretHead): Commit => ({ head, put: [], drop: [] })
const linkAt = (revision: number, members: Partial<Link> = {}): Link => ({ ...noLink, revision, ...members })
const answer = { suffix: 'abcdef', request: 7, acted: 7, status: 'InSync', failures: 0 } as const

describe('the feed between the Regions of an embedded Coffer', () => {
  let under: ReturnType<typeof openReplicatingStore>
  beforeEach(() => {
    under = openReplicatingStore(':memory:')
  })
  afterEach(() => under.database.close())

  const rows = () =>
    under.feed.pending(100).map(({ observer, region, name, kind }) => `${region} ${kind} ${name} -> ${observer}`)
  const seenIn = async (region: string, name = 'a') =>
    (await under.replication.group({ ...keyOf(name), region })).heads.get(HERE)

  it('has a row for each Region that a head concerns, with the time of the domain', async () => {
    await under.store.commit(creation(headAsking(EUROPE, WEST)))
    expect(rows()).toEqual(['us-east-1 head a -> eu-west-1', 'us-east-1 head a -> us-west-2'])
    const [first, second] = under.feed.pending(100)
    expect(first).toEqual({
      seq: expect.any(Number) as number,
      observer: EUROPE,
      account: '123456789012',
      region: HERE,
      name: 'a',
      kind: 'head',
      writtenAt: under.clock.now(),
    })
    expect(second!.seq).toBeGreaterThan(first!.seq)
    expect(under.feed.pendingByObserver()).toEqual(
      new Map([
        [EUROPE, 1],
        [WEST, 1],
      ]),
    )
  })

  it('has none for a secret that has nothing to do with other Regions, nor for what met a conflict', async () => {
    await under.store.commit(creation(headOf('a')))
    await under.store.commit(creation({ ...headOf('a'), revision: 2 }))
    await under.store.commit(creation({ ...headAsking(EUROPE), revision: 2 }))
    await under.store.commit({ ...creation(headAsking(EUROPE)), replaces: headOf('a') })
    await under.store.remove(headAsking(EUROPE))
    await under.replication.saveLink(keyOf('a'), linkAt(2, { answers: { [EUROPE]: answer } }))
    await under.replication.saveLink(keyOf('a'), linkAt(1))
    await under.replication.saveLink(keyOf('a'), linkAt(1, { answers: { [EUROPE]: answer } }))
    await under.replication.removeLink(keyOf('a'), linkAt(2, { answers: { [EUROPE]: answer } }))
    await under.store.remove({ ...headOf('a'), revision: 2 })
    expect(rows()).toEqual([])
  })

  it('tells no Region of its own items', async () => {
    await under.store.commit(creation({ ...headOf('a'), replication: { acted: { [HERE]: 1, [EUROPE]: 1 } } }))
    await under.replication.saveLink(keyOf('a'), linkAt(1, { answers: { [HERE]: answer } }))
    expect(rows()).toEqual(['us-east-1 head a -> eu-west-1', 'us-east-1 link a -> eu-west-1'])
  })

  it('tells of every write, so that nobody misses one that comes between another and its delivery', async () => {
    await under.store.commit(creation(headAsking(EUROPE)))
    under.clock.advance(5)
    await under.store.commit(creation({ ...headAsking(EUROPE), revision: 2 }))
    const [first, second] = under.feed.pending(100)
    expect(second!.writtenAt - first!.writtenAt).toBe(5)
  })

  it('tells of a link that answers a Region no more, and of one that is removed, also where none of it has arrived', async () => {
    await under.replication.saveLink(keyOf('a'), linkAt(1, { answers: { [EUROPE]: answer } }))
    await under.replication.saveLink(keyOf('a'), linkAt(2, { answers: { [WEST]: answer } }))
    await under.replication.removeLink(keyOf('a'), linkAt(2))
    expect(rows()).toEqual([
      'us-east-1 link a -> eu-west-1',
      'us-east-1 link a -> eu-west-1',
      'us-east-1 link a -> us-west-2',
      'us-east-1 link a -> us-west-2',
    ])
  })

  it('shows nothing before it is delivered, then what the item is by then', async () => {
    await under.store.commit(creation(headAsking(EUROPE, WEST)))
    const before = under.feed.pending(100)
    await under.store.commit(creation({ ...headAsking(EUROPE, WEST), revision: 2 }))
    expect(await seenIn(EUROPE)).toBeUndefined()
    await under.feed.deliver(before.filter(({ observer }) => observer === EUROPE))
    expect((await seenIn(EUROPE))?.revision).toBe(2)
    expect(await seenIn(WEST)).toBeUndefined()
    expect(rows()).toEqual([
      'us-east-1 head a -> us-west-2',
      'us-east-1 head a -> eu-west-1',
      'us-east-1 head a -> us-west-2',
    ])
  })

  it('delivers in any order and more than once, and never brings back what is gone', async () => {
    await under.store.commit(creation(headAsking(EUROPE)))
    await under.store.commit(creation({ ...headAsking(EUROPE), revision: 2 }))
    await under.store.remove({ ...headAsking(EUROPE), revision: 2 })
    const all = under.feed.pending(100)
    await under.feed.deliver([all[2]!])
    expect(await seenIn(EUROPE)).toBeUndefined()
    await under.feed.deliver([all[1]!, all[0]!, all[0]!])
    await under.feed.deliver(all)
    expect(await seenIn(EUROPE)).toBeUndefined()
    expect(rows()).toEqual([])
  })

  it('delivers each item by itself: the head may come after the link, or before it', async () => {
    await under.store.commit(creation(headAsking(EUROPE)))
    await under.replication.saveLink(keyOf('a'), linkAt(1, { nudge: 1 }))
    const [head, link] = under.feed.pending(100)
    await under.feed.deliver([link!])
    const seen = await under.replication.group({ ...keyOf('a'), region: EUROPE })
    expect([seen.heads.size, seen.links.size]).toEqual([0, 1])
    await under.feed.deliver([head!])
    expect((await seenIn(EUROPE))?.revision).toBe(1)
  })

  it('brings the present link along only to a Region that had nothing to do with the head before, and only where there is one', async () => {
    await under.store.commit(creation(headAsking(EUROPE)))
    await under.replication.saveLink(keyOf('a'), linkAt(1))
    await under.settle()
    await under.store.commit(creation({ ...headAsking(EUROPE, WEST), revision: 2 }))
    expect(rows()).toEqual([
      'us-east-1 head a -> eu-west-1',
      'us-east-1 head a -> us-west-2',
      'us-east-1 link a -> us-west-2',
    ])
  })

  it('keeps no sealed value of a secret that took a name over and has nothing to do with others', async () => {
    const head = headAsking(EUROPE)
    await under.store.commit(creation(head))
    await under.settle()
    await under.store.remove(head)
    await under.store.commit(creation({ ...headOf('a'), suffix: 'second' }))
    await under.settle()
    expect(under.database.prepare('SELECT count(*) AS rows FROM seen').get()?.rows).toBe(0)
  })

  it('is read page by page, behind any row, and never uses a number again', async () => {
    for (const name of ['a', 'b', 'c']) await under.store.commit(creation({ ...headAsking(EUROPE), key: keyOf(name) }))
    const [first, second] = under.feed.pending(2)
    expect(under.feed.pending(2, second!.seq).map(({ name }) => name)).toEqual(['c'])
    expect(under.feed.pending(2, first!.seq).map(({ name }) => name)).toEqual(['b', 'c'])
    const last = under.feed.pending(9).at(-1)!.seq
    await under.settle()
    await under.store.commit(creation({ ...headAsking(EUROPE), key: keyOf('d') }))
    expect(under.feed.pending(9)[0]!.seq).toBeGreaterThan(last)
  })

  it('calls its listeners when rows have become durable, and for nothing else', async () => {
    const told: number[] = []
    under.feed.onWritten(() => told.push(under.feed.pending(100).length))
    const writing = under.store.commit(creation(headAsking(EUROPE)))
    expect(told).toEqual([])
    await writing
    expect(told).toEqual([1])
    await under.replication.saveLink(keyOf('a'), linkAt(1))
    expect(told).toEqual([1, 2])
    await under.store.commit(creation(headOf('b')))
    await under.settle()
    expect(told).toEqual([1, 2])
    await under.store.remove(headAsking(EUROPE))
    expect(told).toEqual([1, 2, 1])
  })

  it('is written in one transaction with the change: neither is there without the other', async () => {
    const { database, store, replication } = under
    database.prepare("CREATE TRIGGER no_more BEFORE INSERT ON feed BEGIN SELECT RAISE(ABORT, 'disk full'); END").run()
    await expect(store.commit(creation(headAsking(EUROPE)))).rejects.toBeInstanceOf(StoreFailure)
    expect(await store.load(keyOf('a'))).toBeUndefined()
    const link = linkAt(1, { answers: { [EUROPE]: answer } })
    await expect(replication.saveLink(keyOf('a'), link)).rejects.toBeInstanceOf(StoreFailure)
    expect(await replication.link(keyOf('a'))).toBeUndefined()
  })

  it('keeps its rows when what they were to be copied to fails', async () => {
    await under.store.commit(creation(headAsking(EUROPE)))
    under.database.prepare("CREATE TRIGGER full BEFORE INSERT ON seen BEGIN SELECT RAISE(ABORT, 'x'); END").run()
    await expect(under.settle()).rejects.toBeInstanceOf(StoreFailure)
    expect(rows()).toHaveLength(1)
  })

  it('outlives the process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coffer-feed-'))
    const path = join(folder, 'coffer.db')
    const first = openReplicatingStore(path)
    await first.store.commit(creation(headAsking(EUROPE)))
    first.database.close()
    const second = openReplicatingStore(path)
    await second.settle()
    const { heads } = await second.replication.group({ ...keyOf('a'), region: EUROPE })
    expect(heads.get(HERE)).toEqual(headAsking(EUROPE))
    expect(second.feed.pending(1)).toEqual([])
    second.database.close()
    rmSync(folder, { recursive: true })
  })

  it('looks up what it needs by indexes: the work for one secret does not grow with the others', () => {
    const statements = [
      'SELECT region, kind, record, inline FROM seen WHERE account = ? AND name = ? AND observer = ?',
      'SELECT observer FROM seen WHERE account = ? AND name = ? AND region = ? AND kind = ?',
      'DELETE FROM seen WHERE account = ? AND name = ? AND observer = ? AND region = ? AND kind = ?',
      'SELECT seq FROM feed WHERE seq > ? ORDER BY seq LIMIT ?',
      'SELECT record FROM link WHERE account = ? AND region = ? AND name = ?',
      'SELECT account FROM link WHERE check_at <= ? ORDER BY check_at, account, region, name LIMIT ?',
    ]
    for (const sql of statements) {
      const plan = under.database
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
      for (const detail of plan) expect(detail).toMatch(/^SEARCH /)
    }
  })
})
