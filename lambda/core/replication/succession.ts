/**
 * One Region takes the primary's part from another that steps down (reprimary). Whoever steps down takes no writes from then on, so what is taken over is all there is; reads go on in both.
 *
 * Where the two have gone apart since a promotion, the winner's labels and metadata stay, and the other's versions are kept beside them: its current one under a label of its own.
 * @module
 */
import { randomUuid } from '../domain/random-id.ts'
import {
  nextRequest,
  stampOf,
  type LeavingRegion,
  type ReplicaRequest,
  type Replication,
} from '../domain/replication.ts'
import { cancelled, isRotating } from '../domain/rotation-state.ts'
import { byRegion } from '../domain/replica-regions.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import { CURRENT, holderOf } from '../domain/staging-labels.ts'
import { ownerScope } from '../rotation/owner.ts'
import { commitHead } from './commit-head.ts'
import { contentDigest, copiedMetadata } from './content.ts'
import { copiedVersions, hasRoomForStage } from './copied-versions.ts'
import type { ReplicationMeans } from './replication-means.ts'

/** SM-REPLICA-10: rotation runs in one Region, and is off in one that has become the primary until it is turned on there: its function is in the other Region, and both would change the same password. */
export const withoutRotation = (head: SecretHead): SecretHead => (isRotating(head) ? cancelled(head) : head)

export interface Divergence {
  readonly hereChanged: boolean
  readonly thereChanged: boolean
}

/** What two secrets of one group have changed since they went apart; undefined when nobody knows how they were then. */
export function divergence(here: SecretHead, there: SecretHead): Divergence {
  const [mine, other] = [contentDigest(here), contentDigest(there)]
  if (mine === other) return { hereChanged: false, thereChanged: false }
  const base = baseBetween(here, there)
  return base === undefined
    ? { hereChanged: true, thereChanged: true }
    : { hereChanged: mine !== base, thereChanged: other !== base }
}

function baseBetween(here: SecretHead, there: SecretHead): string | undefined {
  const ofHere = here.replication?.promotion
  const ofThere = there.replication?.promotion
  if (ofHere?.from === there.key.region && (ofThere?.from !== here.key.region || ofThere.at < ofHere.at))
    return ofHere.base
  return ofThere?.from === here.key.region ? ofThere.base : undefined
}

/** A copy that has all of the primary that steps down becomes the primary itself. @returns undefined when another writer was first */
export async function takeOver(
  means: ReplicationMeans,
  { own, from }: { readonly own: SecretHead; readonly from: SecretHead },
): Promise<SecretHead | undefined> {
  const { source: _copyOf, ...rest } = own.replication ?? {}
  const now = means.clock.now()
  const promotion = { from: from.key.region, at: now, base: contentDigest(own) }
  const change = withoutRotation({ ...own, replication: { ...succeeded(rest, { own, from, now }), promotion } })
  return commitHead(means, { previous: own, change })
}

/** A secret by itself takes in what the one that steps down has. @returns undefined when another writer was first */
export async function absorb(
  means: ReplicationMeans,
  { own, from }: { readonly own: SecretHead; readonly from: SecretHead },
): Promise<SecretHead | undefined> {
  const now = means.clock.now()
  const { hereChanged, thereChanged } = divergence(own, from)
  const isDiverged = hereChanged && thereChanged
  const winner = isDiverged ? (from.replication?.yielding?.winner ?? 'other') : thereChanged ? 'this' : 'other'
  // Seen from the one that steps down, whose `this` is itself.
  const wins = winner === 'this' ? from : own
  const theirs = thereChanged ? await copiedFrom(means, { own, from }) : []
  const versions =
    winner === 'this' ? merged(theirs, own.versions, own.key.region) : merged(own.versions, theirs, from.key.region)
  // How both were when they went apart counts no more: the other one never had what comes of it.
  const { promotion: _over, ...rest } = own.replication ?? {}
  const { creationToken: _k, createdAt: _c, changedAt: _m, rotation: _r, ...metadata } = copiedMetadata(wins)
  const change: SecretHead = {
    ...withoutMetadata(own),
    ...metadata,
    changedAt: thereChanged ? now : own.changedAt,
    versions,
    replication: succeeded(rest, { own, from, now }),
  }
  return commitHead(means, { previous: own, change })
}

function withoutMetadata(head: SecretHead): SecretHead {
  const { description: _d, tags: _t, policy: _p, type: _y, owningService: _o, ...rest } = head
  return rest
}

