import type { Answer, Link, Replication, ReplicaRequest } from '../../../lambda/core/domain/replication.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { LOOK_AGAIN_AFTER } from '../../../lambda/core/replication/check-again.ts'
import { planReplication, type Plan } from '../../../lambda/core/replication/plan.ts'
import { answerOf, CREATED, groupOf, headIn, linkOf, SUFFIX, versionOf } from './support/heads.ts'
import { AP, EU, HOME } from './support/regions.ts'

const NOW = CREATED + 1_000_000
const LATER = NOW + 60_000

const request = (change: Partial<ReplicaRequest> = {}): ReplicaRequest => ({
  region: EU,
  at: 1,
  force: false,
  ...change,
})
const wanting = (change: Partial<ReplicaRequest> = {}, head: Partial<SecretHead> = {}): SecretHead =>
  headIn(HOME, { replicas: [request(change)], lastRequest: change.at ?? 1 }, head)
const stamp = (revision: number, born = CREATED) => ({ born, revision })
const copyOf = (revision = 1, replication: Replication = {}, head: Partial<SecretHead> = {}): SecretHead =>
  headIn(EU, { source: { region: HOME, stamp: stamp(revision) }, acted: { [HOME]: 1 }, ...replication }, head)
const inSync = (revision = 1, change: Partial<Answer> = {}): Link =>
  linkOf({ answers: { [HOME]: answerOf({ stamp: stamp(revision), ...change }) } })
const failed = (change: Partial<Answer> = {}): Link =>
  linkOf({
    answers: {
      [HOME]: answerOf({ acted: 0, status: 'Failed', failures: 1, retryAt: LATER, triedAt: stamp(1), ...change }),
    },
  })
const other = (replication?: Replication, head: Partial<SecretHead> = {}): SecretHead =>
  headIn(EU, replication, { suffix: 'OtherX', ...head })
/** By another Region, of the first one as it was at that revision. */
const takenOver = (revision: number) => ({ takenOverFrom: [{ region: HOME, stamp: stamp(revision) }] })
const changed = { revision: 2, description: 'new', changedAt: CREATED + 5 }

const plan = (region: string, heads: readonly SecretHead[], links: Readonly<Record<string, Link>> = {}): Plan =>
  planReplication({ group: groupOf(region, heads, links), now: NOW })
/** What the Region of the copy does. */
const here = (heads: readonly SecretHead[], link?: Link, links: Readonly<Record<string, Link>> = {}): Plan =>
  plan(EU, heads, { ...links, ...(link && { [EU]: link }) })

const NOTHING = { kind: 'nothing' }
const obstructed = (obstacle: string) => ({ kind: 'obstructed', obstacle, from: HOME, request: 1, suffix: SUFFIX })

