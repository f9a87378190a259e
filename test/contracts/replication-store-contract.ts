/**
 * What every ReplicationStore must do, together with the SecretStore beside it. What other Regions have written counts once it has arrived: `settle` lets it.
 */
import type { Answer, Link, ReplicaRequest, Replication } from '../../lambda/core/domain/replication.ts'
import type { SecretHead, SecretKey } from '../../lambda/core/domain/secret.ts'
import type { DueLink, ReplicationStore } from '../../lambda/core/ports/replication-store.ts'
import type { Commit, SecretStore } from '../../lambda/core/ports/secret-store.ts'
import { headOf, keyOf } from './secret-store-contract.ts'

/** The Regions of the deployment; the store looks after the links of the first, at least. */
export const REGIONS = ['us-east-1', 'eu-west-1', 'us-west-2'] as const
const [HERE, THERE, ELSEWHERE] = REGIONS
type Region = (typeof REGIONS)[number]

export interface ReplicationUnderTest {
  readonly store: SecretStore
  readonly replication: ReplicationStore
  /** Everything that was written arrives in every Region. */
  readonly settle: () => Promise<void>
  /** Another client of the same data, as after a restart. */
  readonly reopen: () => Promise<ReplicationStore>
  readonly close: () => Promise<void>
}

const DAY = 86_400_000

