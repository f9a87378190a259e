/**
 * Brings what a Region has of a name in line with what it sees of it: the effects of plan.ts, one after another until nothing is left to do. May be called at any time, twice, by several, and be cut off anywhere.
 * @module
 */
import { noLink, stampOf, type Link } from '../domain/replication.ts'
import type { SecretHead, SecretKey } from '../domain/secret.ts'
import { ValueMissing } from '../fresh-state.ts'
import { purge } from '../sweeper.ts'
import { confirmCopy, copySecret } from './copy-secret.ts'
import { commitHead } from './commit-head.ts'
import { acknowledged, changePlannedLink, troubled } from './link-changes.ts'
import { planReplication, type CopyPlan, type Plan } from './plan.ts'
import { rekey } from './rekey.ts'
import { tellReplication } from './replication-event.ts'
import type { ReplicationMeans } from './replication-means.ts'
import { absorb, takeOver } from './succession.ts'
import { obstacleMessage, tellTrouble } from './troubles.ts'

/** More steps than any state needs: a plan that never ends is a fault, and must not be an endless loop. */
const MAX_STEPS = 40
const OWN_TROUBLE_PAUSE = 5 * 60_000
/** A value that is named by a head comes with it, or a moment before or after. */
const VALUES_COME_WITHIN = 15 * 60_000

export type ReplicationStep =
  | 'copied'
  | 'confirmed'
  | 'removed'
  | 'acknowledged'
  | 'tended'
  | 'took-over'
  | 'absorbed'
  | 'rekeyed'
  | 'noted'
  | 'forgot'
  | 'failed'
  | 'conflict'

export interface Reconciled {
  /** What was done, in order. */
  readonly steps: readonly ReplicationStep[]
  /** Something that is on its way, such as a value, has not arrived: try again in a moment. */
  readonly isWaiting: boolean
  /** Milliseconds from the primary's change to its copy, when one was made or changed. */
  readonly lagMs?: number
  /** A step has failed; the link says why, and when it is tried again. */
  readonly isFailed: boolean
}

interface Done {
  readonly step: ReplicationStep
  readonly isWaiting?: boolean
  readonly lagMs?: number
}

/** @param key `region`: this Region @throws what the store can't do; whatever was done until then stays, and the next call goes on from there */
export async function reconcileSecret(means: ReplicationMeans, key: SecretKey): Promise<Reconciled> {
  const steps: Done[] = []
  while (steps.length < MAX_STEPS) {
    const group = await means.replication.group(key)
    const plan = planReplication({ group, now: means.clock.now() })
    if (plan.kind === 'nothing') return summary(steps)
    const step = await carryOut(means, { key, link: group.links.get(key.region) ?? noLink }, plan)
    steps.push(step)
    if (step.isWaiting) return summary(steps)
  }
  means.noteFault(new Error('the replication of a secret came to no end'))
  return summary(steps)
}

function summary(done: readonly Done[]): Reconciled {
  const lags = done.flatMap(({ lagMs }) => lagMs ?? [])
  return {
    steps: done.map(({ step }) => step),
    isWaiting: done.at(-1)?.isWaiting ?? false,
    isFailed: done.some(({ step }) => step === 'failed'),
    ...(lags.length > 0 && { lagMs: Math.max(...lags) }),
  }
}

/** The name in this Region, and the link that the plan was made from. */
interface Here {
  readonly key: SecretKey
  readonly link: Link
}

async function carryOut(means: ReplicationMeans, here: Here, plan: Exclude<Plan, { kind: 'nothing' }>): Promise<Done> {
  switch (plan.kind) {
    case 'copy':
      return copy(means, here, plan)
    case 'confirm':
      return done('confirmed', await confirmCopy(means, plan, here.link))
    case 'obstructed':
      return obstructed(means, here, plan)
    case 'remove':
      return { step: (await purge(means, plan.own)) ? 'removed' : 'conflict' }
    case 'acknowledge':
      return done(
        'acknowledged',
        await change(means, here, (link) => acknowledged(link, plan, { status: plan.status, now: means.clock.now() })),
      )
    case 'tend':
      return done('tended', await tend(means, plan))
    case 'take-over':
      return done('took-over', await takeOver(means, plan))
    case 'absorb':
      return absorbing(means, here, plan)
    case 'rekey':
      return rekeying(means, here, plan.own)
    case 'note':
      if (plan.verifies) await keepKey(means, plan.verifies)
      return done('noted', await change(means, here, () => plan.link))
    case 'forget':
      await means.replication.removeLink(here.key, plan.link)
      return { step: 'forgot' }
  }
}

const change = (means: ReplicationMeans, { key, link }: Here, work: (link: Link) => Link): Promise<Link | undefined> =>
  changePlannedLink(means, key, { planned: link, change: work })

/** @param outcome undefined when another writer was first: the plan is made anew then */
const done = (step: ReplicationStep, outcome: object | undefined): Done => ({ step: outcome ? step : 'conflict' })

