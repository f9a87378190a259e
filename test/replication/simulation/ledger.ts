/**
 * Watches every write of a head in the whole world, and knows which steps from one head to the next are allowed to whom. What must not be lost is written down here and followed from Region to Region.
 *
 * Written from the rules of replication (behaviour section 9, design section 8), not from the code that keeps them.
 * @module
 */
import { compareStamps, isReplica, isYielding } from '../../../lambda/core/domain/replication.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { arnOf } from '../../../lambda/core/domain/names.ts'
import type { Actor } from './actor.ts'
import { describedContent, type Contents } from './stored-content.ts'
import type { HeadChange, SimulatedTable } from './simulated-table.ts'

/** Which of the promises was broken. */
export type Invariant =
  | 'one-primary'
  | 'force-once'
  | 'nothing-lost'
  | 'convergence'
  | 'true-status'
  | 'need-to-know'
  | 'labels'
  | 'readable'
  | 'copies-are-copies'
  | 'removal'
  | 'no-faults'
  | 'rest'

export type Report = (invariant: Invariant, message: string) => void

interface Means {
  readonly table: SimulatedTable
  readonly contents: Contents
  readonly report: Report
}

export class Ledger {
  readonly #table: SimulatedTable
  readonly #contents: Contents
  readonly #report: Report
  /** Suffix -> promotions that somebody has asked for. */
  readonly #promotions = new Map<string, number>()
  /** `suffix|region` -> version -> value: what was committed there by an operation and is to be found there. */
  readonly #owed = new Map<string, Map<string, string>>()
  /** `suffix|region`: some head of that secret has asked for a copy there. */
  readonly #requested = new Set<string>()
  /** `suffix|region`: some head of that secret has ceased to ask for a copy there. */
  readonly #dismissed = new Set<string>()
  /** `from|suffix|region|number` of requests that were made with force. */
  readonly #forced = new Set<string>()
  /** The same of those for a Region that has stepped down, by a successor that has taken in what was there. */
  readonly #takenIn = new Set<string>()
  readonly #overwrites = new Map<string, number>()
  /** `suffix|from|to`: the one has stepped down for the other. */
  readonly #yields = new Set<string>()
  readonly #born = new Set<string>()
  /** `suffix|primary|region`: what was a copy of that primary was promoted or overwritten, which the primary hears of later. */
  readonly #strayed = new Set<string>()

  constructor({ table, contents, report }: Means) {
    this.#table = table
    this.#contents = contents
    this.#report = report
  }

  headWritten({ region, before, after, actor }: HeadChange): void {
    if (before && after?.suffix === before.suffix) this.#changed(region, before, after, actor)
    else if (before && after) this.#replaced(region, before, after, actor)
    else if (after) this.#appeared(region, after, actor)
    else if (before) this.#gone(region, before)
    if (after) this.#noteRequests(region, before, after)
    const suffix = (after ?? before)?.suffix
    if (suffix !== undefined) this.#countPrimaries(suffix, after ?? before)
  }

  wasRequested(suffix: string, region: string): boolean {
    return this.#requested.has(`${suffix}|${region}`)
  }

  hasStrayed({ key, suffix }: SecretHead, region: string): boolean {
    return this.#strayed.has(`${suffix}|${key.region}|${region}`)
  }

  owed(): Iterable<readonly [place: string, values: ReadonlyMap<string, string>]> {
    return this.#owed
  }

  #appeared(region: string, after: SecretHead, actor: Actor): void {
    if (isReplica(after)) {
      this.#checkCopyMaker(region, after, actor)
      return
    }
    if (actor.name !== 'CreateSecret')
      this.#report('one-primary', `${actor.name} made a secret of its own out of nothing: ${arnOf(after)}`)
    if (this.#born.has(after.suffix)) this.#report('one-primary', `${arnOf(after)} was made a second time`)
    this.#born.add(after.suffix)
    this.#owe(region, undefined, after)
  }