describe('a request for a copy', () => {
  it.each<[string, Plan['kind'] | object, readonly SecretHead[], Link?]>([
    ['SM-REPLICA-01 is acted on where the name is free', { kind: 'copy', mode: 'create', isNew: true }, [wanting()]],
    ['is none of a Region that was not asked', NOTHING, [wanting({ region: AP })]],
    ['of a primary that is to be deleted is none', NOTHING, [wanting({}, { state: 'scheduled' })]],
    [
      'in the head of a copy counts for nothing',
      NOTHING,
      [headIn(HOME, { replicas: [request()], source: { region: AP, stamp: stamp(1) } })],
    ],
    ['SM-REPLICA-05 meets another secret of the name', obstructed('name-taken'), [wanting(), other()]],
    [
      'SM-REPLICA-05 replaces it by force',
      { kind: 'copy', mode: 'replace', isNew: true },
      [wanting({ force: true }), other()],
    ],
    [
      'SM-REPLICA-05 with force waits for one that has replicas',
      obstructed('name-taken-by-primary'),
      [wanting({ force: true }), other({ replicas: [request({ region: AP })] })],
    ],
    [
      'SM-REPLICA-05 with force waits for one whose copies are not gone yet',
      obstructed('name-taken-by-primary'),
      [wanting({ force: true }), other({ replicas: [], leaving: [{ region: AP, at: 4 }] })],
    ],
    [
      'waits for the end of a purge',
      obstructed('name-being-deleted'),
      [wanting({ force: true }), other(undefined, { state: 'purging' })],
    ],
    [
      'SM-REPLICA-05 takes a copy of another primary by force alone',
      obstructed('copy-of-another'),
      [wanting(), headIn(EU, { source: { region: AP, stamp: stamp(1) }, acted: { [AP]: 1 } })],
    ],
    [
      'SM-REPLICA-05 takes a copy of another primary by force',
      { kind: 'copy', mode: 'update' },
      [wanting({ force: true }), headIn(EU, { source: { region: AP, stamp: stamp(1) }, acted: { [AP]: 1 } })],
    ],
    ['SM-REPLICA-10 does not undo a promotion', obstructed('name-taken'), [wanting(), headIn(EU, { replicas: [] })]],
    [
      'SM-REPLICA-10 undoes a promotion by force',
      { kind: 'copy', mode: 'update' },
      [wanting({ force: true }), headIn(EU, { replicas: [] })],
    ],
    [
      'SM-REPLICA-15 is acted on again when it is made again',
      { kind: 'copy', mode: 'update', isNew: true },
      [wanting({ at: 2 }), copyOf()],
      inSync(),
    ],
  ])('%s', (...[, expected, heads, link]) => {
    expect(here(heads, link)).toMatchObject(typeof expected === 'string' ? { kind: expected } : expected)
  })

  it.each<[string, object, object]>([
    ['takes a copy over from the one that stepped down', takenOver(1), { kind: 'copy', mode: 'update' }],
    ['takes none that the other has made as a primary since', takenOver(0), { obstacle: 'copy-of-another' }],
    ['takes none of a stranger', {}, { obstacle: 'copy-of-another' }],
  ])('of a successor %s', (_, change, expected) => {
    const successor = headIn(AP, { replicas: [request({ at: 7, ...change })] })
    expect(here([successor, copyOf()], inSync())).toMatchObject(expected)
  })

  it('SM-REPLICA-10 of the one that took over is met by force, too, when the other has taken that back', () => {
    const absorbing = (force: boolean) =>
      [wanting({ force, absorbed: stamp(9) }), headIn(EU, {}, { revision: 10 })] as const
    expect(here(absorbing(false))).toMatchObject({ obstacle: 'name-taken' })
    expect(here(absorbing(true))).toMatchObject({ kind: 'copy', mode: 'update' })
    const again = (force: boolean) =>
      [absorbing(force)[0], headIn(EU, { yielding: { to: AP, at: 9 } }, { revision: 10 })] as const
    expect(here(again(false)).kind).not.toBe('copy')
    expect(here(again(true))).toMatchObject({ kind: 'copy', mode: 'update' })
  })

  it('of the newest one has the last word', () => {
    const ofAp = headIn(AP, { replicas: [request({ at: 7 })] }, { suffix: 'OtherX' })
    const first = here([wanting({ at: 8 }), ofAp])
    expect(first).toMatchObject({ kind: 'copy', source: { key: { region: AP } } })
    const link = linkOf({ answers: { [AP]: answerOf({ suffix: 'OtherX', request: 7, acted: 7 }) } })
    expect(here([wanting({ at: 8 }), ofAp], link)).toMatchObject({ kind: 'copy', source: { key: { region: AP } } })
  })

  describe('SM-REPLICA-05 with a force that is spent', () => {
    const spent: readonly [string, Replication | undefined, Link | undefined][] = [
      ['in the head', { acted: { [HOME]: 1 } }, undefined],
      ['in the link', undefined, linkOf({ answers: { [HOME]: answerOf({ acted: 1, status: 'InProgress' }) } })],
    ]
    it.each(spent)('does not overwrite what came afterwards, remembered %s', (_, replication, link) => {
      const decided = here([wanting({ force: true }), other(replication)], link)
      expect(decided.kind).toBe('obstructed')
    })

    it.each(spent)('does not take a promoted secret back, remembered %s', (_, replication, link) => {
      const decided = here([wanting({ force: true }), headIn(EU, replication ?? {})], link)
      expect(decided.kind).not.toBe('copy')
    })

    it('acts again when the call is made again', () => {
      expect(here([wanting({ force: true, at: 2 }), other({ acted: { [HOME]: 1 } })])).toMatchObject({
        mode: 'replace',
      })
    })
  })

  describe('that has failed', () => {
    const trial = [wanting(), other()] as const
    it('SM-REPLICA-15 rests until it is tried again', () => {
      expect(here(trial, failed())).toEqual(NOTHING)
      expect(here([wanting()], failed())).toEqual(NOTHING)
      expect(planReplication({ group: groupOf(EU, trial, { [EU]: failed() }), now: LATER }).kind).toBe('obstructed')
      expect(planReplication({ group: groupOf(EU, [wanting()], { [EU]: failed() }), now: LATER }).kind).toBe('copy')
    })

    it.each<[string, Partial<SecretHead>, Partial<Answer>]>([
      ['the primary has changed', { revision: 2 }, {}],
      ['it failed before the primary was tried', {}, { triedAt: undefined as never }],
      ['it was about an earlier secret', {}, { suffix: 'OtherX' }],
    ])('does not rest when %s', (_, head, answer) => {
      expect(here([wanting({}, head)], failed(answer)).kind).toBe('copy')
    })

    it('SM-REPLICA-15 does not rest when it is made again', () => {
      expect(here([wanting({ at: 2 })], failed()).kind).toBe('copy')
    })
  })

  it('that a removal was answered for is not acted on: an old head has arrived late', () => {
    const gone = linkOf({ answers: { [HOME]: answerOf({ request: 2, status: 'Removed', acted: 0 }) } })
    expect(here([wanting({ at: 1 })], gone)).toEqual(NOTHING)
    expect(here([wanting({ at: 3 })], gone).kind).toBe('copy')
  })
})

