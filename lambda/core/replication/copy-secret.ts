/**
 * Makes a copy of a primary's secret in this Region, or brings one up to date: everything is prepared first, and then one commit shows it (design section 8).
 * @module
 */
import { customerKeyId } from '../domain/customer-key-id.ts'
import { arnOf } from '../domain/names.ts'
import { stampOf, type Link, type Replication } from '../domain/replication.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import { ownerScope } from '../rotation/owner.ts'
import { testKey, translated } from '../sealing.ts'
import { commitHead } from './commit-head.ts'
import { copiedMetadata, isSameContent } from './content.ts'
import { copiedVersions } from './copied-versions.ts'
import { changePlannedLink, confirmed, spent, type About } from './link-changes.ts'
import { giveBackUnused } from './give-back-unused.ts'
import { isRelatedKey } from './open-elsewhere.ts'
import type { CopyPlan } from './plan.ts'
import type { ReplicationMeans } from './replication-means.ts'
import { VERIFY_EVERY } from './check-again.ts'

export interface Copied {
  readonly head: SecretHead
  /** Whether anything that readers see has changed. */
  readonly isNews: boolean
}

/**
 * @returns undefined when another writer was first
 * @throws what stands in the way: troubles.ts puts it into words
 */
export async function copySecret(
  means: ReplicationMeans,
  plan: CopyPlan,
  { key, link }: { readonly key: SecretHead['key']; readonly link: Link },
): Promise<Copied | undefined> {
  const { source, request, own, mode } = plan
  const scope = ownerScope(key, means.clock.now())
  // What the head that is here has of the secret's own: nothing, where another secret has the name.
  const former = mode === 'update' ? own : undefined
  const keyed = await keyOfCopy(means, plan, { key, former, link })
  const unfilled: SecretHead = {
    key,
    suffix: source.suffix,
    revision: former?.revision ?? 0,
    state: 'active',
    ...copiedMetadata(source),
    ...keyed.members,
    versions: [],
    replication: replicationOfCopy(means, plan, { former, borrowsKey: keyed.borrowsKey, link }),
  }
  try {
    const present = former && !keyed.isChanged ? keptVersions(plan, former) : []
    const versions = await copiedVersions(means, { source, copy: unfilled, present, scope })
    const about = { from: source.key.region, suffix: source.suffix, request: request.at }
    // The force is spent before it is used: what comes after a crash between the two must not be overwritten again.
    const planned = mode === 'replace' ? await spendForce(means, { key, link, about, own }) : link
    const head =
      planned &&
      (await commitHead(means, {
        previous: former,
        change: { ...unfilled, versions },
        // Never one that was there before, also where the link was read before the last one was written down.
        firstRevision: Math.max(planned.lastRevision ?? 0, own?.revision ?? 0, unfilled.replication?.born ?? 0) + 1,
        ...(mode === 'replace' && own && { replaces: own }),
      }))
    if (!head) {
      if (planned && planned !== link) await takeForceBack(means, { key, planned, before: link })
      await giveBackUnused(means, { key, keyArn: keyed.madeKey })
      return undefined
    }
    const state = { head, stamp: stampOf(source), checkAt: means.clock.now() + VERIFY_EVERY }
    // Somebody else may have written the link, or removed the copy again: the next plan sees to it.
    await changePlannedLink(means, key, { planned, change: (each) => confirmed(each, about, state) })
    await retireFormer(means, plan, head)
    // Whoever purged the former copy may have retired it after it was taken back.
    if (keyed.isRevived && head.serviceKeyArn !== undefined) await means.keys.reviveServiceKey(head.serviceKeyArn)
    return { head, isNews: !former || !isSameContent(former, head) }
  } catch (error) {
    await giveBackUnused(means, { key, keyArn: keyed.madeKey })
    throw error
  }
}

/** The copy is up to date as it is: a newer head of the primary has nothing that concerns it. @returns undefined when another writer was first */
export async function confirmCopy(
  means: ReplicationMeans,
  { source, own, request }: Pick<CopyPlan, 'source' | 'request'> & { readonly own: SecretHead },
  link: Link,
): Promise<Link | undefined> {
  const about = { from: source.key.region, suffix: source.suffix, request: request.at }
  const state = { head: own, stamp: stampOf(source), checkAt: means.clock.now() + VERIFY_EVERY }
  return changePlannedLink(means, own.key, { planned: link, change: (each) => confirmed(each, about, state) })
}

interface Spending {
  readonly key: SecretHead['key']
  readonly link: Link
  readonly about: About
  readonly own: SecretHead | undefined
}

const spendForce = (means: ReplicationMeans, { key, link, about, own }: Spending): Promise<Link | undefined> =>
  changePlannedLink(means, key, { planned: link, change: (each) => spent(each, about, own) })

/** The attempt has come to nothing: it may be made again, unless somebody has written the link since. */
async function takeForceBack(
  means: ReplicationMeans,
  { key, planned, before }: { readonly key: SecretHead['key']; readonly planned: Link; readonly before: Link },
): Promise<void> {
  const change = (each: Link): Link => ({ ...each, answers: before.answers })
  await changePlannedLink(means, key, { planned, change })
}

