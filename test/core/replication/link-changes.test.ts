import { noLink, type Answer, type Link } from '../../../lambda/core/domain/replication.ts'
import {
  acknowledged,
  changeLink,
  changePlannedLink,
  confirmed,
  spent,
  troubled,
} from '../../../lambda/core/replication/link-changes.ts'
import { answerOf, headIn, linkOf, SUFFIX } from './support/heads.ts'
import { EU, HOME, keyIn, makeRegions, MINUTE, withMethods } from './support/regions.ts'

const NOW = 1_000_000
const about = { from: HOME, suffix: SUFFIX, request: 5 }
const stamp = { born: 1, revision: 2 }
const linkWith = (answer: Partial<Answer>): Link => linkOf({ answers: { [HOME]: answerOf(answer) } })
const trouble = { message: 'm', isPassing: false, triedAt: stamp, now: NOW }
const copied = { stamp, head: headIn(EU, { born: 7 }, { kmsKeyId: 'own', revision: 3 }), checkAt: NOW }
const answerIn = (link: Link) => link.answers[HOME]

describe('SM-REPLICA-05 the number of the last request that was acted on', () => {
  const acted = 9
  it.each<[string, (link: Link) => Link]>([
    ['a copy', (link) => confirmed(link, about, copied)],
    ['a failure', (link) => troubled(link, about, trouble)],
    ['a failure about another secret', (link) => troubled(link, { ...about, suffix: 'OtherX' }, trouble)],
    ['a removal', (link) => acknowledged(link, about, { status: 'Removed', now: NOW })],
    ['a promotion', (link) => acknowledged(link, about, { status: 'Detached', now: NOW })],
  ])('never goes back by %s', (_, change) => {
    expect(answerIn(change(linkWith({ acted })))?.acted).toBe(acted)
  })

  it.each<[string, (link: Link) => Link, number]>([
    ['a copy counts', (link) => confirmed(link, about, copied), 5],
    ['a force that is about to be used counts', (link) => spent(link, about, undefined), 5],
    ['a promotion counts', (link) => acknowledged(link, about, { status: 'Detached', now: NOW }), 5],
    ['a removal does not count', (link) => acknowledged(link, about, { status: 'Removed', now: NOW }), 2],
    ['a failure does not count', (link) => troubled(link, about, trouble), 2],
  ])('%s', (_, change, expected) => {
    expect(answerIn(change(linkWith({ acted: 2 })))?.acted).toBe(expected)
    expect(answerIn(change(noLink))?.acted).toBe(expected === 5 ? 5 : 0)
  })
})