describe('a copy', () => {
  it.each<[string, object, readonly SecretHead[], Link?]>([
    ['SM-REPLICA-03 that has all of its primary rests', NOTHING, [wanting(), copyOf()], inSync()],
    [
      'SM-REPLICA-02 follows its primary',
      { kind: 'copy', mode: 'update', isNew: false },
      [wanting({}, changed), copyOf()],
      inSync(),
    ],
    ['lets a head of before be', NOTHING, [wanting({}, { description: 'old' }), copyOf(2)], inSync(2)],
    [
      'lets a head of before be that only the link tells of',
      NOTHING,
      [wanting({}, { description: 'old' }), copyOf()],
      inSync(2),
    ],
    [
      'SM-REPLICA-03 says that it has all when the change does not concern it',
      { kind: 'confirm' },
      [wanting({}, { revision: 2 }), copyOf()],
      inSync(),
    ],
    ['says it after a crash between head and link', { kind: 'confirm' }, [wanting(), copyOf()]],
    [
      'SM-REPLICA-07 says by which key when that was changed here',
      { kind: 'confirm' },
      [wanting(), copyOf(1, {}, { kmsKeyId: 'alias/own' })],
      inSync(),
    ],
    [
      'does not take what a link says of an earlier secret for its own',
      { kind: 'copy', mode: 'update' },
      [wanting({}, changed), copyOf()],
      inSync(9, { suffix: 'OtherX' }),
    ],
    ['is made again where it was lost', { kind: 'copy', mode: 'create', isNew: false }, [wanting()], inSync()],
    [
      'that was overwritten by another primary says so',
      obstructed('taken-over'),
      [wanting(), other({ source: { region: AP, stamp: stamp(1) }, acted: { [HOME]: 1 } })],
      inSync(),
    ],
    [
      'that was promoted and deleted is not made again',
      NOTHING,
      [wanting()],
      linkOf({ answers: { [HOME]: answerOf({ status: 'Detached' }) } }),
    ],
    [
      'SM-REPLICA-13 that can not be brought up to date stays, and is tried again later',
      NOTHING,
      [wanting({}, changed), copyOf()],
      failed({ acted: 1, stamp: stamp(1), triedAt: stamp(2) }),
    ],
  ])('%s', (...[, expected, heads, link]) => {
    expect(here(heads, link)).toMatchObject(expected)
  })

  it('whose primary is gone stays and says so, once', () => {
    expect(here([copyOf()], inSync())).toMatchObject(obstructed('primary-gone'))
    expect(here([copyOf()], failed({ acted: 1 }))).toEqual(NOTHING)
    expect(here([copyOf(), headIn(HOME, {}, { suffix: 'OtherX' })], inSync())).toMatchObject(obstructed('primary-gone'))
  })

  it('whose primary was removed and made again answers the later secret alone', () => {
    const again = wanting({ at: 5 }, { suffix: 'OtherX' })
    const told = linkOf({
      answers: {
        [HOME]: answerOf({ suffix: 'OtherX', request: 5, status: 'Failed', retryAt: LATER, triedAt: stamp(1) }),
      },
    })
    expect(here([again, copyOf()], told)).toEqual(NOTHING)
  })

  it('that a later head of its primary does not ask for stays and says so, once: orders alone remove', () => {
    const settled = headIn(HOME, { replicas: [], lastRequest: 2 }, { revision: 3 })
    expect(here([settled, copyOf()], inSync())).toMatchObject(obstructed('not-wanted'))
    expect(here([settled, copyOf()], failed({ acted: 1 }))).toEqual(NOTHING)
  })

  it.each<[string, SecretHead]>([
    ['an older head of it', headIn(HOME, {})],
    ['one that is a copy itself by now', headIn(HOME, { source: { region: AP, stamp: stamp(1) } }, { revision: 3 })],
    ['one that steps down', headIn(HOME, { yielding: { to: AP, at: 2 } }, { revision: 3 })],
  ])('is not an orphan because of %s', (_, primary) => {
    expect(here([primary, copyOf()], inSync())).toEqual(NOTHING)
  })
})