export function replicationStoreContract(adapter: string, make: () => Promise<ReplicationUnderTest>): void {
  describe(`ReplicationStore contract: ${adapter}`, () => {
    let under: ReplicationUnderTest
    let store: SecretStore
    let replication: ReplicationStore
    beforeEach(async () => {
      under = await make()
      ;({ store, replication } = under)
    })
    afterEach(() => under.close())

    const seenIn = async (observer: Region, name = 'a') => {
      const { heads, links } = await replication.group(keyIn(observer, name))
      return { heads, links }
    }

    it('knows nothing at first', async () => {
      expect(await replication.group(keyIn(HERE))).toEqual({ key: keyIn(HERE), heads: new Map(), links: new Map() })
      expect(await replication.link(keyIn(HERE))).toBeUndefined()
      expect(await replication.replicaViews(headIn(HERE), [THERE])).toEqual([{ link: undefined, accessedDay: 0 }])
      expect(await replication.replicaViews(headIn(HERE), [])).toEqual([])
      expect(await replication.dueLinks(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    })

    describe('links', () => {
      it('come back with everything in them', async () => {
        const link = fullLink()
        expect(await replication.saveLink(keyIn(HERE), link)).toBe('committed')
        expect(await replication.link(keyIn(HERE))).toEqual(link)
        const others = [keyIn(THERE), keyIn(HERE, 'A'), { ...keyIn(HERE), account: '999999999999' }]
        for (const other of others) expect(await replication.link(other)).toBeUndefined()
        expect(await (await under.reopen()).link(keyIn(HERE))).toEqual(link)
      })

      it('are saved on the revision before, and on no other', async () => {
        expect(await replication.saveLink(keyIn(HERE), linkAt(2))).toBe('conflict')
        expect(await replication.saveLink(keyIn(HERE), linkAt(1))).toBe('committed')
        expect(await replication.saveLink(keyIn(HERE), linkAt(1))).toBe('conflict')
        expect(await replication.saveLink(keyIn(HERE), linkAt(3))).toBe('conflict')
        const { answers, ...rest } = { ...fullLink(), revision: 2 }
        const bare: Link = { ...rest, answers: { [THERE]: answers[THERE]! }, departed: [] }
        expect(await replication.saveLink(keyIn(HERE), bare)).toBe('committed')
        expect(await replication.link(keyIn(HERE))).toEqual(bare)
      })

      it('have one winner of many writers', async () => {
        await replication.saveLink(keyIn(HERE), linkAt(1))
        const writers = Array.from({ length: 8 }, (_, nudge) => linkAt(2, { nudge }))
        const results = await Promise.all(writers.map((link) => replication.saveLink(keyIn(HERE), link)))
        expect(results.filter((result) => result === 'committed')).toHaveLength(1)
        expect(await replication.link(keyIn(HERE))).toEqual(writers[results.indexOf('committed')])
      })

      it('are removed at exactly the revision that is told', async () => {
        await replication.saveLink(keyIn(HERE), linkAt(1))
        expect(await replication.removeLink(keyIn(HERE), linkAt(2))).toBe('conflict')
        expect(await replication.removeLink(keyIn(THERE), linkAt(1))).toBe('conflict')
        expect(await replication.removeLink(keyIn(HERE), linkAt(1))).toBe('committed')
        expect(await replication.removeLink(keyIn(HERE), linkAt(1))).toBe('conflict')
        expect(await replication.link(keyIn(HERE))).toBeUndefined()
        expect(await replication.saveLink(keyIn(HERE), linkAt(1))).toBe('committed')
      })
    })

    describe('what a Region sees', () => {
      it('is its own head and link at once, with their changes and their end', async () => {
        const head = headIn(HERE)
        await store.commit(creation(head))
        await replication.saveLink(keyIn(HERE), linkAt(1))
        expect(await seenIn(HERE)).toEqual({ heads: new Map([[HERE, head]]), links: new Map([[HERE, linkAt(1)]]) })
        const changed = { ...head, revision: 2, replication: asking(THERE) }
        await store.commit(creation(changed))
        await replication.saveLink(keyIn(HERE), linkAt(2, { nudge: 1 }))
        expect(await seenIn(HERE)).toEqual({
          heads: new Map([[HERE, changed]]),
          links: new Map([[HERE, linkAt(2, { nudge: 1 })]]),
        })
        await store.remove(changed)
        await replication.removeLink(keyIn(HERE), linkAt(2))
        expect(await seenIn(HERE)).toEqual({ heads: new Map(), links: new Map() })
      })

      it('is a head that asks it for a copy, each of its changes and its end', async () => {
        const head = { ...headIn(HERE), replication: asking(THERE, ELSEWHERE), versions: [inlineVersion] }
        await store.commit(creation(head))
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).heads).toEqual(new Map([[HERE, head]]))
        const value = { kind: 'inline', sealed: new Uint8Array([4]) } as const
        const changed = { ...head, revision: 2, description: 'changed', versions: [{ ...inlineVersion, value }] }
        await store.commit(creation(changed))
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).heads.get(HERE)).toEqual(changed)
        await store.remove(changed)
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).heads).toEqual(new Map())
      })

      it('is both sides of a copy', async () => {
        const primary = { ...headIn(HERE), replication: asking(THERE) }
        const copy = { ...headIn(THERE), replication: copyOf(HERE) }
        const told = linkAt(1, { answers: { [HERE]: answer } })
        await store.commit(creation(primary))
        await store.commit(creation(copy))
        await replication.saveLink(keyIn(THERE), told)
        await under.settle()
        const both = new Map([
          [HERE, primary],
          [THERE, copy],
        ])
        for (const region of [HERE, THERE])
          expect(await seenIn(region)).toEqual({ heads: both, links: new Map([[THERE, told]]) })
      })

      it('is told after a restart, too', async () => {
        await store.commit(creation({ ...headIn(HERE), replication: asking(THERE) }))
        await under.settle()
        const group = await (await under.reopen()).group(keyIn(THERE))
        expect([...group.heads.keys()]).toEqual([HERE])
      })

      it('goes on to be what it has seen, also when the head has nothing to do with it any more', async () => {
        const head = { ...headIn(HERE), replication: asking(THERE) }
        await store.commit(creation(head))
        await under.settle()
        const parted = { ...head, revision: 2, replication: { replicas: [], lastRequest: 7 } }
        await store.commit(creation(parted))
        await under.settle()
        expect((await seenIn(THERE)).heads.get(HERE)).toEqual(parted)
        const later = { ...parted, revision: 3, description: 'later' }
        await store.commit(creation(later))
        await under.settle()
        expect((await seenIn(THERE)).heads.get(HERE)).toEqual(later)
        await store.remove(later)
        await under.settle()
        expect((await seenIn(THERE)).heads.has(HERE)).toBe(false)
      })

      it('is the last state of a head that was asked for and withdrawn before anything arrived', async () => {
        const head = { ...headIn(HERE), replication: asking(THERE) }
        await store.commit(creation(head))
        const parted = { ...head, revision: 2, replication: { replicas: [], lastRequest: 7 } }
        await store.commit(creation(parted))
        await under.settle()
        expect((await seenIn(THERE)).heads.get(HERE)).toEqual(parted)
      })

      it('is never a secret of before where there is another one now', async () => {
        const head = { ...headIn(HERE), replication: asking(THERE) }
        await store.commit(creation(head))
        await under.settle()
        await store.remove(head)
        await store.commit(creation({ ...headIn(HERE), suffix: 'second' }))
        await under.settle()
        expect((await seenIn(THERE)).heads.get(HERE)?.suffix).not.toBe(head.suffix)
        expect((await seenIn(HERE)).heads.get(HERE)?.suffix).toBe('second')
      })

      it('is a head that took the place of another one, in the Regions of both', async () => {
        const former = { ...headIn(HERE), replication: asking(THERE) }
        await store.commit(creation(former))
        await under.settle()
        const copy = { ...headIn(HERE), suffix: 'second', replication: copyOf(ELSEWHERE) }
        expect(await store.commit({ ...creation(copy), replaces: former })).toBe('committed')
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).heads.get(HERE)).toEqual(copy)
      })

      it('is a head that took the place of one by itself', async () => {
        const former = headIn(HERE)
        await store.commit(creation(former))
        const copy = { ...headIn(HERE), suffix: 'second', replication: copyOf(ELSEWHERE) }
        await store.commit({ ...creation(copy), replaces: former })
        await under.settle()
        expect((await seenIn(ELSEWHERE)).heads.get(HERE)).toEqual(copy)
      })

      it('is no more the head whose place was taken by one that has nothing to do with others', async () => {
        const former = { ...headIn(HERE), replication: asking(THERE) }
        await store.commit(creation(former))
        await under.settle()
        await store.commit({ ...creation({ ...headIn(HERE), suffix: 'second' }), replaces: former })
        await under.settle()
        expect((await seenIn(THERE)).heads.get(HERE)?.suffix).not.toBe(former.suffix)
      })

      const concerns: readonly (readonly [string, Replication])[] = [
        ['asks it for a copy', asking(THERE)],
        ['has asked it to let its copy go', { leaving: [{ region: THERE, at: 7 }] }],
        ['is a copy of its secret', copyOf(THERE)],
        ['was promoted from a copy of its secret', { promotion: { from: THERE, at: 7, base: 'x' } }],
        ['steps down for it', { yielding: { to: THERE, at: 7 } }],
        ['has acted on its requests', { acted: { [THERE]: 7 } }],
      ]
      it.each(concerns)('is a head that %s', async (_title, state) => {
        const head = { ...headIn(HERE), replication: state }
        await store.commit(creation(head))
        await under.settle()
        expect((await seenIn(THERE)).heads.get(HERE)).toEqual(head)
      })

      it('is the link of whoever answers it, or waits for it, each of its changes and its end', async () => {
        const link = linkAt(1, {
          answers: { [THERE]: answer },
          departed: [{ suffix: 'abcdef', waiting: [{ region: ELSEWHERE, at: 7 }] }],
        })
        await replication.saveLink(keyIn(HERE), link)
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).links).toEqual(new Map([[HERE, link]]))
        const changed = { ...linkAt(2), nudge: 3 }
        await replication.saveLink(keyIn(HERE), changed)
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).links.get(HERE)).toEqual(changed)
        await replication.removeLink(keyIn(HERE), changed)
        await under.settle()
        for (const region of REGIONS) expect((await seenIn(region)).links).toEqual(new Map())
      })

      it('is the link of a Region whose head it has to do with: a nudge comes to all copies', async () => {
        await store.commit(creation({ ...headIn(HERE), replication: asking(THERE) }))
        await replication.saveLink(keyIn(HERE), linkAt(1, { nudge: 1 }))
        await under.settle()
        expect((await seenIn(THERE)).links.get(HERE)?.nudge).toBe(1)
      })

      it('is the link that was there before the head had to do with it', async () => {
        await store.commit(creation(headIn(HERE)))
        await replication.saveLink(keyIn(HERE), linkAt(1, { nudge: 1 }))
        await under.settle()
        await store.commit(creation({ ...headIn(HERE), revision: 2, replication: asking(THERE) }))
        await under.settle()
        expect((await seenIn(THERE)).links.get(HERE)?.nudge).toBe(1)
      })

      it('is nothing of other names and accounts', async () => {
        for (const key of [keyIn(HERE, 'A'), keyIn(HERE, 'a/b'), { ...keyIn(HERE), account: '999999999999' }]) {
          await store.commit(creation({ ...headIn(HERE), key, replication: asking(THERE) }))
          await replication.saveLink(key, linkAt(1, { answers: { [THERE]: answer } }))
        }
        await under.settle()
        expect(await seenIn(THERE)).toEqual({ heads: new Map(), links: new Map() })
        expect((await seenIn(THERE, 'a/b')).heads.get(HERE)?.key.name).toBe('a/b')
      })

      it('takes names with any character', async () => {
        const name = "x'; DROP TABLE seen; -- #\u0000\u{1F600}__proto__"
        const head = { ...headIn(HERE), key: keyIn(HERE, name), replication: asking(THERE) }
        await store.commit(creation(head))
        await replication.saveLink(head.key, fullLink())
        await under.settle()
        expect(await seenIn(THERE, name)).toEqual({
          heads: new Map([[HERE, head]]),
          links: new Map([[HERE, fullLink()]]),
        })
      })

      it('has the values that a head of another Region names', async () => {
        const sealed = new Uint8Array([7, 8])
        const head = { ...headIn(HERE), replication: asking(THERE) }
        await store.commit({ ...creation(head), put: [{ id: 'v1.x', sealed }] })
        await under.settle()
        const seen = (await seenIn(THERE)).heads.get(HERE)!
        expect(new Uint8Array((await store.readValue({ ...seen, id: 'v1.x' }))!)).toEqual(sealed)
      })
    })

    it('shows a primary the links and last reads of its copies, in the order that is asked for', async () => {
      const primary = { ...headIn(HERE), replication: asking(THERE, ELSEWHERE) }
      await store.commit(creation(primary))
      for (const region of [THERE, ELSEWHERE] as const)
        await store.commit(creation({ ...headIn(region), replication: copyOf(HERE), versions: [inlineVersion] }))
      const told = linkAt(1, { answers: { [HERE]: answer } })
      await replication.saveLink(keyIn(THERE), told)
      await store.recordAccess((await store.load(keyIn(THERE)))!, 'v1', 3 * DAY)
      // What a store writes together later is there after a list.
      await store.list({ ...keyIn(THERE), order: 'accessed', descending: false, limit: 1 })
      await under.settle()
      const [read, unread] = [
        { link: told, accessedDay: 3 * DAY },
        { link: undefined, accessedDay: 0 },
      ]
      expect(await replication.replicaViews(primary, [THERE, ELSEWHERE])).toEqual([read, unread])
      expect(await replication.replicaViews(primary, [ELSEWHERE, THERE])).toEqual([unread, read])
      const other = { ...primary, suffix: 'others' }
      expect(await replication.replicaViews(other, [THERE])).toEqual([{ link: told, accessedDay: 0 }])
    })

    describe('links that are due', () => {
      const due = async (now: number, limit = 10, after?: DueLink) =>
        (await replication.dueLinks(now, limit, after)).map(({ key, at }) => `${key.name}@${at}`)

      it('are found by their time and name, page by page, and no others', async () => {
        for (const [name, checkAt] of [
          ['later', 30],
          ['b', 20],
          ['a', 20],
          ['soon', 10],
        ] as const)
          await replication.saveLink(keyIn(HERE, name), linkAt(1, { checkAt }))
        await replication.saveLink(keyIn(HERE, 'never'), linkAt(1))
        expect(await due(9)).toEqual([])
        expect(await due(20)).toEqual(['soon@10', 'a@20', 'b@20'])
        expect(await due(99, 2)).toEqual(['soon@10', 'a@20'])
        expect(await due(99, 2, { key: keyIn(HERE, 'a'), at: 20 })).toEqual(['b@20', 'later@30'])
        expect(await due(99, 2, { key: keyIn(HERE, 'later'), at: 30 })).toEqual([])
        expect(await replication.dueLinks(10, 1)).toEqual([{ key: keyIn(HERE, 'soon'), at: 10 }])
      })

      it('go with what is written of them', async () => {
        await replication.saveLink(keyIn(HERE), linkAt(1, { checkAt: 10 }))
        await replication.saveLink(keyIn(HERE), linkAt(2, { checkAt: 20 }))
        expect(await due(19)).toEqual([])
        expect(await due(20)).toEqual(['a@20'])
        await replication.saveLink(keyIn(HERE), linkAt(3))
        expect(await due(99)).toEqual([])
        await replication.saveLink(keyIn(HERE), linkAt(4, { checkAt: 30 }))
        await replication.removeLink(keyIn(HERE), linkAt(4))
        expect(await due(99)).toEqual([])
      })

      it('are not taken for other work', async () => {
        await replication.saveLink(keyIn(HERE), linkAt(1, { checkAt: 10 }))
        await store.commit(creation({ ...headIn(HERE), state: 'scheduled', deletion: { purgeAt: 10 } }))
        await store.commit(
          creation({ ...headIn(HERE, 'b'), rotation: { isEnabled: true, base: 0, runs: 1, due: { run: 1, at: 10 } } }),
        )
        expect(await due(99)).toEqual(['a@10'])
        expect(await store.duePurges(99, 10)).toEqual([keyIn(HERE)])
        expect((await store.dueRotations(99, 10)).map(({ key }) => key.name)).toEqual(['b'])
      })
    })
  })
}

