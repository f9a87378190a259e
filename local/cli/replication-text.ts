/**
 * The replication of a secret as text for people. Pure.
 * @module
 */
import type {
  NetworkAnswer,
  PreflightAnswer,
  ShownOther,
  ShownReplica,
  ShownReplication,
} from './replication-answers.ts'
import { moment, textOf } from './rotation-timeline.ts'
import { tableLines } from './table.ts'

/** @param given the secret as it was asked for, for commands to paste */
export function statusText(shown: ShownReplication, given: string): string {
  const { replicas, leaving, others } = shown
  const strangers = others.filter(({ region }) => !replicas.some((each) => each.region === region))
  return textOf([
    `${shown.name}  ${shown.secret}`,
    ...indented([`${shown.region} is ${roleText(shown)}`, ...situation(shown)]),
    ...(replicas.length > 0 ? ['', ...replicaLines(replicas)] : []),
    ...(leaving.length > 0 ? ['', `Removed, and not confirmed yet: ${leaving.join(', ')}`] : []),
    ...(strangers.length > 0 ? ['', 'As it has been heard of here:', ...indented(strangers.map(otherText))] : []),
    ...advice(shown, given),
  ])
}

/** Whether all copies are in sync and nothing is left to be done about them. */
export function isAllWell({ role, replicas, leaving, handingOverTo, told, others }: ShownReplication): boolean {
  const isTroubled = role === 'replica' && told !== undefined && told.status !== 'InSync'
  return (
    replicas.every(({ status }) => status === 'InSync') &&
    leaving.length === 0 &&
    handingOverTo === undefined &&
    !isTroubled &&
    !others.some(({ diverged }) => diverged !== undefined)
  )
}

function roleText({ role, primaryRegion, replicas }: ShownReplication): string {
  if (role === 'replica') return `a replica of the secret in ${primaryRegion ?? '?'}`
  if (role === 'standalone') return 'by itself: it has no replicas'
  return `the primary, with ${replicas.length === 1 ? 'one replica' : `${replicas.length} replicas`}`
}

function situation({
  handingOverTo,
  promoted,
  isRekeyed,
  trouble,
  told,
  role,
  others,
}: ShownReplication): readonly string[] {
  return [
    ...(handingOverTo === undefined
      ? []
      : [`it is handed over to ${handingOverTo}, and takes no writes until that is done`]),
    ...(promoted ? [sincePromotion(promoted, others)] : []),
    ...(isRekeyed === false ? ['it is still under a key that belongs to the former primary'] : []),
    ...(trouble
      ? [
          `in ${trouble.region} this has failed, and is tried again at ${moment(trouble.retryAt)}:`,
          `  ${trouble.message}`,
        ]
      : []),
    ...(told && role === 'replica' ? [`it has told ${told.region}: ${told.status}`] : []),
    ...(told?.message !== undefined && role === 'replica' ? [`  ${told.message}`] : []),
    ...(told?.retryAt !== undefined && role === 'replica' ? [`  tried again at ${moment(told.retryAt)}`] : []),
  ]
}

function sincePromotion(
  { from, at }: NonNullable<ShownReplication['promoted']>,
  others: readonly ShownOther[],
): string {
  const isReunited = others.some(({ region, role }) => region === from && role === 'replica')
  return isReunited ? `since ${moment(at)}; before, ${from} was the primary` : `apart from ${from} since ${moment(at)}`
}

function replicaLines(replicas: readonly ShownReplica[]): readonly string[] {
  const [head = '', ...rows] = tableLines([
    ['REGION', 'STATUS', 'KEY', 'REQUESTED'],
    ...replicas.map(({ region, status, kmsKeyId = "the service's own", requestedAt }) => [
      region,
      status,
      kmsKeyId,
      moment(requestedAt),
    ]),
  ])
  return [head, ...replicas.flatMap((replica, index) => [rows[index] ?? '', ...indented(noteLines(replica))])]
}

/** What a replica in sync says is in its status already. */
function noteLines({ status, message, failures, retryAt }: ShownReplica): readonly string[] {
  if (status === 'InSync') return []
  const tried = failures === 1 ? 'failed once' : `failed ${failures} times in a row`
  return [
    ...(message === undefined ? [] : [message]),
    ...(failures === 0 ? [] : [retryAt === undefined ? tried : `${tried}; tried again at ${moment(retryAt)}`]),
  ]
}

function otherText({ region, role, primaryRegion, handingOverTo, changedAt, diverged }: ShownOther): string {
  const what =
    role === 'replica' ? `a replica of ${primaryRegion ?? '?'}` : role === 'primary' ? 'a primary' : 'by itself'
  const hand = handingOverTo === undefined ? '' : `, handing over to ${handingOverTo}`
  return `${region} is ${what}${hand}, changed at ${moment(changedAt)}${diverged ? `; ${divergedText(diverged)}` : ''}`
}

function divergedText({ here, there }: NonNullable<ShownOther['diverged']>): string {
  if (here && there) return 'both have changed since they went apart'
  if (there) return 'it has changed since they went apart, and this one has not'
  return here ? 'this one has changed since they went apart' : 'neither has changed since they went apart'
}

/** How two secrets that went apart become one again. */
function advice({ region, others, handingOverTo }: ShownReplication, given: string): readonly string[] {
  const apart = others.find(({ diverged }) => diverged !== undefined)
  if (!apart?.diverged || handingOverTo !== undefined || apart.handingOverTo !== undefined) return []
  const winner = apart.diverged.here && apart.diverged.there ? ' --winner <region>' : ''
  return [
    '',
    `To make ${region} the primary and ${apart.region} its replica:`,
    `  coffer replication reprimary ${given} --to ${region}${winner}`,
    `or the other way round: --to ${apart.region}`,
  ]
}

export function preflightText({ region, isFine, checks }: PreflightAnswer): string {
  const lines = checks.map(
    (check) => `  ${check.isFine ? 'ok    ' : 'failed'}  ${check.check.padEnd(6)}  ${check.message}`,
  )
  return textOf([
    isFine ? `A replica in ${region} will work, as far as can be told.` : `A replica in ${region} would not work.`,
    ...lines,
    'Whether there is such a secret, and who may replicate it, is for its primary Region to say.',
  ])
}

export function networkText({ lagSeconds, cut, pending }: NetworkAnswer): string {
  const waiting = Object.entries(pending).filter(([, count]) => count > 0)
  return textOf([
    `Lag       ${lagSeconds === 0 ? 'none' : `${lagSeconds} s`}`,
    `Cut off   ${cut.length === 0 ? 'none' : cut.join(', ')}`,
    `On their way${waiting.length === 0 ? ': nothing' : ''}`.trimEnd(),
    ...waiting.map(([region, count]) => `  ${count} to ${region}`),
  ])
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`)