describe('SM-REPLICA-09 an order to remove a copy', () => {
  const order = (at = 2, change: object = {}) => [{ region: EU, at, ...change }]
  const leaving = (at = 2, change: object = {}) =>
    headIn(HOME, { replicas: [], leaving: order(at, change) }, { revision: 2 })
  const departed = (at = 2, suffix = SUFFIX) => ({ [HOME]: linkOf({ departed: [{ suffix, waiting: order(at) }] }) })

  it.each<[string, object, readonly SecretHead[], Link?, Readonly<Record<string, Link>>?]>([
    ['removes it', { kind: 'remove' }, [leaving(), copyOf()], inSync()],
    ['of a primary that is gone removes it, too', { kind: 'remove' }, [copyOf()], inSync(), departed()],
    ['goes on with a removal that was cut off', { kind: 'remove' }, [copyOf(1, {}, { state: 'purging' })]],
    [
      'of the successor removes a copy of the one that stepped down',
      { kind: 'remove' },
      [headIn(AP, { leaving: order(2, takenOver(1)) }), copyOf()],
      inSync(),
    ],
    [
      'of the successor leaves a copy alone that the other has made as a primary since',
      { kind: 'acknowledge', status: 'Removed', from: AP },
      [headIn(AP, { leaving: order(2, takenOver(1)) }), copyOf(2)],
      inSync(2),
    ],
    [
      'lets a copy be whose Region acted on a later request, by its head alone',
      NOTHING,
      [leaving(), copyOf(3, { acted: { [HOME]: 3 } })],
      linkOf({ checkAt: LATER }),
    ],
    [
      'removes a copy that a slow attempt has made after it was answered',
      { kind: 'remove' },
      [headIn(HOME, { replicas: [] }, { revision: 1 }), copyOf()],
      inSync(1, { request: 2, status: 'Removed' }),
    ],
    [
      'leaves a copy of a later request that a slow answer forgets',
      { kind: 'confirm' },
      [wanting({ at: 3 }), copyOf(1, { acted: { [HOME]: 3 } })],
      inSync(1, { request: 2, status: 'Removed' }),
    ],
    ['is answered where there is no copy', { kind: 'acknowledge', status: 'Removed', request: 2 }, [leaving()]],
    ['is answered once', NOTHING, [leaving()], inSync(1, { request: 2, status: 'Removed' })],
    [
      'SM-REPLICA-10 leaves a promoted secret alone',
      { kind: 'acknowledge', status: 'Detached', request: 2 },
      [leaving(), headIn(EU, { acted: { [HOME]: 1 } })],
    ],
    ['leaves another secret of the name alone', { kind: 'acknowledge', status: 'Removed' }, [leaving(), other()]],
    [
      'leaves a copy of another primary alone',
      { kind: 'acknowledge', status: 'Removed' },
      [leaving(), headIn(EU, { source: { region: AP, stamp: stamp(1) } })],
    ],
    [
      'that came before a later request is let be',
      NOTHING,
      [leaving(), copyOf(3, { acted: { [HOME]: 3 } })],
      inSync(3, { request: 3, acted: 3 }),
    ],
    [
      'that came before a later answer is let be',
      NOTHING,
      [leaving()],
      inSync(1, { request: 3, status: 'Removed', acted: 0 }),
    ],
    ['to another Region is none', NOTHING, [headIn(HOME, { leaving: [{ region: AP, at: 2 }] }), other()]],
  ])('%s', (...[, expected, heads, link, links]) => {
    expect(here(heads, link, links)).toMatchObject(expected)
  })

  it('is answered after an older one of the same Region was, and was heard of', () => {
    const both = [leaving(6)] as const
    const first = here(both, undefined, departed(2, 'OtherX'))
    expect(first).toMatchObject({ kind: 'acknowledge', suffix: 'OtherX', request: 2 })
    const told = linkOf({
      answers: { [HOME]: answerOf({ suffix: 'OtherX', request: 2, status: 'Removed', acted: 0 }) },
    })
    expect(here(both, told, departed(2, 'OtherX'))).toEqual(NOTHING)
    expect(here(both, told)).toMatchObject({ kind: 'acknowledge', suffix: SUFFIX, request: 6 })
  })

  it('is heard of before the copy of a later secret of that name is made', () => {
    const told = linkOf({
      answers: { [HOME]: answerOf({ suffix: 'OtherX', request: 2, status: 'Removed', acted: 0 }) },
    })
    expect(here([wanting({ at: 6 })], told, departed(2, 'OtherX'))).toEqual(NOTHING)
    expect(here([wanting({ at: 6 })], told)).toMatchObject({ kind: 'copy', mode: 'create' })
  })
})

