/**
 * What a Region has to do about a name, decided from what it sees of it now: its own head and link, and those of the others as they have arrived. Never from what a message said, so that messages may be late, doubled, lost or
 * out of order. Pure: the effects are beside it, and after each of them the plan is made again.
 *
 * What makes it safe, whatever has arrived:
 * - a Region writes its own head and link only;
 * - a request is acted on once: its number is kept in the head that was made for it and in the link, which outlives the head;
 * - a head that is older than the one that a copy was made from is let be ({@link Stamp});
 * - a copy is only removed for a Region that it is a copy of, and a secret that is no copy is never removed.
 * @module
 */
import {
  answerTo,
  compareStamps,
  isOfPredecessor,
  isOver,
  isReplica,
  isYielding,
  noLink,
  stampOf,
  type Answer,
  type LeavingRegion,
  type Link,
  type ReplicaRequest,
  type Stamp,
} from '../domain/replication.ts'
import type { SecretHead } from '../domain/secret.ts'
import type { ReplicationGroup } from '../ports/replication-store.ts'
import { isSameContent } from './content.ts'
import { isForgettable, LOOK_AGAIN_AFTER, nextCheck, stillUnconfirmed } from './check-again.ts'

/** Why a copy can't be made, without having tried. */
export type Obstacle =
  | 'name-taken'
  | 'copy-of-another'
  | 'name-taken-by-primary'
  | 'name-being-deleted'
  | 'taken-over'
  | 'primary-gone'
  | 'not-wanted'

/** How a copy comes to its place. `create`: the name is free. `update`: of a copy, or of a secret of the same group that becomes one. `replace`: of another secret, by force. */
export type CopyMode = 'create' | 'update' | 'replace'

export interface CopyPlan {
  readonly kind: 'copy'
  readonly mode: CopyMode
  /** The primary's head. */
  readonly source: SecretHead
  readonly request: ReplicaRequest
  /** The request was not acted on before. */
  readonly isNew: boolean
  /** The own head, where there is one. */
  readonly own: SecretHead | undefined
}

export type Plan =
  | { readonly kind: 'nothing' }
  | CopyPlan
  | {
      readonly kind: 'obstructed'
      readonly obstacle: Obstacle
      readonly source: SecretHead | undefined
      readonly from: string
      readonly request: number
      readonly suffix: string
    }
  /** The copy is up to date without having been written: only the link has to say so. */
  | {
      readonly kind: 'confirm'
      readonly source: SecretHead
      readonly request: ReplicaRequest
      readonly own: SecretHead
    }
  | { readonly kind: 'remove'; readonly own: SecretHead }
  /** Says that there is no copy here, or none any more. */
  | {
      readonly kind: 'acknowledge'
      readonly from: string
      readonly suffix: string
      readonly request: number
      readonly status: 'Removed' | 'Detached'
    }
  /** The primary's own book-keeping: requests that are settled leave its head. */
  | {
      readonly kind: 'tend'
      readonly own: SecretHead
      readonly replicas: readonly ReplicaRequest[]
      readonly leaving: readonly LeavingRegion[]
    }
  | { readonly kind: 'take-over'; readonly own: SecretHead; readonly from: SecretHead }
  | { readonly kind: 'absorb'; readonly own: SecretHead; readonly from: SecretHead }
  | { readonly kind: 'rekey'; readonly own: SecretHead }
  /** The link alone: departed secrets that are settled, and when to look again. */
  | {
      readonly kind: 'note'
      readonly link: Link
      /** It is time to see that this copy still has its key. */
      readonly verifies?: SecretHead
    }
  | { readonly kind: 'forget'; readonly link: Link }

export interface Situation {
  readonly group: ReplicationGroup
  /** Epoch milliseconds. */
  readonly now: number
}

const NOTHING: Plan = { kind: 'nothing' }

/** The next thing to do; `nothing` when all is as it should be, as far as can be seen from here. */
export function planReplication({ group, now }: Situation): Plan {
  const view = viewOf(group, now)
  return (
    unfinishedRemoval(view) ??
    lateCopy(view) ??
    removal(view) ??
    detachment(view) ??
    succession(view) ??
    copying(view) ??
    orphanage(view) ??
    bookkeeping(view) ??
    rekeying(view) ??
    notes(view) ??
    NOTHING
  )
}

