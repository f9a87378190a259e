/**
 * When a Region looks at a name again although nobody has told it of a change: messages are lost, stores are restored, and clocks of others come to what they waited for.
 * @module
 */
import { DAY } from '../domain/dates.ts'
import { answerTo, compareStamps, isOver, isReplica, stampOf, type Link } from '../domain/replication.ts'
import type { SecretHead } from '../domain/secret.ts'

/** For how long a primary waits for the others' answers before it asks them to look again, at first. */
export const LOOK_AGAIN_AFTER = 10 * 60_000
/** A Region that is gone is asked less and less, or a thousand secrets that wait for it would wake all the others day and night. */
const pauseAfter = (unanswered: number): number => LOOK_AGAIN_AFTER * 2 ** Math.min(unanswered, 5)
/** A copy is compared with its primary once a day. */
export const VERIFY_EVERY = DAY
/** What a link remembers of copies that are gone is kept as long as a late message could matter, and a key could be had back. */
const REMEMBER_FOR = 30 * DAY

interface Seen {
  readonly own: SecretHead | undefined
  readonly link: Link
  readonly here: string
  readonly links: ReadonlyMap<string, Link>
}

/** Whether this Region has asked others for something that they have not confirmed. */
export function stillUnconfirmed({ own, link, here, links }: Seen): boolean {
  if (link.departed.length > 0) return true
  if (!own || isReplica(own) || own.state === 'purging') return false
  const { replicas = [], leaving = [], yielding } = own.replication ?? {}
  if (yielding || leaving.length > 0) return true
  return replicas.some(({ region, at }) => {
    const told = answerTo(links.get(region), { from: here, suffix: own.suffix, at })
    if (!told) return true
    // A failure is tried again there, by its own clock.
    if (told.status === 'Failed') return false
    return told.stamp === undefined || compareStamps(told.stamp, stampOf(own)) !== 0
  })
}

interface Checked extends Pick<Seen, 'own' | 'link'> {
  readonly now: number
  /** How often the others were asked in a row; 0: nothing is waited for. */
  readonly unanswered: number
}

/** Epoch milliseconds; undefined: not before something changes. */
export function nextCheck({ own, link, now, unanswered }: Checked): number | undefined {
  const retries = Object.values(link.answers).flatMap(({ retryAt }) =>
    retryAt !== undefined && retryAt > now ? [retryAt] : [],
  )
  const times = [
    ...retries,
    ...(link.trouble && link.trouble.retryAt > now ? [link.trouble.retryAt] : []),
    ...(unanswered > 0 ? [now + pauseAfter(unanswered)] : []),
    ...(own && isReplica(own) ? [now + VERIFY_EVERY] : []),
    ...(isOnlyMemory({ own, link }) ? [forgottenAt(link)] : []),
  ]
  return times.length > 0 ? Math.min(...times) : undefined
}

/** Nothing is left of what it tells but the numbers of requests. */
const isOnlyMemory = ({ own, link: { answers, departed } }: Pick<Seen, 'own' | 'link'>): boolean =>
  own?.replication === undefined && departed.length === 0 && Object.values(answers).every(isOver)

/** Numbers of requests are times. */
const forgottenAt = ({ answers, overAt = 0 }: Link): number =>
  Math.max(overAt, ...Object.values(answers).map(({ request }) => request)) + REMEMBER_FOR

export const isForgettable = ({ own, link, now }: Pick<Checked, 'own' | 'link' | 'now'>): boolean =>
  isOnlyMemory({ own, link }) && forgottenAt(link) <= now