describe('an answer', () => {
  it('to a request does not take the place of what other Regions are told', () => {
    const other = linkOf({ answers: { [EU]: answerOf({}) } })
    for (const changed of [
      confirmed(other, about, copied),
      troubled(other, about, trouble),
      spent(other, about, undefined),
      acknowledged(other, about, { status: 'Removed', now: NOW }),
    ])
      expect(changed.answers[EU]).toEqual(answerOf({}))
  })

  it('SM-REPLICA-13 of a failure keeps what was copied before, of this secret alone', () => {
    const before = linkWith({ stamp, kmsKeyId: 'k' })
    expect(answerIn(troubled(before, about, trouble))).toMatchObject({
      stamp,
      kmsKeyId: 'k',
      message: 'm',
      status: 'Failed',
    })
    const other = answerIn(troubled(before, { ...about, suffix: 'OtherX' }, trouble))
    expect(other).not.toHaveProperty('stamp')
    expect(other).not.toHaveProperty('kmsKeyId')
    expect(other?.failures).toBe(1)
  })

  it('SM-REPLICA-15 of failures in a row is tried again later and later, within the hour at most', () => {
    let link: Link = noLink
    const delays = [1, 2, 5, 15, 60, 60].map(() => {
      link = troubled(link, about, trouble)
      return ((answerIn(link)?.retryAt ?? 0) - NOW) / MINUTE
    })
    expect(delays).toEqual([1, 2, 5, 15, 60, 60])
    expect(answerIn(confirmed(link, about, copied))).toMatchObject({ failures: 0, status: 'InSync' })
    expect(answerIn(confirmed(link, about, copied))).not.toHaveProperty('retryAt')
  })

  it('SM-REPLICA-03 of trouble that passes is a failure only when it stays', () => {
    let link: Link = noLink
    const statuses = [1, 2, 3].map(() => {
      link = troubled(link, about, { ...trouble, isPassing: true })
      return answerIn(link)?.status
    })
    expect(statuses).toEqual(['InProgress', 'InProgress', 'Failed'])
  })

  it('of a copy forgets the kept key of this secret, and no other', () => {
    const keeping = (suffix: string) => linkOf({ keptKey: { suffix, keyArn: 'k' } })
    expect(confirmed(keeping(SUFFIX), about, copied)).not.toHaveProperty('keptKey')
    expect(confirmed(keeping('OtherX'), about, copied).keptKey).toEqual({ suffix: 'OtherX', keyArn: 'k' })
  })

  it('puts the next look forward, never back', () => {
    expect(confirmed(linkOf({ checkAt: NOW - 1 }), about, copied).checkAt).toBe(NOW - 1)
    expect(confirmed(linkOf({ checkAt: NOW + 1 }), about, copied).checkAt).toBe(NOW)
    expect(troubled(linkOf({ checkAt: NOW + 2 }), about, trouble).checkAt).toBe(NOW + 2)
    expect(troubled(noLink, about, trouble).checkAt).toBe(NOW + MINUTE)
  })

  it('of a removal leaves what was made of a later request', () => {
    const later = linkWith({ request: 8, acted: 1, status: 'Failed' })
    expect(answerIn(acknowledged(later, about, { status: 'Removed', now: NOW }))).toEqual(answerIn(later))
    expect(answerIn(acknowledged(later, about, { status: 'Detached', now: NOW }))).toEqual({
      ...answerIn(later),
      acted: 5,
    })
    expect(
      answerIn(acknowledged(later, { ...about, suffix: 'OtherX' }, { status: 'Removed', now: NOW })),
    ).toMatchObject({ suffix: 'OtherX' })
  })

  it.each(['Removed', 'Detached'] as const)('%s is when something here was over, and is looked at again', (status) => {
    const now = NOW + 1
    expect(acknowledged(linkOf({ overAt: NOW }), about, { status, now })).toMatchObject({
      overAt: now,
      checkAt: now + 24 * 60 * MINUTE,
    })
    expect(acknowledged(linkOf({ checkAt: NOW + 2 }), about, { status, now }).checkAt).toBe(NOW + 2)
  })

  it('of a copy tells its key, and how far its Region has come', () => {
    const link = confirmed(noLink, about, copied)
    expect(answerIn(link)).toEqual({ ...answerOf({ request: 5, acted: 5, stamp }), kmsKeyId: 'own' })
    expect(link.born).toBe(7)
  })

  it('of a force remembers the revision of the head whose place is taken', () => {
    expect(spent(linkOf({ lastRevision: 4 }), about, headIn(EU, {}, { revision: 6 })).lastRevision).toBe(6)
    expect(spent(linkOf({ lastRevision: 9 }), about, headIn(EU, {}, { revision: 6 })).lastRevision).toBe(9)
  })
})

describe('a change of a link', () => {
  let regions: ReturnType<typeof makeRegions>
  beforeEach(() => (regions = makeRegions()))
  afterEach(() => regions.close())

  it('is made on what another writer has made of it meanwhile', async () => {
    const { replication } = regions.services
    let isFirst = true
    const raced = withMethods(replication, {
      saveLink: async (key, link) => {
        if (isFirst) {
          isFirst = false
          await changeLink(regions.means, key, (each) => ({ ...each, nudge: each.nudge + 1 }))
        }
        return replication.saveLink(key, link)
      },
    })
    const after = await changeLink({ replication: raced }, keyIn(EU), (each) => ({ ...each, born: 5 }))
    expect(after).toEqual({ ...noLink, revision: 2, nudge: 1, born: 5 })
    expect(await regions.link(EU)).toEqual(after)
  })

  it('is given up when others are always first', async () => {
    const never = withMethods(regions.services.replication, { saveLink: async () => 'conflict' })
    const refused = changeLink({ replication: never }, keyIn(EU), (each) => ({ ...each, born: 5 }))
    await expect(refused).rejects.toMatchObject({ code: 'ThrottlingException' })
  })

  it('to what it is already is not written', async () => {
    expect(await changeLink(regions.means, keyIn(EU), (each) => each)).toEqual(noLink)
    expect(await regions.link(EU)).toBeUndefined()
  })

  it('of a plan is made on the very link that the plan was made from, or not at all', async () => {
    const change = (link: Link): Link => ({ ...link, nudge: link.nudge + 1 })
    const written = await changePlannedLink(regions.means, keyIn(EU), { planned: noLink, change })
    expect(written).toEqual({ ...noLink, revision: 1, nudge: 1 })
    expect(await changePlannedLink(regions.means, keyIn(EU), { planned: noLink, change })).toBeUndefined()
    expect(await regions.link(EU)).toEqual(written)
    const raced = withMethods(regions.services.replication, { saveLink: async () => 'conflict' })
    expect(
      await changePlannedLink({ replication: raced }, keyIn(EU), { planned: { ...noLink, revision: 1 }, change }),
    ).toBeUndefined()
  })
})