interface View {
  readonly here: string
  readonly now: number
  readonly own: SecretHead | undefined
  readonly link: Link
  /** Heads of other Regions. */
  readonly others: readonly SecretHead[]
  readonly links: ReadonlyMap<string, Link>
}

function viewOf({ key, heads, links }: ReplicationGroup, now: number): View {
  const { region: here } = key
  return {
    here,
    now,
    own: heads.get(here),
    link: links.get(here) ?? noLink,
    others: [...heads.values()].filter((head) => head.key.region !== here),
    links: new Map([...links].filter(([region]) => region !== here)),
  }
}

const headIn = ({ others }: View, region: string): SecretHead | undefined =>
  others.find(({ key }) => key.region === region)

/** The last request of a Region that was acted on here. */
function actedFor({ own, link }: View, region: string): number {
  return Math.max(own?.replication?.acted?.[region] ?? 0, link.answers[region]?.acted ?? 0)
}

/** The greatest state of its source that the own copy is known to have. */
function appliedStamp({ own, link }: View): Stamp | undefined {
  const source = own?.replication?.source
  if (!source) return undefined
  const told = link.answers[source.region]
  const confirmed = told?.suffix === own.suffix ? told.stamp : undefined
  return confirmed && compareStamps(confirmed, source.stamp) > 0 ? confirmed : source.stamp
}

// Removal

function unfinishedRemoval({ own }: View): Plan | undefined {
  return own?.state === 'purging' && isReplica(own) ? { kind: 'remove', own } : undefined
}

/** An attempt that was under way when the copy was removed has made it once more: the order was answered, and will not be given again. */
function lateCopy({ own, link }: View): Plan | undefined {
  const source = own?.replication?.source
  if (!own || !source) return undefined
  const { region: from } = source
  const at = own.replication.acted?.[from] ?? 0
  const isGone = isOver(answerTo(link, { from, suffix: own.suffix, at }))
  return isGone ? { kind: 'remove', own } : undefined
}

interface Order extends LeavingRegion {
  readonly from: string
  readonly suffix: string
}

/** SM-REPLICA-09: one order of a Region after the other, since a link has one answer for each. */
function removal(view: View): Plan | undefined {
  const { own } = view
  const waiting = new Set<string>()
  for (const order of standingOrders(view)) {
    const { from, suffix, at } = order
    const isDone = isAcknowledged(view, order)
    if (own && !isDone && isCopyFor(own, order)) return { kind: 'remove', own }
    if (waiting.has(from)) continue
    waiting.add(from)
    if (isDone) continue
    const status = own?.suffix === suffix && !isReplica(own) ? 'Detached' : 'Removed'
    return { kind: 'acknowledge', from, suffix, request: at, status }
  }
  return undefined
}

function isAcknowledged({ link }: View, { from, suffix, at }: Order): boolean {
  const told = link.answers[from]
  return told?.suffix === suffix && told.request === at && isOver(told)
}

/** Those that nothing later of the same Region has overtaken, older ones first. */
function standingOrders(view: View): readonly Order[] {
  const isOvertaken = ({ from, suffix, at }: Order): boolean => {
    const told = view.link.answers[from]
    return (told?.suffix === suffix && told.request > at) || actedFor(view, from) > at
  }
  return ordersToLeave(view)
    .filter((order) => !isOvertaken(order))
    .sort((a, b) => a.at - b.at)
}

function ordersToLeave({ here, others, links }: View): readonly Order[] {
  const fromHeads = others
    .filter((head) => !isReplica(head))
    .flatMap(({ key, suffix, replication }) =>
      (replication?.leaving ?? []).map((leaving) => ({ ...leaving, from: key.region, suffix })),
    )
  const fromLinks = [...links].flatMap(([from, { departed }]) =>
    departed.flatMap(({ suffix, waiting }) => waiting.map((leaving) => ({ ...leaving, from, suffix }))),
  )
  return [...fromHeads, ...fromLinks].filter(({ region }) => region === here)
}

function isCopyFor({ suffix, replication }: SecretHead, order: Order): boolean {
  const source = replication?.source
  if (suffix !== order.suffix || !source) return false
  return source.region === order.from || isOfPredecessor(source, order.takenOverFrom)
}

// Promotion