describe('SM-REPLICA-10 a promoted secret', () => {
  const promotion = { from: HOME, at: NOW, base: '' }
  const promoted = headIn(EU, { replicas: [], acted: { [HOME]: 1 }, promotion })

  it('tells its former primary, once', () => {
    expect(here([wanting(), promoted], inSync())).toMatchObject({ kind: 'acknowledge', status: 'Detached', request: 1 })
    expect(here([wanting(), promoted], inSync(1, { status: 'Detached' }))).toEqual(NOTHING)
    expect(here([promoted])).toMatchObject({ kind: 'acknowledge', status: 'Detached', from: HOME })
  })

  it('lets the answer to a later request stand', () => {
    const again = [wanting({ at: 3 }), promoted] as const
    expect(here(again, inSync(1, { status: 'Detached' }))).toMatchObject({ obstacle: 'name-taken', request: 3 })
    expect(here(again, failed({ request: 3, acted: 1 }))).toEqual(NOTHING)
  })

  it('has nothing to tell when it is being purged', () => {
    expect(here([{ ...promoted, state: 'purging' }]).kind).not.toBe('acknowledge')
  })

  it.each<[string, Partial<SecretHead>, Replication, Partial<Link>, Plan['kind']]>([
    ['gets a key of its own', {}, { borrowsKey: true }, {}, 'rekey'],
    ['that has one needs none', {}, {}, {}, 'nothing'],
    ['to be deleted needs none', { state: 'scheduled' }, { borrowsKey: true }, {}, 'nothing'],
    [
      'that steps down needs none',
      {},
      { borrowsKey: true, yielding: { to: AP, at: 1 } },
      { checkAt: LATER },
      'nothing',
    ],
    ['waits after a failure', {}, { borrowsKey: true }, { trouble: { message: 'm', retryAt: LATER } }, 'nothing'],
    [
      'tries again when its time has come',
      {},
      { borrowsKey: true },
      { trouble: { message: 'm', retryAt: NOW } },
      'rekey',
    ],
  ])('%s', (_, head, replication, link, kind) => {
    expect(here([headIn(EU, replication, head)], linkOf(link)).kind).toBe(kind)
  })

  it('is one only when it is no copy any more', () => {
    expect(here([wanting(), copyOf(1, { borrowsKey: true })], inSync())).toEqual(NOTHING)
  })
})