const keyIn = (region: Region, name = 'a'): SecretKey => ({ ...keyOf(name), region })
const headIn = (region: Region, name = 'a'): SecretHead => ({ ...headOf(name), key: keyIn(region, name) })
const creation = (head: SecretHead): Commit => ({ head, put: [], drop: [] })

const inlineVersion: SecretHead['versions'][number] = {
  id: 'v1',
  createdAt: 1,
  stages: ['AWSCURRENT'],
  value: { kind: 'inline', sealed: new Uint8Array([1, 2, 3]) },
}

function asking(...regions: readonly Region[]): Replication {
  const replicas = regions.map((region): ReplicaRequest => ({ region, at: 7, force: false }))
  return { replicas, lastRequest: 7 }
}

const copyOf = (region: Region): Replication => ({ source: { region, stamp: { born: 1, revision: 1 } } })

const answer: Answer = { suffix: 'abcdef', request: 7, acted: 7, status: 'InSync', failures: 0 }

const linkAt = (revision: number, members: Partial<Link> = {}): Link => ({
  revision,
  answers: {},
  departed: [],
  born: 0,
  nudge: 0,
  ...members,
})

const fullLink = (): Link => ({
  revision: 1,
  answers: {
    [THERE]: {
      ...answer,
      status: 'Failed',
      message: 'm',
      stamp: { born: 1, revision: 2 },
      triedAt: { born: 1, revision: 3 },
      kmsKeyId: 'alias/k',
      failures: 2,
      retryAt: 9,
    },
    [ELSEWHERE]: answer,
  },
  departed: [
    {
      suffix: 'abcdef',
      waiting: [{ region: THERE, at: 7, takenOverFrom: [{ region: ELSEWHERE, stamp: { born: 1, revision: 2 } }] }],
    },
  ],
  keptKey: { suffix: 'abcdef', keyArn: 'arn:aws:kms:us-east-1:123456789012:key/mrk-1' },
  born: 5,
  nudge: 2,
  lastRevision: 4,
  unanswered: 3,
  checkAt: 11,
  overAt: 13,
  trouble: { message: 'm', retryAt: 12 },
})