/** SM-REPLICA-10: the former primary learns from the link that the copy is none any more. */
function detachment({ own, link, others }: View): Plan | undefined {
  const promotion = own?.replication?.promotion
  if (!own || !promotion || own.state === 'purging') return undefined
  const { from } = promotion
  // Another secret of the name is there by now: it has nothing to learn of this one.
  if (others.some(({ key, suffix }) => key.region === from && suffix !== own.suffix)) return undefined
  const acted = own.replication.acted?.[from] ?? 0
  const told = link.answers[from]
  // Numbers of one Region grow over all that it asks for: what was made of a later request says more, and the promotion itself is in the head.
  const isTold =
    told !== undefined &&
    (told.request > acted || (told.suffix === own.suffix && told.request === acted && isOver(told)))
  return isTold ? undefined : { kind: 'acknowledge', from, suffix: own.suffix, request: acted, status: 'Detached' }
}

// Another Region steps down for this one

function succession(view: View): Plan | undefined {
  const { own, here, others } = view
  if (own?.state !== 'active') return undefined
  const from = others.find(
    (head) =>
      head.suffix === own.suffix &&
      !isReplica(head) &&
      head.replication?.yielding?.to === here &&
      head.state === 'active',
  )
  if (!from || !mayTakeOver(own, from)) return undefined
  const wanted = stampOf(from)
  if (isReplica(own)) {
    const isCurrent =
      own.replication?.source?.region === from.key.region &&
      compareStamps(appliedStamp(view) ?? { born: 0, revision: 0 }, wanted) === 0 &&
      isSameContent(own, from)
    return isCurrent ? { kind: 'take-over', own, from } : undefined
  }
  const absorbed = own.replication?.replicas?.find(({ region }) => region === from.key.region)?.absorbed
  const isDone = absorbed !== undefined && compareStamps(absorbed, wanted) >= 0
  return isDone || isPausing(view.link, view.now) ? undefined : { kind: 'absorb', own, from }
}

/** A secret that steps down itself takes nothing over; but of two that step down for one another the one that was told first goes on, and both see which that is. */
function mayTakeOver(own: SecretHead, from: SecretHead): boolean {
  const mine = own.replication?.yielding
  const theirs = from.replication?.yielding
  if (!mine) return true
  if (!theirs || mine.to !== from.key.region) return false
  return mine.at !== theirs.at ? mine.at < theirs.at : own.key.region < from.key.region
}

// Copies

interface Wanted {
  readonly source: SecretHead
  readonly request: ReplicaRequest
}

/** Requests for a copy here, older ones first, so that the last word is the newest's. */
function requestsHere({ here, others }: View): readonly Wanted[] {
  return others
    .filter((head) => !isReplica(head) && head.state === 'active')
    .flatMap((source) =>
      (source.replication?.replicas ?? [])
        .filter(({ region }) => region === here)
        .map((request) => ({ source, request })),
    )
    .sort((a, b) => a.request.at - b.request.at || (a.source.key.region < b.source.key.region ? -1 : 1))
}

function copying(view: View): Plan | undefined {
  const orders = standingOrders(view)
  for (const wanted of requestsHere(view)) {
    const { source } = wanted
    // Its Region still has to hear that what was there under the name before is gone; the answer to this request would stand in the same place.
    if (
      orders.some(
        ({ from, suffix, at }) => from === source.key.region && suffix !== source.suffix && at < wanted.request.at,
      )
    )
      continue
    const plan =
      wanted.request.at > actedFor(view, wanted.source.key.region) ? newCopy(view, wanted) : upkeep(view, wanted)
    if (plan) return plan
  }
  return undefined
}

/** A copy that this request has made before. */
function upkeep(view: View, { source, request }: Wanted): Plan | undefined {
  const { own, link } = view
  const from = source.key.region
  const told = link.answers[from]
  const isOurs = own?.suffix === source.suffix && own.replication?.source?.region === from && own.state === 'active'
  if (!isOurs) {
    if (isOver(answerTo(link, { from, suffix: source.suffix, at: request.at }))) return undefined
    // It was there, and nobody here has removed or promoted it: the head was lost, or another primary has taken the place.
    if (!own)
      return rests(view, source, request)
        ? undefined
        : { kind: 'copy', mode: 'create', source, request, isNew: false, own }
    if (own.suffix === source.suffix && own.replication?.promotion?.from === from) return undefined
    return obstructed(view, { source, request }, obstacleAfterLoss(own, told))
  }
  const applied = appliedStamp(view)
  const wanted = stampOf(source)
  if (applied && compareStamps(wanted, applied) < 0) return undefined
  const isConfirmed =
    told?.status === 'InSync' &&
    told.request === request.at &&
    told.stamp !== undefined &&
    compareStamps(told.stamp, wanted) === 0 &&
    told.kmsKeyId === own.kmsKeyId
  if (isSameContent(own, source)) return isConfirmed ? undefined : { kind: 'confirm', source, request, own }
  return rests(view, source, request) ? undefined : { kind: 'copy', mode: 'update', source, request, isNew: false, own }
}