  #gone(region: string, before: SecretHead): void {
    if (before.state !== 'purging') this.#report('removal', `${arnOf(before)} went without having been condemned`)
    this.#owed.delete(`${before.suffix}|${region}`)
  }

  /** Another secret has taken the name. */
  #replaced(region: string, before: SecretHead, after: SecretHead, actor: Actor): void {
    this.#strayed.add(`${before.suffix}|${before.replication?.source?.region ?? ''}|${region}`)
    if (!isReplica(after)) this.#report('force-once', `${arnOf(before)} was replaced by a secret that is no copy`)
    this.#checkCopyMaker(region, after, actor)
    this.#overwritten(region, before, after)
    const { replicas = [], leaving = [] } = before.replication ?? {}
    if (replicas.length + leaving.length > 0)
      this.#report('force-once', `${arnOf(before)} was overwritten and has replicas of its own`)
  }

  #overwritten(region: string, before: SecretHead, after: SecretHead): void {
    const from = after.replication?.source?.region ?? ''
    const request = `${from}|${after.suffix}|${region}|${after.replication?.acted?.[from] ?? 0}`
    if (!this.#forced.has(request))
      this.#report('force-once', `${arnOf(before)} was overwritten for a request without force (${request})`)
    const count = (this.#overwrites.get(request) ?? 0) + 1
    this.#overwrites.set(request, count)
    if (count > 1) this.#report('force-once', `${arnOf(before)} was overwritten by a force that was spent (${request})`)
    this.#owed.delete(`${before.suffix}|${region}`)
  }

  #changed(region: string, before: SecretHead, after: SecretHead, actor: Actor): void {
    this.#checkSpent(before, after)
    if (before.state !== 'purging' && after.state === 'purging') this.#condemned(region, before, actor)
    if (isReplica(before)) {
      if (isReplica(after)) this.#copyChanged(before, after, actor)
      else this.#promoted(region, before, after, actor)
    } else if (isReplica(after)) this.#becameCopy(region, before, after, actor)
    else this.#primaryChanged(region, before, after, actor)
  }

  #condemned(region: string, before: SecretHead, actor: Actor): void {
    const arn = arnOf(before)
    if (!isReplica(before)) {
      const isAsked = actor.name === 'DeleteSecret' || (actor.kind === 'sweeper' && before.state === 'scheduled')
      if (!isAsked) this.#report('removal', `${actor.name} removed ${arn}, which is no copy`)
    } else if (actor.kind === 'operation') this.#report('copies-are-copies', `${actor.name} deleted the copy ${arn}`)
    else if (!this.#dismissed.has(`${before.suffix}|${region}`))
      this.#report('removal', `the copy ${arn} was removed and nobody has asked for it`)
  }

  #copyChanged(before: SecretHead, after: SecretHead, actor: Actor): void {
    if (actor.kind === 'operation') {
      if (actor.name !== 'UpdateSecret' || describedContent(before) !== describedContent(after))
        this.#report('copies-are-copies', `${actor.name} changed the copy ${arnOf(before)}`)
      return
    }
    if (after.state === 'purging') return
    const [from, to] = [before.replication?.source, after.replication?.source]
    if (!from || !to) return
    if (from.region === to.region && compareStamps(to.stamp, from.stamp) < 0)
      this.#report('convergence', `the copy ${arnOf(before)} went back to an older state of its primary`)
    if (from.region !== to.region) {
      this.#strayed.add(`${before.suffix}|${from.region}|${before.key.region}`)
      this.#checkCopyMaker(after.key.region, after, actor)
    }
    // UpdateSecret in that Region has chosen it; only a request that was not acted on before may say otherwise.
    const isAsked = (after.replication?.acted?.[to.region] ?? 0) > (before.replication?.acted?.[to.region] ?? 0)
    if (before.kmsKeyId !== after.kmsKeyId) this.#checkSealedAnew(after)
    if (!isAsked && before.kmsKeyId !== after.kmsKeyId)
      this.#report(
        'copies-are-copies',
        `${actor.name} changed the key of ${arnOf(before)} without having been asked to`,
      )
  }

  /** Another key is there for the values that can be had, and not for later ones alone. */
  #checkSealedAnew(head: SecretHead): void {
    for (const version of head.versions) {
      const keyArn = version.stages.length > 0 ? this.#contents.keyOf(head, version) : undefined
      if (keyArn !== undefined && keyArn !== (head.kmsKeyId ?? head.serviceKeyArn))
        this.#report('copies-are-copies', `${arnOf(head)}: version ${version.id} is still under ${keyArn}`)
    }
  }

  /** A request that was acted on stays acted on. */
  #checkSpent({ replication, ...before }: SecretHead, after: SecretHead): void {
    for (const [from, request] of Object.entries(replication?.acted ?? {}))
      if ((after.replication?.acted?.[from] ?? 0) < request)
        this.#report('force-once', `${arnOf(before)} has forgotten that it acted on request ${request} of ${from}`)
  }

  /** A copy is none any more. */
  #promoted(region: string, before: SecretHead, after: SecretHead, actor: Actor): void {
    const { suffix } = after
    const from = before.replication?.source?.region ?? ''
    this.#strayed.add(`${suffix}|${from}|${region}`)
    if (actor.name === 'StopReplicationToReplica') {
      this.#promotions.set(suffix, (this.#promotions.get(suffix) ?? 0) + 1)
      return
    }
    if (actor.kind === 'operation' || !this.#yields.has(`${suffix}|${from}|${region}`))
      this.#report(
        'one-primary',
        `${actor.name} made a primary of the copy ${arnOf(before)}, for which nobody has stepped down`,
      )
    const primary = this.#table.head(from, before.key.name)
    const lacking = primary?.suffix === suffix && isYielding(primary) && this.#contents.difference(after, primary)
    if (lacking) this.#report('nothing-lost', `${arnOf(after)} took over and has not all of ${from}: ${lacking}`)
  }

  /** A secret of its own has become a copy. */
  #becameCopy(region: string, before: SecretHead, after: SecretHead, actor: Actor): void {
    this.#checkCopyMaker(region, after, actor)
    const to = after.replication?.source?.region ?? ''
    // Force is force, also against one that has stepped down: only a request that says what was taken in keeps it all.
    const isTakenIn =
      before.replication?.yielding?.to === to &&
      this.#takenIn.has(`${to}|${before.suffix}|${region}|${after.replication?.acted?.[to] ?? 0}`)
    if (!isTakenIn) {
      this.#overwritten(region, before, after)
      return
    }
    const place = `${before.suffix}|${region}`
    const moved = this.#owed.get(place) ?? new Map<string, string>()
    this.#owed.delete(place)
    const owedThere = this.#owedIn(`${before.suffix}|${to}`)
    for (const [version, value] of moved) owedThere.set(version, value)
    const successor = this.#table.head(to, before.key.name)
    if (successor?.suffix === before.suffix) this.checkOwed(`${before.suffix}|${to}`, successor)
  }

  #primaryChanged(region: string, before: SecretHead, after: SecretHead, actor: Actor): void {
    const { suffix } = after
    const isSame = describedContent(before) === describedContent(after)
    const yielding = before.replication?.yielding
    const other = yielding && this.#table.head(yielding.to, before.key.name)
    // Two have stepped down for one another: one of them takes the other's part after all.
    const isMutual =
      other?.suffix === suffix && other.replication?.yielding?.to === region && actor.kind === 'replicator'
    if (yielding && !after.replication?.yielding && !isMutual) {
      if (actor.name === 'StopReplicationToReplica')
        this.#promotions.set(suffix, (this.#promotions.get(suffix) ?? 0) + 1)
      else this.#report('one-primary', `${actor.name} let ${arnOf(before)} take writes again, which had stepped down`)
    }
    if (yielding && !isSame && !isMutual)
      this.#report('one-primary', `${actor.name} wrote to ${arnOf(before)}, which had stepped down`)
    if (actor.kind === 'operation') {
      this.#owe(region, before, after)
      return
    }
    if (isSame) return
    const isTakingIn = [...this.#yields].some((each) => each.startsWith(`${suffix}|`) && each.endsWith(`|${region}`))
    if (!isTakingIn) this.#report('copies-are-copies', `${actor.name} changed ${arnOf(before)}, which is no copy`)
  }

  #checkCopyMaker(region: string, { suffix, ...after }: SecretHead, actor: Actor): void {
    this.#strayed.delete(`${suffix}|${after.replication?.source?.region ?? ''}|${region}`)
    if (actor.kind === 'operation')
      this.#report('copies-are-copies', `${actor.name} made a copy of ${suffix} in ${region}`)
    if (!this.#requested.has(`${suffix}|${region}`))
      this.#report(
        'need-to-know',
        `a copy of ${after.key.name}-${suffix} was made in ${region}, and nobody has asked for it`,
      )
  }

  #noteRequests(region: string, before: SecretHead | undefined, after: SecretHead): void {
    const { suffix, replication } = after
    const former = before?.suffix === suffix ? (before.replication?.replicas ?? []) : []
    const present = replication?.replicas ?? []
    for (const { region: to, at, force, absorbed } of present) {
      this.#requested.add(`${suffix}|${to}`)
      if (absorbed) this.#takenIn.add(`${region}|${suffix}|${to}|${at}`)
      if (force) this.#forced.add(`${region}|${suffix}|${to}|${at}`)
    }
    // Requests of one that has become a copy itself are its successor's now.
    for (const { region: to } of isReplica(after) ? [] : former)
      if (!present.some((each) => each.region === to)) this.#dismissed.add(`${suffix}|${to}`)
    if (replication?.yielding) {
      const { to } = replication.yielding
      this.#yields.add(`${suffix}|${region}|${to}`)
      // Whoever steps down becomes a copy of the other.
      this.#requested.add(`${suffix}|${to}`)
      this.#requested.add(`${suffix}|${region}`)
    }
  }

  #owe(region: string, before: SecretHead | undefined, after: SecretHead): void {
    for (const version of after.versions) {
      const former = before?.versions.find(({ id }) => id === version.id)
      if (version.value.kind === 'none' || (former && former.value.kind !== 'none')) continue
      const value = this.#contents.valueOf(after, version)
      if (value !== undefined) this.#owedIn(`${after.suffix}|${region}`).set(version.id, value)
    }
  }

  #owedIn(place: string): Map<string, string> {
    const known = this.#owed.get(place)
    if (known) return known
    const made = new Map<string, string>()
    this.#owed.set(place, made)
    return made
  }

  /** Everything that was written to this secret is there. */
  checkOwed(place: string, head: SecretHead): void {
    for (const [id, value] of this.#owed.get(place) ?? []) {
      const version = head.versions.find((each) => each.id === id)
      const found = version && this.#contents.valueOf(head, version)
      if (found !== value)
        this.#report('nothing-lost', `${arnOf(head)} has lost version ${id}: ${found ?? 'nothing'} instead of ${value}`)
    }
  }

  #countPrimaries(suffix: string, head: SecretHead | undefined): void {
    const name = head?.key.name ?? ''
    const writable = this.#table.regions.filter((region) => {
      const each = this.#table.head(region, name)
      return each?.suffix === suffix && each.state === 'active' && !isReplica(each) && !isYielding(each)
    })
    if (writable.length > 1 + (this.#promotions.get(suffix) ?? 0))
      this.#report('one-primary', `${name}-${suffix} takes writes in ${writable.join(' and ')}`)
  }
}