describe('a handover', () => {
  const yielding = (to = EU, change: Partial<SecretHead> = {}, replication: Replication = {}) =>
    headIn(HOME, { replicas: [request()], yielding: { to, at: 9 }, ...replication }, change)

  it.each<[string, object, readonly SecretHead[], Link?]>([
    ['is taken by a copy that has all', { kind: 'take-over' }, [yielding(), copyOf()], inSync()],
    ['waits for the last change', { kind: 'copy', mode: 'update' }, [yielding(EU, changed), copyOf()], inSync()],
    [
      'waits until the copy knows that it has all',
      { kind: 'confirm' },
      [yielding(EU, { revision: 2 }), copyOf()],
      inSync(),
    ],
    ['to another Region is none here', NOTHING, [yielding(AP), copyOf()], inSync()],
    [
      'of another secret is none',
      NOTHING,
      [{ ...yielding(), suffix: 'OtherX', replication: { yielding: { to: EU, at: 9 } } }, headIn(EU)],
    ],
    ['is taken in by a secret by itself', { kind: 'absorb' }, [yielding(), headIn(EU, { acted: { [HOME]: 1 } })]],
    [
      'is taken in once',
      NOTHING,
      [yielding(EU, {}, { replicas: [] }), headIn(EU, { replicas: [request({ region: HOME, absorbed: stamp(1) })] })],
      linkOf({ checkAt: LATER }),
    ],
    [
      'is taken in again when it was taken back and made again',
      { kind: 'absorb' },
      [
        yielding(EU, { revision: 4 }, { replicas: [] }),
        headIn(EU, { replicas: [request({ region: HOME, absorbed: stamp(1) })] }),
      ],
    ],
    [
      'is none for one that steps down itself',
      NOTHING,
      [yielding(EU, {}, { replicas: [] }), headIn(EU, { yielding: { to: AP, at: 1 } })],
      linkOf({ checkAt: LATER }),
    ],
    [
      'is none for one that is to be deleted',
      NOTHING,
      [yielding(EU, {}, { replicas: [] }), headIn(EU, {}, { state: 'scheduled' })],
    ],
  ])('%s', (...[, expected, heads, link]) => {
    expect(here(heads, link)).toMatchObject(expected)
  })

  it.each<[string, number, Plan['kind']]>([
    ['goes to the one that was told first', 8, 'absorb'],
    ['does not go to the one that was told last', 10, 'nothing'],
    ['goes to one of them where both were told at once', 9, 'absorb'],
  ])('of both for one another %s', (_, at, kind) => {
    const own = headIn(EU, { yielding: { to: HOME, at } })
    expect(here([yielding(EU, {}, { replicas: [] }), own], linkOf({ checkAt: LATER })).kind).toBe(kind)
  })

  it('of both for one another that were told at once goes to one of them only', () => {
    const heads = [yielding(EU, {}, { replicas: [] }), headIn(EU, { yielding: { to: HOME, at: 9 } })]
    const kinds = [HOME, EU].map((region) => plan(region, heads, { [region]: linkOf({ checkAt: LATER }) }).kind)
    expect(kinds.sort()).toEqual(['absorb', 'nothing'])
  })

  describe('ends with the one that stepped down as a copy', () => {
    const successor = headIn(HOME, { replicas: [request({ at: 5, absorbed: stamp(3) })] })
    const former = (revision: number, replication: Replication) => headIn(EU, replication, { revision })

    it('from the very head that was taken in', () => {
      const own = former(3, { yielding: { to: HOME, at: 9 } })
      expect(here([successor, own])).toMatchObject({ kind: 'copy', mode: 'update', isNew: true })
    })

    it('and from no other', () => {
      expect(here([successor, former(4, { yielding: { to: HOME, at: 10 } })]).kind).not.toBe('copy')
    })

    it('but not when it was taken back: that is told', () => {
      expect(here([successor, former(4, {})])).toMatchObject({ obstacle: 'name-taken' })
    })
  })
})