/** Another secret is where the copy was, or was about to be. */
function obstacleAfterLoss(own: SecretHead, told: Answer | undefined): Obstacle {
  if (own.state === 'purging') return 'name-being-deleted'
  return told?.stamp === undefined ? 'name-taken' : 'taken-over'
}

function newCopy(view: View, wanted: Wanted): Plan | undefined {
  const { own } = view
  const { source, request } = wanted
  if (isSuperseded(view, wanted)) return undefined
  // What a secret that steps down has asked for is its successor's to ask for.
  const successor = source.replication?.yielding?.to
  if (successor !== undefined && successor !== view.here) return undefined
  const copy = (mode: CopyMode): Plan | undefined =>
    rests(view, source, request) ? undefined : { kind: 'copy', mode, source, request, isNew: true, own }
  if (!own) return copy('create')
  if (own.state === 'purging') return obstructed(view, wanted, 'name-being-deleted')
  // SM-REPLICA-05
  if (own.suffix !== source.suffix) {
    if (!request.force) return obstructed(view, wanted, 'name-taken')
    return hasReplicas(own) ? obstructed(view, wanted, 'name-taken-by-primary') : copy('replace')
  }
  const { source: present } = own.replication ?? {}
  if (present) {
    const isSuccessor = present.region === source.key.region || isOfPredecessor(present, request.takenOverFrom)
    return isSuccessor || request.force ? copy('update') : obstructed(view, wanted, 'copy-of-another')
  }
  // A secret of the same group that is no copy: it becomes one if it has stepped down for this primary, or by force.
  if (request.absorbed && isYielding(own)) {
    if (compareStamps(request.absorbed, stampOf(own)) === 0) return copy('update')
    if (!request.force) return undefined
  }
  if (!request.force) return obstructed(view, wanted, 'name-taken')
  return hasReplicas(own) ? obstructed(view, wanted, 'name-taken-by-primary') : copy('update')
}

/** A request that a later removal was answered for: an old head of the primary has arrived late, or is all that is left to see of it. */
function isSuperseded({ link }: View, { source, request }: Wanted): boolean {
  const told = link.answers[source.key.region]
  return told?.suffix === source.suffix && told.request > request.at
}

const hasReplicas = ({ replication }: SecretHead): boolean =>
  (replication?.replicas?.length ?? 0) + (replication?.leaving?.length ?? 0) > 0

/** The last attempt at this very state has failed, and the next one is not due yet. */
function rests({ link, now }: View, source: SecretHead, request: ReplicaRequest): boolean {
  const told = link.answers[source.key.region]
  return (
    told?.retryAt !== undefined &&
    told.retryAt > now &&
    told.suffix === source.suffix &&
    told.request === request.at &&
    told.triedAt !== undefined &&
    compareStamps(told.triedAt, stampOf(source)) === 0
  )
}

function obstructed(view: View, { source, request }: Wanted, obstacle: Obstacle): Plan | undefined {
  if (rests(view, source, request)) return undefined
  return {
    kind: 'obstructed',
    obstacle,
    source,
    from: source.key.region,
    request: request.at,
    suffix: source.suffix,
  }
}

/** A copy without a primary that wants it, and nobody has said that it shall go: it stays, and says so. It is removed by an order alone. */
function orphanage(view: View): Plan | undefined {
  const { own, link, here } = view
  const source = own?.replication?.source
  if (!own || !source || own.state !== 'active') return undefined
  const primary = headIn(view, source.region)
  const isThere = primary?.suffix === own.suffix
  if (isThere && (isReplica(primary) || isYielding(primary) || !isNewerThanCopy(view, primary))) return undefined
  if (isThere && primary.replication?.replicas?.some(({ region }) => region === here)) return undefined
  const request = own.replication.acted?.[source.region] ?? 0
  const told = link.answers[source.region]
  if (told?.status === 'Failed' && told.suffix === own.suffix) return undefined
  if (told !== undefined && told.suffix !== own.suffix && told.request > request) return undefined
  return {
    kind: 'obstructed',
    obstacle: isThere ? 'not-wanted' : 'primary-gone',
    source: undefined,
    from: source.region,
    request,
    suffix: own.suffix,
  }
}

