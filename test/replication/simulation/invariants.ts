/**
 * What must hold, asked of the whole world at a moment: after every write, or at the end, when everything has healed and come to rest. What has to do with the way from one head to the next is in ledger.ts.
 * @module
 */
import { arnOf } from '../../../lambda/core/domain/names.ts'
import { isReplica, isYielding, type Answer, type ReplicaRequest } from '../../../lambda/core/domain/replication.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { answerToRequest, standing } from '../../../lambda/core/replication/status.ts'
import type { Ledger, Report } from './ledger.ts'
import type { KeyWorld, SimulatedKey } from './simulated-keys.ts'
import type { SimulatedTable } from './simulated-table.ts'
import { describedContent, type Contents } from './stored-content.ts'

export interface WholeWorld {
  readonly table: SimulatedTable
  readonly keys: KeyWorld
  readonly contents: Contents
  readonly ledger: Ledger
  readonly report: Report
  /** A secret can't be read with its key, which is about to be deleted: somebody has to take it back before long. */
  readonly suspect: (head: SecretHead, keyArn: string) => void
}

/** L1, L10: a label is on one version, and where there is a value there is an AWSCURRENT. */
export function checkLabels({ report }: WholeWorld, head: SecretHead): void {
  const labels = head.versions.flatMap(({ stages }) => stages)
  if (new Set(labels).size < labels.length)
    report('labels', `${arnOf(head)}: a label is on two versions (${labels.join()})`)
  if (labels.length > 20) report('labels', `${arnOf(head)} has ${labels.length} labels`)
  const hasValue = head.versions.some(({ value }) => value.kind !== 'none')
  if (hasValue && !labels.includes('AWSCURRENT')) report('labels', `${arnOf(head)} has values and no AWSCURRENT`)
  const ids = head.versions.map(({ id }) => id)
  if (new Set(ids).size < ids.length) report('labels', `${arnOf(head)}: a version id stands for two versions`)
}

/** Every value that a head names is there, opens, and is sealed under a key of that Region which can be used. */
export function checkReadable({ contents, keys, report, suspect }: WholeWorld, head: SecretHead): void {
  if (head.state === 'purging') return
  for (const version of head.versions) {
    if (version.value.kind === 'none') continue
    const what = `${arnOf(head)}, version ${version.id}`
    if (contents.valueOf(head, version) === undefined) {
      report('readable', `${what}: the value is missing or does not open`)
      continue
    }
    const arn = contents.keyOf(head, version) ?? ''
    const key = keys.find(arn)
    if (!key) report('readable', `${what}: its key ${arn} is gone`)
    else if (key.state === 'pending' || key.state === 'awaiting-replicas') suspect(head, arn)
    else if (key.region !== head.key.region) report('readable', `${what}: its key is in ${key.region}`)
    else if (!(version.keyArns ?? [head.serviceKeyArn]).includes(arn))
      report('readable', `${what}: sealed under ${arn}, which the head does not name`)
  }
}

/** A key that a living secret needs is scheduled for deletion. */
export function checkRetirement({ table, suspect }: WholeWorld, { arn, region }: SimulatedKey): void {
  for (const head of table.own(region).heads.values())
    if (head.serviceKeyArn === arn && head.state !== 'purging') suspect(head, arn)
}

/** Some time after {@link WholeWorld.suspect}. */
export function checkRevived(
  { table, keys, contents, report }: WholeWorld,
  { key, suffix }: SecretHead,
  keyArn: string,
): void {
  const head = table.head(key.region, key.name)
  if (head?.suffix !== suffix || head.state === 'purging') return
  const isNeeded = head.versions.some((version) => contents.keyOf(head, version) === keyArn)
  const state = keys.find(keyArn)?.state ?? 'gone'
  if (isNeeded && state !== 'enabled') report('readable', `${arnOf(head)} can't be read: its key ${keyArn} is ${state}`)
}

/** What a primary shows, from what it has seen so far, against what really is at this moment. */
export function checkStatus(world: WholeWorld, region: string, name: string): void {
  const primary = world.table.head(region, name)
  if (!primary || isReplica(primary)) return
  for (const request of primary.replication?.replicas ?? []) {
    const told = toldOf(world, primary, request)
    if (told && standing(primary, told).status === 'InSync') checkInSync(world, primary, request.region)
  }
}