describe("a primary's own part", () => {
  const at = (own: SecretHead, heads: readonly SecretHead[] = [], links: Readonly<Record<string, Link>> = {}): Plan =>
    plan(HOME, [own, ...heads], { [HOME]: linkOf({ checkAt: LATER }), ...links })
  const leaving = headIn(HOME, { replicas: [], leaving: [{ region: EU, at: 2 }] })
  const told = (change: Partial<Answer>) => ({ [EU]: linkOf({ answers: { [HOME]: answerOf(change) } }) })

  it.each<Answer['status']>(['Removed', 'Detached'])('strikes off a Region that says %s', (status) => {
    expect(at(leaving, [], told({ request: 2, status }))).toMatchObject({ kind: 'tend', leaving: [] })
  })

  it.each<[string, Partial<Answer>]>([
    ['an answer of before', { request: 1, status: 'Removed' }],
    ['an answer about another secret', { request: 2, status: 'Removed', suffix: 'OtherX' }],
    ['an answer that says something else', { request: 2, status: 'Failed' }],
  ])('waits for a Region that is leaving after %s', (_, change) => {
    expect(at(leaving, [], told(change))).toEqual(NOTHING)
  })

  it('SM-REPLICA-10 strikes off a replica that was promoted, by its link or its head', () => {
    expect(at(wanting(), [], told({ status: 'Detached' }))).toMatchObject({ kind: 'tend', replicas: [] })
    const promoted = headIn(EU, { acted: { [HOME]: 1 }, promotion: { from: HOME, at: NOW, base: '' } })
    expect(at(wanting(), [promoted])).toMatchObject({ kind: 'tend', replicas: [] })
    expect(at(wanting({ at: 2 }), [promoted])).toEqual(NOTHING)
    expect(at(wanting({ at: 2 }), [], told({ status: 'Detached' }))).toEqual(NOTHING)
  })

  it('takes a promotion of before for none where it has taken over since', () => {
    const promoted = headIn(EU, { acted: { [HOME]: 1 }, promotion: { from: HOME, at: NOW, base: '' } })
    expect(at(wanting({ absorbed: stamp(1) }), [promoted])).toEqual(NOTHING)
  })

  it('is none while it steps down', () => {
    const { replication } = leaving
    const own = { ...leaving, replication: { ...replication, yielding: { to: AP, at: 3 } } }
    expect(at(own, [], told({ request: 2, status: 'Removed' }))).toEqual(NOTHING)
  })
})

