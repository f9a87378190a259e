/**
 * What a Region's link becomes when something was done, or could not be: pure transforms, and the one place that writes it.
 * @module
 */
import { DAY } from '../domain/dates.ts'
import { throttled } from '../domain/errors.ts'
import { noLink, stampOf, type Answer, type AnswerStatus, type Link, type Stamp } from '../domain/replication.ts'
import type { SecretHead, SecretKey } from '../domain/secret.ts'
import type { Services } from '../services.ts'

const MAX_ATTEMPTS = 12
/** Of the next attempt at a copy after so many failures in a row; the last one from then on. */
const RETRY_DELAYS = [1, 2, 5, 15, 60].map((minutes) => minutes * 60_000)
/** Trouble that passes by itself is not shown as a failure at once. */
const PATIENCE = 3

export interface About {
  /** Region of the primary. */
  readonly from: string
  readonly suffix: string
  readonly request: number
}

/** @returns the link as it was written; the one that was there when `change` returns it */
export async function changeLink(
  { replication }: Pick<Services, 'replication'>,
  key: SecretKey,
  change: (link: Link) => Link,
): Promise<Link> {
  for (let round = 0; round < MAX_ATTEMPTS; round++) {
    const link = (await replication.link(key)) ?? noLink
    const changed = change(link)
    if (changed === link) return link
    const next = { ...changed, revision: link.revision + 1 }
    if ((await replication.saveLink(key, next)) === 'committed') return next
  }
  throw throttled()
}

/**
 * Writes the link if it still is the one that a plan was made from. Whoever removes or replaces a head writes the link before, so that as long as it is the same the head is still there.
 * @param planned that link @returns undefined when somebody else has written it
 */
export async function changePlannedLink(
  { replication }: Pick<Services, 'replication'>,
  key: SecretKey,
  { planned, change }: { readonly planned: Link; readonly change: (link: Link) => Link },
): Promise<Link | undefined> {
  const next = { ...change(planned), revision: planned.revision + 1 }
  return (await replication.saveLink(key, next)) === 'committed' ? next : undefined
}

/** The copy has all that its primary has. */
export function confirmed(
  link: Link,
  { from, suffix, request }: About,
  { head, stamp, checkAt }: { readonly head: SecretHead; readonly stamp: Stamp; readonly checkAt: number },
): Link {
  const answer: Answer = {
    suffix,
    request,
    acted: Math.max(request, link.answers[from]?.acted ?? 0),
    status: 'InSync',
    stamp,
    ...(head.kmsKeyId !== undefined && { kmsKeyId: head.kmsKeyId }),
    failures: 0,
  }
  const { keptKey, ...rest } = link
  return {
    ...rest,
    ...(keptKey !== undefined && keptKey.suffix !== suffix && { keptKey }),
    answers: { ...link.answers, [from]: answer },
    born: Math.max(link.born, stampOf(head).born),
    checkAt: earlier(link.checkAt, checkAt),
  }
}

export interface Trouble {
  readonly message: string
  /** It passes by itself. */
  readonly isPassing: boolean
  /** Of the primary's head; undefined: there is none. */
  readonly triedAt: Stamp | undefined
  readonly now: number
}

/** An attempt has failed. What was copied before stays as it is (SM-REPLICA-13). */
export function troubled(link: Link, { from, suffix, request }: About, trouble: Trouble): Link {
  const { message, isPassing, triedAt, now } = trouble
  const before = link.answers[from]
  const isSame = before?.suffix === suffix
  const failures = (isSame ? before.failures : 0) + 1
  const delay = RETRY_DELAYS[Math.min(failures, RETRY_DELAYS.length) - 1] ?? 0
  const retryAt = now + delay
  const status: AnswerStatus = isPassing && failures < PATIENCE ? 'InProgress' : 'Failed'
  const answer: Answer = {
    suffix,
    request: Math.max(request, isSame ? before.request : 0),
    acted: before?.acted ?? 0,
    status,
    message,
    ...(isSame && before.stamp && { stamp: before.stamp }),
    ...(isSame && before.kmsKeyId !== undefined && { kmsKeyId: before.kmsKeyId }),
    ...(triedAt && { triedAt }),
    failures,
    retryAt,
  }
  return { ...link, answers: { ...link.answers, [from]: answer }, checkAt: earlier(link.checkAt, retryAt) }
}

/** There is no copy here, or none any more. What was made of a later request stays. */
export function acknowledged(
  link: Link,
  { from, suffix, request }: About,
  { status, now }: { readonly status: 'Removed' | 'Detached'; readonly now: number },
): Link {
  const before = link.answers[from]
  const acted = Math.max(before?.acted ?? 0, status === 'Detached' ? request : 0)
  const isLater = before?.suffix === suffix && before.request > request
  const answer: Answer = isLater ? { ...before, acted } : { suffix, request, acted, status, failures: 0 }
  return {
    ...link,
    answers: { ...link.answers, [from]: answer },
    overAt: now,
    checkAt: earlier(link.checkAt, now + DAY),
  }
}

/** A request is acted on from here: its force is spent, whatever becomes of it. @param replaced the head whose place it takes */
export function spent(link: Link, { from, suffix, request }: About, replaced: SecretHead | undefined): Link {
  const before = link.answers[from]
  const answer: Answer = {
    suffix,
    request,
    acted: request,
    status: 'InProgress',
    failures: before?.suffix === suffix ? before.failures : 0,
  }
  const lastRevision = Math.max(link.lastRevision ?? 0, replaced?.revision ?? 0)
  return { ...link, answers: { ...link.answers, [from]: answer }, lastRevision }
}

const earlier = (a: number | undefined, b: number): number => (a === undefined ? b : Math.min(a, b))