function checkInSync({ table, contents, ledger, report }: WholeWorld, primary: SecretHead, region: string): void {
  const copy = table.head(region, primary.key.name)
  const where = `${arnOf(primary)} shows ${region} in sync`
  // Overwritten or promoted there, and perhaps removed since: it is no copy of this secret any more, which the primary can't know at once.
  if (ledger.hasStrayed(primary, region)) return
  if (copy === undefined) {
    // Of one that has stepped down: its successor may have dismissed that Region already.
    if (!isYielding(primary)) report('true-status', `${where}, where there is nothing`)
    return
  }
  if (copy.suffix !== primary.suffix || copy.replication?.source?.region !== primary.key.region) return
  const difference = contents.difference(copy, primary)
  if (difference !== undefined) report('true-status', `${where}: ${difference}`)
}

/** What DescribeSecret has answered, at this very moment. */
export function checkDescribed(world: WholeWorld, head: SecretHead, described: Described): void {
  const { PrimaryRegion, ReplicationStatus = [] } = described
  const { source, replicas = [] } = head.replication ?? {}
  const primary = source?.region ?? (replicas.length > 0 ? head.key.region : undefined)
  if (PrimaryRegion !== primary)
    world.report(
      'true-status',
      `${arnOf(head)} shows ${PrimaryRegion ?? 'none'} as its primary Region, which is ${primary ?? 'none'}`,
    )
  const shown = ReplicationStatus.map(({ Region }) => Region)
  if (shown.join() !== replicas.map(({ region }) => region).join())
    world.report('true-status', `${arnOf(head)} shows replicas in ${shown.join()}`)
  for (const { Region = '', Status } of ReplicationStatus) if (Status === 'InSync') checkInSync(world, head, Region)
}

export interface Described {
  readonly PrimaryRegion?: string
  readonly ReplicationStatus?: readonly { readonly Region?: string; readonly Status?: string }[]
}

const toldOf = ({ table }: WholeWorld, primary: SecretHead, request: ReplicaRequest): Answer | undefined =>
  answerToRequest(primary, request, table.seen(primary.key.region, request.region).links.get(primary.key.name)?.item)

// At the end

/** Everything that was written is where it was written, or in the Region that has taken that one's part. */
export function checkNothingLost({ table, ledger, report }: WholeWorld, names: readonly string[]): void {
  for (const [place, values] of ledger.owed()) {
    const [suffix = '', region = ''] = place.split('|')
    const head = names.map((name) => table.head(region, name)).find((each) => each?.suffix === suffix)
    if (head) ledger.checkOwed(place, head)
    else if (values.size > 0)
      report('nothing-lost', `the secret ${suffix} in ${region} is gone with ${values.size} versions`)
  }
}

/** Copies are like their primaries, and the primaries say so; what has failed has a reason that is true. */
export function checkConvergence(world: WholeWorld, name: string): void {
  const { table, contents, report } = world
  for (const region of table.regions) {
    const head = table.head(region, name)
    if (!head) continue
    if (head.state === 'purging') report('convergence', `${arnOf(head)} is still being purged`)
    if (isReplica(head)) checkHasPrimary(world, head)
    if (head.replication?.yielding) checkYielding(world, head, head.replication.yielding.to)
    if (isReplica(head) || isYielding(head)) continue
    if ((head.replication?.leaving ?? []).length > 0)
      report(
        'convergence',
        `${arnOf(head)} still waits for ${head.replication?.leaving?.map((each) => each.region).join()} to remove its copy`,
      )
    if (head.replication?.borrowsKey && head.state === 'active')
      report('convergence', `${arnOf(head)} still borrows the key of another Region`)
    for (const request of head.replication?.replicas ?? []) {
      const told = toldOf(world, head, request)
      const status = told ? standing(head, told).status : 'InProgress'
      const what = `${arnOf(head)} -> ${request.region}`
      const copy = table.head(request.region, name)
      const isCopy = copy?.suffix === head.suffix && copy.replication?.source?.region === region
      if (status === 'InProgress') report('convergence', `${what} is still in progress: ${JSON.stringify(told)}`)
      if (told && status === 'Failed') checkReason(world, { head, request, copy, told })
      if (status !== 'InSync') continue
      if (!isCopy) report('convergence', `${what} is in sync and there is no copy`)
      else {
        const difference = contents.difference(copy, head)
        if (difference !== undefined) report('convergence', `${what}: ${difference}`)
      }
    }
  }
}

/** It waits for good only where there is nobody who could take its part: then whoever has asked for it has to take it back. */
function checkYielding({ table, report }: WholeWorld, head: SecretHead, to: string): void {
  const successor = table.head(to, head.key.name)
  const busyWith = successor?.replication?.yielding?.to ?? successor?.replication?.source?.region
  const isAble =
    successor?.suffix === head.suffix &&
    successor.state === 'active' &&
    (busyWith === undefined || busyWith === head.key.region)
  if (isAble) report('convergence', `${arnOf(head)} still waits for ${to} to take its part`)
}