/**
 * Versions of the same id have the same value as long as all came from one primary that was never another's copy in between. Of a secret that has stepped down those stay that its new primary could not open: nobody else has
 * them.
 */
function keptVersions({ source }: CopyPlan, { versions, replication }: SecretHead): readonly Version[] {
  const present = replication?.source
  const isSameLine = present?.region === source.key.region && present.stamp.born === stampOf(source).born
  return isSameLine ? versions : versions.filter((version) => isValueless(source, version))
}

const isValueless = ({ versions }: SecretHead, { id, createdAt }: Version): boolean =>
  versions.some(
    (each) => each.id === id && each.createdAt === createdAt && each.stages.length === 0 && each.value.kind === 'none',
  )

interface KeyOfCopy {
  readonly members: Pick<SecretHead, 'kmsKeyId' | 'serviceKeyArn'>
  /** Another than the versions that are here are sealed under. */
  readonly isChanged: boolean
  readonly borrowsKey: boolean
  /** It is that of a copy that was removed. */
  readonly isRevived?: boolean
  /** This attempt's alone. */
  readonly madeKey?: string
}

/** SM-REPLICA-04: a copy has a key of its own Region. @throws {ServiceError} */
async function keyOfCopy(
  means: ReplicationMeans,
  { source, request, isNew }: CopyPlan,
  {
    key,
    former,
    link,
  }: { readonly key: SecretHead['key']; readonly former: SecretHead | undefined; readonly link: Link },
): Promise<KeyOfCopy> {
  const arn = arnOf({ key, suffix: source.suffix })
  const scope = ownerScope(key, means.clock.now())
  // Who asks again and names no key means no other key: a copy under a customer's key must not leave it unnoticed.
  const namesKey = request.kmsKeyId !== undefined || request.serviceKey === true
  const isAsked = isNew && namesKey && !request.inherited && request.absorbed === undefined
  const wanted = isAsked || !former ? customerKeyId(request.kmsKeyId, key) : former.kmsKeyId
  const isChanged = wanted !== former?.kmsKeyId
  if (wanted !== undefined && isChanged) await testKey(means, { arn, keyId: wanted, scope })
  const hasBorrowed = former?.replication?.borrowsKey ?? false
  const kept = former?.serviceKeyArn
  if (wanted !== undefined || kept !== undefined)
    return {
      members: {
        ...(wanted !== undefined && { kmsKeyId: wanted }),
        ...(kept !== undefined && { serviceKeyArn: kept }),
      },
      isChanged,
      borrowsKey: hasBorrowed,
    }
  const revived = await revivedKey(means, link, source.suffix)
  const serviceKeyArn =
    revived ??
    (await translated('encrypt', () =>
      means.keys.replicaKey({ sourceKeyArn: source.serviceKeyArn, secretArn: arn, scope }),
    ))
  const borrowsKey = source.serviceKeyArn !== undefined && isRelatedKey(serviceKeyArn, source.serviceKeyArn)
  return {
    members: { serviceKeyArn },
    isChanged,
    borrowsKey,
    isRevived: revived !== undefined,
    // There is one replica of a key in a Region: whoever else makes this copy at the same time has the same. If nothing comes of it the sweeper finds it.
    ...(revived === undefined && !borrowsKey && { madeKey: serviceKeyArn }),
  }
}

/** The key of a copy that was removed a short while ago, taken back from its deletion. */
async function revivedKey(
  { keys }: ReplicationMeans,
  { keptKey: kept }: Link,
  suffix: string,
): Promise<string | undefined> {
  if (kept?.suffix !== suffix) return undefined
  return (await translated('encrypt', () => keys.reviveServiceKey(kept.keyArn))) ? kept.keyArn : undefined
}

function replicationOfCopy(
  { clock }: ReplicationMeans,
  { source, request, own }: CopyPlan,
  { former, borrowsKey, link }: { former: SecretHead | undefined; borrowsKey: boolean; link: Link },
): Replication {
  const from = source.key.region
  const acted = { ...former?.replication?.acted, ...actedIn(own) }
  const lastRequest = former?.replication?.lastRequest
  return {
    born: former ? stampOf(former).born : Math.max(clock.now(), link.born + 1),
    source: { region: from, stamp: stampOf(source) },
    acted: { ...acted, [from]: Math.max(request.at, acted[from] ?? 0) },
    ...(lastRequest !== undefined && { lastRequest }),
    ...(borrowsKey && { borrowsKey: true }),
  }
}

/** Also of the secret whose place is taken: its requests stay spent. */
const actedIn = (own: SecretHead | undefined): Readonly<Record<string, number>> => own?.replication?.acted ?? {}

/** The key of the secret that was overwritten dies with it. Best effort: the sweeper finds a key that is left over. */
async function retireFormer(means: ReplicationMeans, { mode, own }: CopyPlan, head: SecretHead): Promise<void> {
  if (mode !== 'replace' || own?.serviceKeyArn === undefined || own.serviceKeyArn === head.serviceKeyArn) return
  await means.keys.retireServiceKey(own.serviceKeyArn).catch(means.noteFault)
}