/** Versions of the other Region, sealed for this one; those from before the Regions went apart have the same value here. */
async function copiedFrom(
  means: ReplicationMeans,
  { own, from }: { readonly own: SecretHead; readonly from: SecretHead },
): Promise<readonly Version[]> {
  return copiedVersions(means, {
    source: from,
    copy: own,
    present: own.versions,
    isStrict: true,
    scope: ownerScope(own.key, means.clock.now()),
    // One token was used for a value on both sides: the other side's gets an id of its own.
    idFor: ({ id, createdAt }) =>
      own.versions.some((each) => each.id === id && each.createdAt !== createdAt) ? randomUuid(means.entropy) : id,
  })
}

/** The winner's versions as they are, and of the loser those that are not among them, without labels but for the mark of what was its current one. */
function merged(winners: readonly Version[], losers: readonly Version[], loserRegion: string): readonly Version[] {
  const hasValue = ({ value }: Version): boolean => value.kind !== 'none'
  const filled = winners.map((each) => {
    const other = hasValue(each)
      ? undefined
      : losers.find(({ id, ...rest }) => id === each.id && hasValue({ id, ...rest }))
    return other ? { ...other, stages: each.stages } : each
  })
  const current = holderOf(losers, CURRENT)?.id
  const label = `diverged-${loserRegion}`
  const isMarkable = hasRoomForStage(filled) && !holderOf(filled, label)
  const extra = losers
    .filter((each) => hasValue(each) && !filled.some(({ id }) => id === each.id))
    .map((each) => ({ ...each, stages: stagesOf(each) }))
  return [...filled, ...extra].sort((a, b) => a.createdAt - b.createdAt)

  function stagesOf({ id, stages }: Version): readonly string[] {
    // A secret without a value has nothing to win with.
    if (!filled.some(hasValue)) return stages.filter((stage) => !holderOf(filled, stage))
    return id === current && isMarkable ? [label] : []
  }
}

/** The requests of the one that steps down become this Region's, under numbers of its own; and it shall be a copy itself, from the very head that was taken in. */
function succeeded(
  rest: Replication,
  { own, from, now }: { readonly own: SecretHead; readonly from: SecretHead; readonly now: number },
): Replication {
  const here = own.key.region
  const there = from.key.region
  const { replicas = [], leaving = [] } = from.replication ?? {}
  let last = nextRequest(own, now) - 1
  const handedOver = <T extends LeavingRegion>(each: T): T => ({
    ...each,
    at: ++last,
    // The newest of each Region stands for the older ones.
    takenOverFrom: [
      { region: there, stamp: stampOf(from) },
      ...(each.takenOverFrom ?? []).filter(({ region }) => region !== there),
    ],
  })
  const isElsewhere = ({ region }: LeavingRegion): boolean => region !== here && region !== there
  const theirs = [...replicas, ...leaving].map(({ region }) => region)
  // A copy there may be of the one that steps down.
  const kept = (rest.replicas ?? [])
    .filter(isElsewhere)
    .map((each) => (theirs.includes(each.region) ? handedOver(each) : each))
  const isKept = ({ region }: LeavingRegion): boolean => kept.some((each) => each.region === region)
  const inherited = replicas
    .filter((each) => isElsewhere(each) && !isKept(each))
    .map(({ absorbed: _absorbed, ...each }): ReplicaRequest => ({ ...handedOver(each), force: false, inherited: true }))
  const known = [...kept, ...inherited].map(({ region }) => region)
  const ownLeaving = (rest.leaving ?? [])
    .filter((each) => isElsewhere(each) && !known.includes(each.region))
    .map((each) => (theirs.includes(each.region) ? handedOver(each) : each))
  const gone = [...known, ...ownLeaving.map(({ region }) => region)]
  const inheritedLeaving = leaving.filter((each) => isElsewhere(each) && !gone.includes(each.region)).map(handedOver)
  const first: ReplicaRequest = { region: there, at: ++last, force: false, absorbed: stampOf(from) }
  const { leaving: _leaving, yielding: _yielding, ...others } = rest
  const allLeaving = [...ownLeaving, ...inheritedLeaving]
  return {
    ...others,
    replicas: byRegion([...kept, ...inherited, first]),
    ...(allLeaving.length > 0 && { leaving: allLeaving }),
    lastRequest: last,
  }
}