describe('what a link says beside its answers', () => {
  const waiting = (...regions: readonly string[]) => [
    { suffix: SUFFIX, waiting: regions.map((region) => ({ region, at: 2 })) },
  ]
  const noted = (decided: Plan): Link => {
    if (decided.kind !== 'note') throw new Error(`it is ${decided.kind}`)
    return decided.link
  }
  const home = (link: Partial<Link>, links: Readonly<Record<string, Link>> = {}, heads: readonly SecretHead[] = []) =>
    plan(HOME, heads, { [HOME]: linkOf(link), ...links })
  const gone = (region: string, change: Partial<Answer> = {}) => ({
    [region]: linkOf({ answers: { [HOME]: answerOf({ request: 2, status: 'Removed', ...change }) } }),
  })

  it('is that a Region has not said yet that its copy is gone, until it has', () => {
    const link = { departed: waiting(EU, AP), checkAt: LATER }
    expect(home(link)).toEqual(NOTHING)
    expect(noted(home(link, gone(EU))).departed).toEqual(waiting(AP))
    expect(noted(home(link, { ...gone(EU), ...gone(AP) })).departed).toEqual([])
    expect(home(link, gone(EU, { request: 1 }))).toEqual(NOTHING)
    expect(home(link, gone(EU, { suffix: 'OtherX', acted: 0 }))).toEqual(NOTHING)
  })

  it('is settled when the Region has acted on a later request', () => {
    const later = gone(EU, { suffix: 'OtherX', request: 7, acted: 7, status: 'InSync' })
    expect(noted(home({ departed: waiting(EU), checkAt: LATER }, later)).departed).toEqual([])
    const refused = gone(EU, { suffix: 'OtherX', request: 7, acted: 1, status: 'Failed' })
    expect(home({ departed: waiting(EU), checkAt: LATER }, refused)).toEqual(NOTHING)
  })

  it('is when to look again, as long as others have not confirmed', () => {
    const asked = plan(HOME, [wanting()])
    expect(noted(asked)).toMatchObject({ checkAt: NOW + LOOK_AGAIN_AFTER, nudge: 0 })
    expect(home({ checkAt: LATER }, {}, [wanting()])).toEqual(NOTHING)
    expect(noted(home({ checkAt: NOW + LOOK_AGAIN_AFTER + 1 }, {}, [wanting()])).checkAt).toBe(NOW + LOOK_AGAIN_AFTER)
  })

  it('is a nudge to the others when the time has come, and the next time', () => {
    const link = noted(home({ checkAt: NOW, nudge: 3 }, {}, [wanting()]))
    expect(link).toMatchObject({ nudge: 4, unanswered: 1, checkAt: NOW + 2 * LOOK_AGAIN_AFTER })
    const often = noted(home({ checkAt: NOW, nudge: 9, unanswered: 40 }, {}, [wanting()]))
    expect(often).toMatchObject({ nudge: 10, checkAt: NOW + 32 * LOOK_AGAIN_AFTER })
  })

  it('is nothing to look for when all have confirmed', () => {
    const link = noted(home({ checkAt: NOW, nudge: 3, unanswered: 2 }, { [EU]: inSync() }, [wanting()]))
    expect(link).toMatchObject({ nudge: 3 })
    expect(link).not.toHaveProperty('checkAt')
    expect(link).not.toHaveProperty('unanswered')
  })

  it('is forgotten a month after the last answer', () => {
    const removed = (request: number) =>
      linkOf({ answers: { [HOME]: answerOf({ request, status: 'Removed' }) }, checkAt: NOW })
    const month = 30 * 86_400_000
    expect(here([], removed(NOW - month))).toMatchObject({ kind: 'forget' })
    expect(here([], removed(NOW - month + 1))).toMatchObject({ kind: 'note', link: { checkAt: NOW + 1 } })
    expect(here([], linkOf({ ...removed(NOW - month), departed: waiting(AP) })).kind).toBe('note')
    expect(here([headIn(EU, { replicas: [] })], removed(NOW - month)).kind).toBe('note')
  })
})

it('is the same whatever order the heads have come in', () => {
  const heads = [wanting(), copyOf(), headIn(AP, { replicas: [request({ at: 4 })] }, { versions: [versionOf('z')] })]
  expect(here(heads, inSync())).toEqual(here([...heads].reverse(), inSync()))
})