function isNewerThanCopy(view: View, primary: SecretHead): boolean {
  const applied = appliedStamp(view)
  return applied !== undefined && compareStamps(stampOf(primary), applied) > 0
}

// The primary's own part

function bookkeeping(view: View): Plan | undefined {
  const { own, here } = view
  if (!own || isReplica(own) || isYielding(own) || own.state === 'purging') return undefined
  const { replicas = [], leaving = [] } = own.replication ?? {}
  const isSettled = ({ region, at }: LeavingRegion): boolean =>
    isOver(answerTo(view.links.get(region), { from: here, suffix: own.suffix, at }))
  const isPromoted = ({ region, at, absorbed }: ReplicaRequest): boolean => {
    const head = headIn(view, region)
    return (
      absorbed === undefined &&
      head?.suffix === own.suffix &&
      head.replication?.promotion?.from === here &&
      (head.replication.acted?.[here] ?? 0) >= at
    )
  }
  const kept = {
    replicas: replicas.filter((each) => !isSettled(each) && !isPromoted(each)),
    leaving: leaving.filter((each) => !isSettled(each)),
  }
  const isChanged = kept.replicas.length < replicas.length || kept.leaving.length < leaving.length
  return isChanged ? { kind: 'tend', own, ...kept } : undefined
}

/** What was to be done with the own secret has failed a moment ago. */
const isPausing = ({ trouble }: Link, now: number): boolean => trouble !== undefined && trouble.retryAt > now

/** After a promotion: nothing of the former primary's key is left in it. */
function rekeying({ own, link, now }: View): Plan | undefined {
  if (own?.state !== 'active' || isReplica(own) || isYielding(own) || !own.replication?.borrowsKey) return undefined
  return isPausing(link, now) ? undefined : { kind: 'rekey', own }
}

// What the link says beside its answers

function notes(view: View): Plan | undefined {
  const { link, links, here } = view
  const departed = link.departed
    .map(({ suffix, waiting }) => ({
      suffix,
      waiting: waiting.filter(({ region, at }) => {
        const there = links.get(region)
        // A later request was acted on: what was there before had to be gone.
        const isOvertaken = (there?.answers[here]?.acted ?? 0) > at
        return !isOvertaken && !isOver(answerTo(there, { from: here, suffix, at }))
      }),
    }))
    .filter(({ waiting }) => waiting.length > 0)
  const isSettled =
    departed.flatMap(({ waiting }) => waiting).length < link.departed.flatMap(({ waiting }) => waiting).length
  const noted: Link = isSettled ? { ...link, departed } : link
  return lookingAgain(view, noted) ?? (isSettled ? { kind: 'note', link: noted } : undefined)
}

/** When this Region looks again by itself; and whether it asks the others to: what it told them may be lost. */
function lookingAgain(view: View, link: Link): Plan | undefined {
  const { own, now, here, links } = view
  const unconfirmed = stillUnconfirmed({ own, link, here, links })
  const { checkAt, unanswered: before = 0, trouble, ...rest } = link
  if (checkAt !== undefined && checkAt <= now) {
    if (isForgettable({ own, link, now })) return { kind: 'forget', link }
    const unanswered = unconfirmed ? before + 1 : 0
    const next = nextCheck({ own, link, now, unanswered })
    return {
      kind: 'note',
      link: {
        ...rest,
        nudge: link.nudge + (unconfirmed ? 1 : 0),
        ...(trouble && isPausing(link, now) && { trouble }),
        ...(unanswered > 0 && { unanswered }),
        ...(next !== undefined && { checkAt: next }),
      },
      ...(own && isReplica(own) && { verifies: own }),
    }
  }
  const isSoon = checkAt !== undefined && checkAt <= now + LOOK_AGAIN_AFTER
  if (unconfirmed && before === 0 && !isSoon)
    return { kind: 'note', link: { ...link, checkAt: now + LOOK_AGAIN_AFTER } }
  return undefined
}
