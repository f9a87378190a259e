import type { Replication } from '../../../lambda/core/domain/replication.ts'
import {
  isForgettable,
  LOOK_AGAIN_AFTER,
  nextCheck,
  stillUnconfirmed,
  VERIFY_EVERY,
} from '../../../lambda/core/replication/check-again.ts'
import { answerOf, CREATED, headIn, linkOf } from './support/heads.ts'
import { AP, EU, HOME } from './support/regions.ts'

const NOW = CREATED + 1_000_000
const MONTH = 30 * 86_400_000
const copy = headIn(HOME, { source: { region: AP, stamp: { born: 1, revision: 1 } } })
const asking: Replication = { replicas: [{ region: EU, at: 5, force: false }] }

describe('whether others have something to confirm', () => {
  const stamp = { born: CREATED, revision: 1 }
  it.each<[string, boolean, Parameters<typeof stillUnconfirmed>[0]['own'], object?]>([
    ['nothing is here', false, undefined],
    ['a secret by itself', false, headIn(HOME)],
    ['a copy', false, copy],
    ['one that is being purged', false, headIn(HOME, asking, { state: 'purging' })],
    ['a request that nobody has heard of', true, headIn(HOME, asking)],
    ['a request of before was answered', true, headIn(HOME, asking), { request: 4, stamp }],
    ['an earlier secret was answered', true, headIn(HOME, asking), { request: 5, stamp, suffix: 'OtherX' }],
    ['a copy has not all', true, headIn(HOME, asking), { request: 5, stamp: { born: CREATED, revision: 0 } }],
    ['a copy has all', false, headIn(HOME, asking), { request: 5, stamp }],
    ['a copy has failed, and is tried again there', false, headIn(HOME, asking), { request: 5, status: 'Failed' }],
    ['a Region is leaving', true, headIn(HOME, { leaving: [{ region: EU, at: 5 }] })],
    ['another shall take over', true, headIn(HOME, { yielding: { to: EU, at: 5 } })],
  ])('%s: %s', (...[, expected, own, answer]) => {
    const links = new Map(answer ? [[EU, linkOf({ answers: { [HOME]: answerOf(answer) } })]] : [])
    expect(stillUnconfirmed({ own, link: linkOf({}), here: HOME, links })).toBe(expected)
  })

  it('as long as copies of a secret that is gone are not', () => {
    const link = linkOf({ departed: [{ suffix: 's', waiting: [{ region: EU, at: 1 }] }] })
    expect(stillUnconfirmed({ own: undefined, link, here: HOME, links: new Map() })).toBe(true)
  })
})

describe('when a Region looks again', () => {
  const next = (link: object, own = headIn(HOME, asking), unanswered = 0) =>
    nextCheck({ own, link: linkOf(link), now: NOW, unanswered })
  const retry = (retryAt: number) => ({ answers: { [AP]: answerOf({ status: 'Failed', retryAt }) } })

  it('is not before something changes, when nothing is to come', () => {
    expect(next({})).toBeUndefined()
    expect(next(retry(NOW))).toBeUndefined()
    expect(next({ trouble: { message: 'm', retryAt: NOW } })).toBeUndefined()
  })

  it('is the first of what is to come', () => {
    expect(next(retry(NOW + 5))).toBe(NOW + 5)
    expect(next({ ...retry(NOW + 5), trouble: { message: 'm', retryAt: NOW + 4 } })).toBe(NOW + 4)
    expect(next({}, copy)).toBe(NOW + VERIFY_EVERY)
    expect(next(retry(NOW + 5), copy)).toBe(NOW + 5)
  })

  it('is later and later while others do not answer, within half a day', () => {
    const pauses = [1, 2, 3, 99].map((unanswered) => ((next({}, undefined, unanswered) ?? 0) - NOW) / LOOK_AGAIN_AFTER)
    expect(pauses).toEqual([2, 4, 8, 32])
  })

  it('is when the last number of a request may be forgotten', () => {
    const link = linkOf({
      answers: {
        [AP]: answerOf({ status: 'Removed', request: NOW - 10 }),
        [EU]: answerOf({ status: 'Detached', request: 3 }),
      },
    })
    expect(nextCheck({ own: undefined, link, now: NOW, unanswered: 0 })).toBe(NOW - 10 + MONTH)
    expect(isForgettable({ own: undefined, link, now: NOW - 10 + MONTH })).toBe(true)
    expect(isForgettable({ own: undefined, link, now: NOW - 11 + MONTH })).toBe(false)
    const withCopy = linkOf({ answers: { [AP]: answerOf({ request: 3 }) } })
    expect(isForgettable({ own: undefined, link: withCopy, now: NOW + MONTH })).toBe(false)
  })

  it('is when what was done with last may be forgotten, however old its request is', () => {
    const overAt = NOW - 10
    const link = linkOf({ answers: { [AP]: answerOf({ status: 'Detached', request: 3 }) }, overAt })
    expect(nextCheck({ own: undefined, link, now: NOW, unanswered: 0 })).toBe(overAt + MONTH)
    expect(isForgettable({ own: undefined, link, now: overAt + MONTH })).toBe(true)
    expect(isForgettable({ own: undefined, link, now: overAt + MONTH - 1 })).toBe(false)
    const later = linkOf({ answers: { [AP]: answerOf({ status: 'Removed', request: NOW }) }, overAt })
    expect(isForgettable({ own: undefined, link: later, now: overAt + MONTH })).toBe(false)
  })
})
