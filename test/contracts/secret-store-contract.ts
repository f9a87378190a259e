/**
 * What every SecretStore must do, whatever it is made of. An adapter runs the whole suite; a test that it can't run is skipped by name, with a reason.
 */
import type { Rotation } from '../../lambda/core/domain/rotation.ts'
import type { SecretHead, SecretKey, Version } from '../../lambda/core/domain/secret.ts'
import type { Commit, DueRotation, ListOrder, ListPosition, SecretStore } from '../../lambda/core/ports/secret-store.ts'
import type { RotationRecord } from '../../lambda/core/rotation/rotation-record.ts'

export interface StoreUnderTest {
  readonly store: SecretStore
  /** Another client of the same data, as after a restart: whatever the first holds in memory does not count. */
  readonly reopen: () => Promise<SecretStore>
  readonly close: () => Promise<void>
}

export interface ContractOptions {
  readonly skip?: readonly { readonly test: string; readonly reason: string }[]
}

const DAY = 86_400_000

export function secretStoreContract(
  adapter: string,
  make: () => Promise<StoreUnderTest>,
  options: ContractOptions = {},
): void {
  const it = (title: string, work: () => Promise<void>): void => {
    const skipped = options.skip?.find(({ test }) => test === title)
    if (skipped) test.skip(`${title} (${skipped.reason})`, work)
    else test(title, work)
  }

  describe(`SecretStore contract: ${adapter}`, () => {
    let under: StoreUnderTest
    let store: SecretStore
    beforeEach(async () => {
      under = await make()
      ;({ store } = under)
    })
    afterEach(() => under.close())

    it('knows nothing at first', async () => {
      expect(await store.load(keyOf('a'))).toBeUndefined()
      expect(await store.loadHeads([keyOf('a'), keyOf('b')])).toEqual([undefined, undefined])
      expect(await listNames(store)).toEqual([])
      expect(await store.duePurges(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
    })

    it('gives back a head with everything in it', async () => {
      const head = fullHead()
      expect(await store.commit(creation(head))).toBe('committed')
      expect((await store.load(head.key))?.head).toEqual(head)
      expect((await (await under.reopen()).load(head.key))?.head).toEqual(head)
    })

    it('keeps apart accounts, Regions and names that differ in case', async () => {
      const keys = [
        keyOf('a'),
        keyOf('A'),
        { ...keyOf('a'), account: '999999999999' },
        { ...keyOf('a'), region: 'eu-west-1' },
      ]
      for (const [index, key] of keys.entries())
        await store.commit(creation({ ...headOf('a'), key, description: `${index}` }))
      const loaded = await store.loadHeads(keys)
      expect(loaded.map((head) => head?.description)).toEqual(['0', '1', '2', '3'])
    })

    it('takes names and members with any character', async () => {
      const name = "x'; DROP TABLE head; -- #\u0000\u{1F600}__proto__"
      const head = { ...headOf('a'), key: keyOf(name), description: name, tags: [{ key: '__proto__', value: name }] }
      await store.commit(creation(head))
      expect((await (await under.reopen()).load(keyOf(name)))?.head).toEqual(head)
    })

    it('commits a change on the revision that it builds on, and no other', async () => {
      await store.commit(creation(headOf('a')))
      const second = { ...headOf('a'), revision: 2, description: 'second' }
      expect(await store.commit(change(second))).toBe('committed')
      expect(await store.commit(change({ ...second, description: 'late' }))).toBe('conflict')
      expect(await store.commit(change({ ...second, revision: 4, description: 'early' }))).toBe('conflict')
      expect((await store.load(keyOf('a')))?.head.description).toBe('second')
    })

    it('commits no change to a secret that is not there, and none to a later incarnation', async () => {
      const stale = { ...headOf('a'), revision: 2, description: 'stale' }
      expect(await store.commit(change(stale))).toBe('conflict')
      await store.commit(creation({ ...headOf('a'), suffix: 'second' }))
      expect(await store.commit(change(stale))).toBe('conflict')
      expect((await store.load(keyOf('a')))?.head.suffix).toBe('second')
    })

    it('lets one of two creators win', async () => {
      const creators = ['first1', 'second'].map((suffix) => store.commit(creation({ ...headOf('a'), suffix })))
      expect((await Promise.all(creators)).sort()).toEqual(['committed', 'conflict'])
    })

    it('lets one of many writers of a revision win, and the winner stands', async () => {
      await store.commit(creation(headOf('a')))
      const writers = Array.from({ length: 16 }, (_, index) => ({
        ...headOf('a'),
        revision: 2,
        description: `${index}`,
      }))
      const results = await Promise.all(writers.map((head) => store.commit(change(head))))
      expect(results.filter((result) => result === 'committed')).toHaveLength(1)
      const winner = writers[results.indexOf('committed')]
      expect((await store.load(keyOf('a')))?.head).toEqual(winner)
      expect((await (await under.reopen()).load(keyOf('a')))?.head).toEqual(winner)
    })

    it('lets a removal or a change win, never both', async () => {
      await store.commit(creation(headOf('a')))
      const results = await Promise.all([
        store.remove(headOf('a')),
        store.commit(change({ ...headOf('a'), revision: 2, description: 'changed' })),
      ])
      expect([...results].sort()).toEqual(['committed', 'conflict'])
      expect((await store.load(keyOf('a')))?.head.description).toBe(results[1] === 'committed' ? 'changed' : undefined)
    })

    it('keeps values under their ids, and drops them with the commit that no longer names them', async () => {
      const head = headOf('a')
      const sealed = new Uint8Array([0, 255, 1])
      await store.commit({ ...creation(head), put: [{ id: 'v1.x', sealed }] })
      const ref = { key: head.key, suffix: head.suffix, id: 'v1.x' }
      expect(new Uint8Array((await store.readValue(ref))!)).toEqual(sealed)
      expect(await store.readValue({ ...ref, suffix: 'others' })).toBeUndefined()
      expect(await store.valuesOf(head)).toEqual(['v1.x'])
      await store.commit({ ...change({ ...head, revision: 2 }), drop: ['v1.x'] })
      expect(await store.readValue(ref)).toBeUndefined()
    })

    it('shows nothing of a commit that met a conflict: at most a value item that no head names', async () => {
      await store.commit(creation(headOf('a')))
      const head = { ...headOf('a'), revision: 3, versions: [version('v1', { kind: 'item', id: 'v1.y', bytes: 1 })] }
      expect(await store.commit({ ...change(head), put: [{ id: 'v1.y', sealed: new Uint8Array(1) }], drop: [] })).toBe(
        'conflict',
      )
      expect((await store.load(keyOf('a')))?.head.versions).toEqual([])
    })

    it('holds values of 64 KiB and heads of 100 versions', async () => {
      const sealed = new Uint8Array(66_000).fill(7)
      const versions = Array.from({ length: 100 }, (_, index) =>
        version(`v${index}`.padEnd(64, '-'), { kind: 'item', id: `i${index}`, bytes: 9 }, [`label ${index}`]),
      )
      const head = { ...headOf('a'), versions }
      await store.commit({ ...creation(head), put: [{ id: 'i0', sealed }] })
      const reopened = await under.reopen()
      expect((await reopened.load(head.key))?.head).toEqual(head)
      expect((await reopened.readValue({ key: head.key, suffix: head.suffix, id: 'i0' }))?.byteLength).toBe(66_000)
    })

    it('remembers the day of the last read, of the secret and of each version it still has', async () => {
      const versions = ['v1', 'v2'].map((id) => version(id, { kind: 'none' }))
      const head = { ...headOf('a'), versions }
      await store.commit(creation(head))
      await read(store, 'a', 'v1', DAY)
      await read(store, 'a', 'v2', 2 * DAY)
      expect((await store.load(head.key))?.access).toEqual({
        day: 2 * DAY,
        versions: new Map([
          ['v1', DAY],
          ['v2', 2 * DAY],
        ]),
      })
      await store.commit(change({ ...head, revision: 2, versions: versions.slice(1) }))
      await read(store, 'a', 'v2', 3 * DAY)
      expect((await store.load(head.key))?.access.versions).toEqual(new Map([['v2', 3 * DAY]]))
    })

    it('remembers the reads of two readers that loaded the same, and never goes back in days', async () => {
      const versions = ['v1', 'v2'].map((id) => version(id, { kind: 'none' }))
      await store.commit(creation({ ...headOf('a'), versions }))
      const loaded = (await store.load(keyOf('a')))!
      await store.recordAccess(loaded, 'v1', 2 * DAY)
      await store.recordAccess(loaded, 'v2', 2 * DAY)
      await store.recordAccess(loaded, 'v2', 2 * DAY)
      await store.recordAccess(loaded, 'v1', DAY)
      expect((await store.load(keyOf('a')))?.access).toEqual({
        day: 2 * DAY,
        versions: new Map([
          ['v1', 2 * DAY],
          ['v2', 2 * DAY],
        ]),
      })
    })

    it('forgets the reads of a secret that was removed, and takes none for an earlier incarnation', async () => {
      const head = headOf('a')
      await store.commit(creation(head))
      const stale = (await store.load(head.key))!
      await store.recordAccess(stale, 'v1', DAY)
      await store.remove(head)
      await store.recordAccess(stale, 'v1', DAY)
      await store.commit(creation({ ...head, suffix: 'second' }))
      await store.recordAccess(stale, 'v1', DAY)
      expect((await store.load(head.key))?.access.day).toBe(0)
    })

    it('shows in lists what a head has but for its values', async () => {
      const head = fullHead()
      await store.commit(creation(head))
      const [listed] = (await store.list({ ...head.key, order: 'name', descending: false, limit: 1 })).secrets
      const versions = head.versions.map(({ value: _place, ...rest }) => rest)
      expect(listed?.head).toEqual({ ...head, versions })
    })

    describe('taking the place of another secret', () => {
      const former = (): SecretHead => ({
        ...headOf('a'),
        revision: 2,
        rotation: { isEnabled: true, base: 0, runs: 1 },
        versions: [version('v1', { kind: 'item', id: 'v1.old', bytes: 1 }, ['AWSCURRENT'])],
      })
      const successor = (): SecretHead => ({
        ...headOf('a'),
        suffix: 'second',
        createdAt: 5,
        changedAt: 6,
        description: 'second',
        versions: [version('v1', { kind: 'item', id: 'v1.new', bytes: 1 }, ['AWSCURRENT'])],
      })
      const replacement = (replaces = former()): Commit => ({
        ...creation(successor()),
        put: [{ id: 'v1.new', sealed: new Uint8Array([2]) }],
        replaces,
      })
      beforeEach(async () => {
        await store.commit({ ...creation(headOf('a')), put: [{ id: 'v1.old', sealed: new Uint8Array([1]) }] })
        await store.commit(change(former()))
        await read(store, 'a', 'v1', DAY)
        await store.saveRotation(former(), aRotation('one', 1))
      })

      it('puts the one head there instead of the other, with its values', async () => {
        expect(await store.commit(replacement())).toBe('committed')
        expect((await store.load(keyOf('a')))?.head).toEqual(successor())
        const value = await store.readValue({ ...successor(), id: 'v1.new' })
        expect(new Uint8Array(value!)).toEqual(new Uint8Array([2]))
        for (const order of ['created', 'changed', 'accessed', 'name'] as const)
          expect(await listNames(store, { order })).toEqual(['a'])
        expect(await listNames(store, { order: 'created', after: { at: 4, name: 'a' } })).toEqual(['a'])
        expect((await (await under.reopen()).load(keyOf('a')))?.head).toEqual(successor())
      })

      it('leaves nothing of the other one: no values, no reads, no records of rotations', async () => {
        await store.commit(replacement())
        expect(await store.valuesOf(former())).toEqual([])
        expect((await store.load(keyOf('a')))?.access).toEqual({ day: 0, versions: new Map() })
        expect(await store.rotations(former())).toEqual([])
        expect((await store.scanValues(undefined, 10)).map(({ ref }) => ref.id)).toEqual(['v1.new'])
      })

      it('goes on from there as any other', async () => {
        await store.commit(replacement())
        await read(store, 'a', 'v1', 2 * DAY)
        const next = { ...successor(), revision: 2, description: 'third' }
        expect(await store.commit(change(next))).toBe('committed')
        expect(await store.load(keyOf('a'))).toEqual({
          head: next,
          access: { day: 2 * DAY, versions: new Map([['v1', 2 * DAY]]) },
        })
        expect(await store.remove(next)).toBe('committed')
        expect(await listNames(store, { order: 'accessed' })).toEqual([])
      })

      it('does so only while the other one is as it was loaded', async () => {
        const others = [
          { ...former(), revision: 1 },
          { ...former(), revision: 3 },
          { ...former(), suffix: 'others' },
        ]
        for (const other of others) expect(await store.commit(replacement(other))).toBe('conflict')
        expect((await store.load(keyOf('a')))?.head).toEqual(former())
        expect((await store.load(keyOf('a')))?.access.day).toBe(DAY)
        expect(await store.readValue({ ...former(), id: 'v1.old' })).toBeDefined()
        expect(await store.rotations(former())).toHaveLength(1)
      })

      it('does not where there is none any more', async () => {
        await store.remove(former())
        expect(await store.commit(replacement())).toBe('conflict')
        expect(await store.load(keyOf('a'))).toBeUndefined()
      })

      it('lets that or a change of the other one win, never both', async () => {
        const results = await Promise.all([
          store.commit(change({ ...former(), revision: 3, description: 'changed' })),
          store.commit(replacement()),
        ])
        expect([...results].sort()).toEqual(['committed', 'conflict'])
        const description = results[0] === 'committed' ? 'changed' : 'second'
        expect((await store.load(keyOf('a')))?.head.description).toBe(description)
      })
    })

    it('removes exactly the revision it is told to', async () => {
      await store.commit(creation(headOf('a')))
      expect(await store.remove({ ...headOf('a'), revision: 2 })).toBe('conflict')
      expect(await store.remove({ ...headOf('a'), suffix: 'others' })).toBe('conflict')
      expect(await store.remove(headOf('a'))).toBe('committed')
      expect(await store.load(keyOf('a'))).toBeUndefined()
      expect(await (await under.reopen()).load(keyOf('a'))).toBeUndefined()
    })

    describe('lists', () => {
      beforeEach(async () => {
        const rows = [
          ['d', 3, 9],
          ['b', 1, 7],
          ['a', 2, 7],
          ['c', 2, 8],
          ['e', 2, 6],
        ] as const
        for (const [name, createdAt, changedAt] of rows)
          await store.commit(creation({ ...headOf(name), createdAt, changedAt }))
        await store.commit(creation({ ...headOf('x'), key: { ...keyOf('x'), region: 'eu-west-1' } }))
        for (const [name, day] of [
          ['a', 2],
          ['b', 1],
          ['d', 2],
        ] as const)
          await read(store, name, 'v1', day * DAY)
      })

      const orders: readonly (readonly [ListOrder, string])[] = [
        ['created', 'baced'],
        ['changed', 'eabcd'],
        ['accessed', 'cebad'],
        ['name', 'abcde'],
      ]
      for (const [order, expected] of orders) {
        it(`by ${order}, equal ones by name, both ways`, async () => {
          expect((await listNames(store, { order })).join('')).toBe(expected)
          expect((await listNames(store, { order, descending: true })).join('')).toBe([...expected].reverse().join(''))
        })

        it(`by ${order}, page after page of any size`, async () => {
          for (const limit of [1, 2, 4]) {
            for (const descending of [false, true]) {
              const paged = await listPages(store, { order, descending, limit })
              expect(paged.join('')).toBe(descending ? [...expected].reverse().join('') : expected)
            }
          }
        })
      }
    })

    it('lists names in the order of their bytes, among equals in every order', async () => {
      const names = ['B', 'a', 'a!', 'a-b', 'a.', 'ab', '\uFFFD', '\u{1F600}']
      for (const name of [...names].reverse()) await store.commit(creation(headOf(name)))
      for (const order of ['created', 'changed', 'accessed', 'name'] as const) {
        expect(await listPages(store, { order, descending: false, limit: 3 })).toEqual(names)
        expect(await listPages(store, { order, descending: true, limit: 3 })).toEqual([...names].reverse())
      }
    })

    it('goes on with a list after a place where there is no secret any more', async () => {
      for (const name of ['a', 'b', 'c']) await store.commit(creation(headOf(name)))
      await store.remove(headOf('b'))
      for (const [order, at] of [
        ['created', 1],
        ['changed', 1],
        ['accessed', 0],
        ['name', 0],
      ] as const) {
        const after = { at, name: 'b' }
        expect(await listNames(store, { order, after })).toEqual(['c'])
        expect(await listNames(store, { order, after, descending: true })).toEqual(['a'])
        expect(await listNames(store, { order, after: { at, name: '' } })).toEqual(['a', 'c'])
        expect(await listNames(store, { order, after: { at, name: 'z'.repeat(3_000) } })).toEqual([])
      }
    })

    it('finds the purges that are due, earliest first, those that have begun whatever the time, and no others', async () => {
      for (const [name, purgeAt] of [
        ['later', 30],
        ['soon', 10],
        ['due', 20],
      ] as const)
        await store.commit(creation({ ...headOf(name), state: 'scheduled', deletion: { purgeAt } }))
      await store.commit(creation(headOf('active')))
      const due = async (now: number, limit = 10) => (await store.duePurges(now, limit)).map(({ name }) => name)
      expect(await due(9)).toEqual([])
      expect(await due(20)).toEqual(['soon', 'due'])
      expect(await due(99, 1)).toEqual(['soon'])
      await store.commit(creation({ ...headOf('begun'), state: 'purging', deletion: { purgeAt: 99 } }))
      expect(await due(0)).toEqual(['begun'])
      await store.remove({ ...headOf('begun'), state: 'purging', deletion: { purgeAt: 99 } })
      const restored = { ...headOf('soon'), revision: 2 }
      await store.commit(change(restored))
      expect(await due(20)).toEqual(['due'])
    })

    describe('rotations', () => {
      const rotating = (name: string, rotation: Partial<Rotation>): SecretHead => ({
        ...headOf(name),
        rotation: { isEnabled: true, base: 0, runs: 1, ...rotation },
      })
      const due = async (now: number, limit = 10, after?: DueRotation) =>
        (await store.dueRotations(now, limit, after)).map(({ key, at }) => `${key.name}@${at}`)
      it('finds those that are due by their time and name, page by page, and no others', async () => {
        await store.commit(creation(rotating('later', { due: { run: 1, at: 30 } })))
        await store.commit(creation(rotating('b', { due: { run: 1, at: 20 } })))
        await store.commit(creation(rotating('a', { due: { run: 1, at: 20 } })))
        await store.commit(creation(rotating('soon', { due: { run: 1, at: 10 } })))
        await store.commit(creation(rotating('nothing', {})))
        const deleted = rotating('deleted', { due: { run: 1, at: 1 } })
        await store.commit(creation({ ...deleted, state: 'scheduled', deletion: { purgeAt: 1 } }))
        expect(await due(9)).toEqual([])
        expect(await due(20)).toEqual(['soon@10', 'a@20', 'b@20'])
        expect(await due(99, 2)).toEqual(['soon@10', 'a@20'])
        expect(await due(99, 2, { key: keyOf('a'), at: 20 })).toEqual(['b@20', 'later@30'])
        await store.commit(change({ ...rotating('soon', {}), revision: 2 }))
        expect(await due(20)).toEqual(['a@20', 'b@20'])
      })

      it('takes one that is running by when it is to be looked at, not by what is planned', async () => {
        const running = { kind: 'rotation', run: 2, token: 't', startedAt: 1, attempt: 1, checkAt: 50 } as const
        await store.commit(creation(rotating('a', { running, due: { run: 1, at: 10 } })))
        expect(await due(49)).toEqual([])
        expect(await due(50)).toEqual(['a@50'])
      })

      it('keeps records, the newest first, and replaces the one of a version', async () => {
        const { key, suffix } = headOf('a')
        expect(await store.rotations({ key, suffix })).toEqual([])
        expect(await store.rotation({ key, suffix, token: 'one' })).toBeUndefined()
        await store.saveRotation({ key, suffix }, aRotation('one', 1))
        await store.saveRotation({ key, suffix }, aRotation('two', 2))
        const ended = { ...aRotation('one', 1), result: 'succeeded' as const, endedAt: 3, tokenHash: 'h' }
        await store.saveRotation({ key, suffix }, ended)
        const again = await under.reopen()
        expect(await again.rotations({ key, suffix })).toEqual([aRotation('two', 2), ended])
        expect(await again.rotation({ key, suffix, token: 'one' })).toEqual(ended)
        expect(await again.rotations({ key, suffix: 'other1' })).toEqual([])
        expect(await again.rotations({ key: keyOf('b'), suffix })).toEqual([])
      })

      it('keeps the newest 25', async () => {
        const { key, suffix } = headOf('a')
        for (let index = 0; index < 30; index++)
          await store.saveRotation({ key, suffix }, aRotation(`t${index}`, index))
        const kept = await store.rotations({ key, suffix })
        expect(kept.map(({ token }) => token)).toEqual(Array.from({ length: 25 }, (_, index) => `t${29 - index}`))
        expect(await store.rotation({ key, suffix, token: 't0' })).toBeUndefined()
      })

      it('forgets the records of a secret that is removed', async () => {
        const head = rotating('a', {})
        await store.commit(creation(head))
        await store.saveRotation(head, aRotation('one', 1))
        await store.remove(head)
        expect(await store.rotations(head)).toEqual([])
      })
    })

    it('walks all value items in a stable order, and drops the ones it is told to', async () => {
      for (const name of ['a', 'b', 'c'])
        await store.commit({ ...creation(headOf(name)), put: [{ id: `${name}.1`, sealed: new Uint8Array(1) }] })
      const seen = []
      for (let after: string | undefined; ;) {
        const page = await store.scanValues(after, 2)
        const last = page.at(-1)
        if (!last) break
        seen.push(...page)
        after = last.position
      }
      expect(seen.map(({ ref }) => ref.id).sort()).toEqual(['a.1', 'b.1', 'c.1'])
      for (const { writtenAt } of seen) expect(writtenAt).toBeGreaterThan(0)
      await store.dropValues(seen.slice(0, 2).map(({ ref }) => ref))
      await store.dropValues(seen.slice(0, 1).map(({ ref }) => ref))
      expect(await store.scanValues(undefined, 10)).toHaveLength(1)
    })
  })
}

export const keyOf = (name: string): SecretKey => ({ account: '123456789012', region: 'us-east-1', name })

const version = (id: string, value: Version['value'], stages: readonly string[] = []): Version => ({
  id,
  createdAt: 1,
  stages,
  value,
})

export const headOf = (name: string): SecretHead => ({
  key: keyOf(name),
  suffix: 'abcdef',
  revision: 1,
  state: 'active',
  creationToken: 't'.repeat(32),
  createdAt: 1,
  changedAt: 1,
  versions: [],
})

const aRotation = (token: string, startedAt: number): RotationRecord => ({
  kind: 'rotation',
  token,
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
  startedAt,
  attempts: [{ run: 1, attempt: 1, number: 1, startedAt, steps: [] }],
})

function fullHead(): SecretHead {
  return {
    ...headOf('full'),
    state: 'scheduled',
    deletion: { purgeAt: 1_772_360_430_456 },
    description: 'd',
    kmsKeyId: 'alias/mine',
    serviceKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/mrk-1',
    tags: [{ key: 'k', value: '' }],
    type: 'PartnerType',
    owningService: 'rds',
    rotation: {
      isEnabled: false,
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
      settings: [{ key: 'strategy', value: 'generic' }],
      rules: { scheduleExpression: 'rate(10 days)', duration: '2h' },
      calculatedDays: 10,
      base: 1,
      runs: 3,
      window: { start: 1, end: 2 },
      due: { run: 3, at: 1, until: 2 },
      pending: 'v0',
    },
    replication: {
      born: 3,
      replicas: [
        {
          region: 'eu-west-1',
          at: 7,
          force: true,
          kmsKeyId: 'alias/there',
          takenOverFrom: [{ region: 'us-west-2', stamp: { born: 1, revision: 2 } }],
        },
        { region: 'us-west-2', at: 8, force: false, absorbed: { born: 1, revision: 2 } },
      ],
      leaving: [{ region: 'ap-south-1', at: 9 }],
      lastRequest: 9,
      source: { region: 'us-west-2', stamp: { born: 1, revision: 2 } },
      acted: { 'us-west-2': 5 },
      promotion: { from: 'us-west-2', at: 5, base: 'digest' },
      yielding: { to: 'us-west-2', at: 6, winner: 'this' },
      borrowsKey: true,
    },
    versions: [
      version('v0', { kind: 'none' }, ['AWSPENDING']),
      {
        ...version('v1', { kind: 'item', id: 'v1.1', bytes: 9_000 }),
        keyArns: ['arn:aws:kms:us-east-1:123456789012:key/k'],
      },
      version('v2', { kind: 'inline', sealed: new Uint8Array([1, 2, 3]) }, ['AWSCURRENT', 'X']),
    ],
  }
}

async function read(store: SecretStore, name: string, versionId: string, day: number): Promise<void> {
  await store.recordAccess((await store.load(keyOf(name)))!, versionId, day)
}

const creation = (head: SecretHead): Commit => ({ head, put: [], drop: [] })
const change = creation

interface ListInput {
  readonly order?: ListOrder
  readonly descending?: boolean
  readonly after?: ListPosition
  readonly limit?: number
}

async function listNames(store: SecretStore, input: ListInput = {}): Promise<string[]> {
  const { account, region } = keyOf('')
  const listed = await store.list({ account, region, order: 'created', descending: false, limit: 100, ...input })
  return listed.secrets.map(({ head }) => head.key.name)
}

async function listPages(store: SecretStore, input: Required<Omit<ListInput, 'after'>>): Promise<string[]> {
  const { account, region } = keyOf('')
  const names: string[] = []
  for (let after: ListPosition | undefined; ;) {
    const page = await store.list({ account, region, ...input, ...(after && { after }) })
    names.push(...page.secrets.map(({ head }) => head.key.name))
    const last = page.secrets.at(-1)
    if (!last || !page.hasMore) return names
    if (page.secrets.length < input.limit) throw new Error('a page before the last is not full')
    const at = { created: last.head.createdAt, changed: last.head.changedAt, accessed: last.access.day, name: 0 }[
      input.order
    ]
    after = { at, name: last.head.key.name }
  }
}