async function copy(means: ReplicationMeans, here: Here, plan: CopyPlan): Promise<Done> {
  const { key } = here
  const { source, request, isNew } = plan
  const news = { replicaRegion: key.region, request: request.at }
  const before = here.link.answers[source.key.region]
  const isFirstAttempt = isNew && before?.request !== request.at
  const begunAt = means.clock.now()
  // Told when it has come to something: an attempt that waits for a value, or meets another writer, is not remembered.
  const tellStart = async (): Promise<void> => {
    if (isFirstAttempt) await tellReplication(means, source, { ...news, name: 'ReplicationStarted', at: begunAt })
  }
  try {
    const copied = await copySecret(means, plan, here)
    if (!copied) return { step: 'conflict' }
    const wasFailed = before?.request === request.at && before.status === 'Failed'
    await tellStart()
    if (isNew || wasFailed) await tellReplication(means, source, { ...news, name: 'ReplicationSucceeded' })
    const changedAt = isNew ? Math.max(request.at, source.changedAt) : source.changedAt
    return { step: 'copied', ...(copied.isNews && { lagMs: Math.max(0, means.clock.now() - changedAt) }) }
  } catch (error) {
    if (isStillOnItsWay(means, source, error)) return { step: 'failed', isWaiting: true }
    await tellStart()
    return failed(means, here, plan, error)
  }
}

async function failed(
  means: ReplicationMeans,
  here: Here,
  { source, request }: CopyPlan,
  error: unknown,
): Promise<Done> {
  const from = source.key.region
  const { message, isPassing, isFault } = tellTrouble(error, { from, here: here.key.region })
  if (isFault) means.noteFault(error)
  return noteTrouble(means, here, { source, from, suffix: source.suffix, request: request.at, message, isPassing })
}

async function obstructed(
  means: ReplicationMeans,
  here: Here,
  { obstacle, ...about }: Extract<Plan, { kind: 'obstructed' }>,
): Promise<Done> {
  return noteTrouble(means, here, {
    ...about,
    message: obstacleMessage[obstacle],
    isPassing: obstacle === 'name-being-deleted',
  })
}

interface Noted {
  readonly source: SecretHead | undefined
  readonly from: string
  readonly suffix: string
  readonly request: number
  readonly message: string
  readonly isPassing: boolean
}

/** SM-REPLICA-15: it is tried again by itself, later and later. */
async function noteTrouble(means: ReplicationMeans, here: Here, noted: Noted): Promise<Done> {
  const { source, from, suffix, request, message, isPassing } = noted
  const isFailed = (link: Link | undefined): boolean => {
    const told = link?.answers[from]
    return told?.suffix === suffix && told.request === request && told.status === 'Failed'
  }
  const wasFailed = isFailed(here.link)
  const trouble = { message, isPassing, triedAt: source && stampOf(source), now: means.clock.now() }
  const link = await change(means, here, (before) => troubled(before, { from, suffix, request }, trouble))
  if (!link) return { step: 'conflict' }
  if (source && isFailed(link) && !wasFailed) {
    const retryAt = link.answers[from]?.retryAt
    await tellReplication(means, source, {
      name: 'ReplicationFailed',
      replicaRegion: here.key.region,
      request,
      errorMessage: message,
      ...(retryAt !== undefined && { retryAt }),
    })
  }
  return { step: 'failed' }
}

/** A late purge of an earlier copy may have retired the key that this one has by now. Best effort: the next look is tomorrow's. */
async function keepKey(
  { keys, store, noteFault }: ReplicationMeans,
  { key, serviceKeyArn }: SecretHead,
): Promise<void> {
  if (serviceKeyArn === undefined) return
  await keys.reviveServiceKey(serviceKeyArn, { onlyEnding: true }).catch(noteFault)
  // The copy may have gone meanwhile, and its key with it.
  const isNamed = (await store.load(key))?.head.serviceKeyArn === serviceKeyArn
  if (!isNamed) await keys.retireServiceKey(serviceKeyArn).catch(noteFault)
}

async function tend(
  means: ReplicationMeans,
  { own, replicas, leaving }: Extract<Plan, { kind: 'tend' }>,
): Promise<SecretHead | undefined> {
  const { leaving: _settled, ...rest } = own.replication ?? {}
  const replication = { ...rest, replicas, ...(leaving.length > 0 && { leaving }) }
  return commitHead(means, { previous: own, change: { ...own, replication } })
}

async function absorbing(means: ReplicationMeans, here: Here, plan: Extract<Plan, { kind: 'absorb' }>): Promise<Done> {
  try {
    return done('absorbed', await absorb(means, plan))
  } catch (error) {
    if (isStillOnItsWay(means, plan.from, error)) return { step: 'failed', isWaiting: true }
    // The other Region takes no writes meanwhile: the status of replication says why, and it may be taken back there.
    return ownTrouble(means, here, { error, from: plan.from.key.region })
  }
}

async function rekeying(means: ReplicationMeans, here: Here, own: SecretHead): Promise<Done> {
  try {
    return done('rekeyed', await rekey(means, own))
  } catch (error) {
    // Another replicator was first, and has dropped the values that this head names.
    if (error instanceof ValueMissing) return { step: 'conflict' }
    return ownTrouble(means, here, { error, from: own.key.region })
  }
}

const isStillOnItsWay = ({ clock }: ReplicationMeans, { changedAt }: SecretHead, error: unknown): boolean =>
  error instanceof ValueMissing && clock.now() - changedAt < VALUES_COME_WITHIN

/** Not of a copy, and so no answer to anybody: it stands beside them. */
async function ownTrouble(
  means: ReplicationMeans,
  here: Here,
  { error, from }: { readonly error: unknown; readonly from: string },
): Promise<Done> {
  const { message, isFault } = tellTrouble(error, { from, here: here.key.region })
  if (isFault) means.noteFault(error)
  const retryAt = means.clock.now() + OWN_TROUBLE_PAUSE
  await change(means, here, (link) => ({
    ...link,
    trouble: { message, retryAt },
    checkAt: Math.min(link.checkAt ?? Infinity, retryAt),
  }))
  return { step: 'failed' }
}