/** Some primary of that secret wants it, be it the successor of the one that it is a copy of, which has not come to it. */
function checkHasPrimary({ table, report }: WholeWorld, copy: SecretHead): void {
  const { key, suffix } = copy
  const isWanted = table.regions.some((region) => {
    const head = table.head(region, key.name)
    return head?.suffix === suffix && head.replication?.replicas?.some((each) => each.region === key.region)
  })
  if (!isWanted)
    report(
      'convergence',
      `${arnOf(copy)} is a copy of ${copy.replication?.source?.region ?? ''}, and nobody wants one there`,
    )
}

interface FailedRequest {
  readonly head: SecretHead
  readonly request: ReplicaRequest
  readonly copy: SecretHead | undefined
  readonly told: Answer
}

function checkReason(
  { table, keys, contents, report }: WholeWorld,
  { head, request, copy, told }: FailedRequest,
): void {
  const { kmsKeyId, region, at } = request
  const { message = '' } = told
  // Another's force may have overwritten what this one's has put there.
  const force = request.force && told.acted < at
  const what = `${arnOf(head)} -> ${region} has failed ("${message}")`
  if (message.includes('already exists')) {
    const isTaken =
      copy !== undefined && (copy.suffix !== head.suffix || copy.replication?.source?.region !== head.key.region)
    if (!isTaken) {
      report('convergence', `${what}, and the name is free`)
      return
    }
    const { replicas = [], leaving = [] } = copy.replication ?? {}
    if (force && replicas.length + leaving.length === 0)
      report('convergence', `${what}, and the request has force that is not spent`)
    return undefined
  }
  if (message.includes('was overwritten')) {
    if (copy === undefined || (copy.suffix === head.suffix && copy.replication?.source?.region === head.key.region))
      report('convergence', `${what}, and nobody has`)
    return undefined
  }
  if (/KMS key|can't be opened/.test(message)) {
    const own = copy?.suffix === head.suffix ? copy.kmsKeyId : kmsKeyId
    const names = [own, kmsKeyId, ...head.versions.map((version) => contents.keyOf(head, version))]
    const isBad = names.some((each) => each !== undefined && keys.find(each)?.state !== 'enabled')
    const isElsewhere = kmsKeyId !== undefined && keys.find(kmsKeyId)?.region !== region
    if (!isBad && !isElsewhere) report('convergence', `${what}, and all keys are well`)
    return undefined
  }
  report('convergence', `${what}: not a reason for a failure at rest in ${table.regions.join()}`)
}

/** Some time after a copy was removed: its key was given up, unless the copy came back first. An attempt for a later request may have it back since, and leave it to the daily sweep. */
export function checkKeyWasRetired({ table, keys, report }: WholeWorld, copy: SecretHead, removedAt: number): void {
  const { serviceKeyArn = '' } = copy
  if (table.head(copy.key.region, copy.key.name)?.suffix === copy.suffix) return
  const key = keys.find(serviceKeyArn)
  if (key?.owner === 'dedicated' && key.retiredAt < removedAt)
    report('need-to-know', `the copy ${arnOf(copy)} was removed, and its key ${serviceKeyArn} was not`)
}

/** Where a Region was not asked to have a secret, or not any more, it has no key for it. */
export function checkKeys({ table, keys, report }: WholeWorld, hoarders: ReadonlySet<string>): void {
  for (const arn of [...keys.keys.keys()]) {
    const key = keys.find(arn)
    if (key?.owner !== 'dedicated' || key.state !== 'enabled' || hoarders.has(key.region)) continue
    const tail = key.secretArn.split(':secret:')[1] ?? ''
    const head = table.head(key.region, tail.slice(0, -7))
    if (head?.suffix !== tail.slice(-6))
      report('need-to-know', `${key.region} has a key for ${key.secretArn}, of which it has nothing`)
  }
}

/** One line for each Region, for the trace. */
export const summaryOf = (head: SecretHead | undefined): string =>
  head === undefined
    ? 'nothing'
    : [
        `${head.suffix} r${head.revision} ${head.state}`,
        head.replication?.source &&
          `copy of ${head.replication.source.region} at ${head.replication.source.stamp.revision}`,
        head.replication?.yielding && `yields to ${head.replication.yielding.to}`,
        head.replication?.promotion && `promoted from ${head.replication.promotion.from}`,
        head.replication?.replicas &&
          `wants ${head.replication.replicas.map((each) => each.region + (each.force ? '!' : '')).join('+')}`,
        head.replication?.leaving && `dismisses ${head.replication.leaving.map((each) => each.region).join('+')}`,
        describedContent(head).replaceAll('"', ''),
      ]
        .filter(Boolean)
        .join(', ')
