/**
 * `coffer replication reprimary`: another Region becomes the primary, and the one that was becomes its replica. Both are asked: the one that shall take over for who steps down, and that one to do so.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigProblem } from '../config.ts'
import { parseDuration } from '../duration.ts'
import { callOwn, Refusal, type CofferPlace, type PlaceFlags } from './coffer-call.ts'
import { steppingDown, type ShownReplication } from './replication-answers.ts'
import { showReplication } from './replication.ts'
import { textOf } from './rotation-timeline.ts'
import { CallProblem, Unanswered } from './signed-call.ts'

export interface ReprimaryFlags extends Pick<PlaceFlags, 'url'> {
  readonly to?: string
  readonly from?: string
  readonly winner?: string
  /** false: --no-wait. */
  readonly wait?: boolean
  readonly timeout?: string
  readonly json?: boolean
}

export interface ReprimaryMeans {
  readonly print: (text: string) => void
  /** How long to go on asking a Coffer that gives no answer: it may be starting again. */
  readonly patienceMs?: number
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
const PATIENCE_MS = 60_000

/** @returns whether it has come to its end, as far as it was waited for @throws {ConfigProblem} {CallProblem} */
export async function reprimary(
  place: CofferPlace,
  secret: string,
  { flags, print, patienceMs = PATIENCE_MS }: ReprimaryMeans & { readonly flags: ReprimaryFlags },
): Promise<boolean> {
  const { to, winner, wait = true, json = false } = flags
  if (to === undefined) throw new ConfigProblem('--to must name the Region that shall be the primary')
  if (flags.from === to)
    throw new ConfigProblem(`--from and --to are both ${to}: name the Region that steps down, or leave --from out`)
  const waitMs = timeoutOf(flags)
  const before = await showReplication(place, { secret: arnIn(secret, to), region: to }).catch((error: unknown) => {
    throw withAdvice(error, { secret, from: to, to })
  })
  const from = whoStepsDown(before, flags)
  const say = json ? () => undefined : (lines: readonly string[]): void => print(textOf(lines))
  if (from === undefined) {
    if (json) print(`${JSON.stringify(before, undefined, 2)}\n`)
    else say([`${to} is the primary already, as far as it has heard.`])
    return true
  }
  const body = { secret: arnIn(secret, from), region: from, to, ...winnerOf({ winner, from, to }) }
  const there = { flags: { ...place.flags, region: from }, environment: place.environment }
  const down = await callOwn(there, '/_coffer/replication/reprimary', { body, schema: steppingDown }).catch(
    (error: unknown) => {
      throw withAdvice(error, { secret, from, to })
    },
  )
  say([
    `${from} steps down for ${to}: it takes no writes any more, and can be read all the time.`,
    ...(down.isDiverged
      ? [`Both have changed since they went apart: ${down.winner === 'this' ? from : to} wins.`]
      : []),
    ...(winner !== undefined && !down.isDiverged
      ? ['They have not both changed since, so nobody wins: what was changed stays.']
      : []),
  ])
  if (!wait) {
    if (json) print(`${JSON.stringify(down, undefined, 2)}\n`)
    return true
  }
  const followed = { secret: arnIn(secret, to), from, to }
  const { shown, isDone } = await follow(place, followed, { say, waitMs, patienceMs })
  if (json) print(`${JSON.stringify(shown, undefined, 2)}\n`)
  return isDone
}

/** An ARN names a Region: the same secret in another one. */
const arnIn = (secret: string, region: string): string =>
  secret.replace(/^(arn:[^:]*:secretsmanager:)[^:]*(?=:)/, `$1${region}`)

/** @returns undefined: nobody has to, it is done @throws {CallProblem} */
function whoStepsDown(there: ShownReplication, { from: asked }: ReprimaryFlags): string | undefined {
  const { region: to, role, primaryRegion, others } = there
  if (role === 'replica') return primaryRegion
  if (asked !== undefined) return asked
  const handing = others.filter(({ handingOverTo }) => handingOverTo === to)
  const apart = handing.length > 0 ? handing : others.filter((other) => other.role !== 'replica')
  const [first, ...more] = apart
  if (more.length > 0)
    throw new CallProblem(
      `There are several secrets that could step down for ${to}: name one of their Regions with --from (${apart.map(({ region }) => region).join(', ')})`,
    )
  if (first) return first.region
  if (role === 'primary') return undefined
  throw new CallProblem(
    `From ${to} no other primary of ${there.name} can be seen: there is nobody to step down. If there is one, name its Region with --from.`,
  )
}

function winnerOf({ winner, from, to }: { winner: string | undefined; from: string; to: string }): object {
  if (winner === undefined) return {}
  if (winner !== from && winner !== to)
    throw new ConfigProblem(`--winner is ${JSON.stringify(winner)}, expected ${from} or ${to}`)
  return { winner: winner === from ? 'this' : 'other' }
}

interface Followed {
  readonly secret: string
  readonly from: string
  readonly to: string
}

/** What the API leaves to whoever asks. */
function withAdvice(error: unknown, { secret, from, to }: Followed): unknown {
  if (error instanceof Refusal && error.code === 'ResourceNotFoundException')
    return new CallProblem(`${error.message} It was looked for in ${from}.`, { cause: error })
  if (!(error instanceof Refusal) || !error.message.includes('Say which one wins')) return error
  const advice = [
    error.message,
    `  to keep what ${to} has: coffer replication reprimary ${secret} --to ${to} --winner ${to}`,
    `  to keep what ${from} has: coffer replication reprimary ${secret} --to ${to} --winner ${from}`,
  ]
  return new CallProblem(advice.join('\n'), { cause: error })
}

interface FollowMeans {
  readonly say: (lines: readonly string[]) => void
  readonly waitMs: number
  readonly patienceMs: number
}

/** Until the one is the primary and the other its replica, in sync; a replica that has failed is the end, too: it is tried again without anybody waiting. */
async function follow(
  place: CofferPlace,
  { secret, from, to }: Followed,
  { say, waitMs, patienceMs }: FollowMeans,
): Promise<{ readonly shown: ShownReplication; readonly isDone: boolean }> {
  const end = performance.now() + waitMs
  let answeredAt = performance.now()
  let hasTakenOver = false
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const shown = await statusOrTrouble(place, { secret, region: to })
    if (shown instanceof CallProblem) {
      if (performance.now() - answeredAt > patienceMs || performance.now() > end) throw shown
      await sleep(pauseMs)
      continue
    }
    answeredAt = performance.now()
    const replica = shown.role === 'primary' ? shown.replicas.find(({ region }) => region === from) : undefined
    const isInSync = replica?.status === 'InSync' && (await hasSteppedDown(place, { secret, from, to }))
    if (replica && !hasTakenOver && (isInSync || replica.status !== 'InSync')) {
      hasTakenOver = true
      say([`${to} has taken over: it is the primary.`])
    }
    if (isInSync) {
      say([`${from} is its replica, and in sync.`])
      return { shown, isDone: true }
    }
    if (replica?.status === 'Failed') {
      say([`${from} could not become its replica yet. ${replica.message ?? ''}`.trimEnd()])
      return { shown, isDone: false }
    }
    if (performance.now() > end) throw notYet({ secret, from, to }, hasTakenOver)
    await sleep(pauseMs)
  }
}

/** What `to` knows of itself may be older than what was asked for: only the one that steps down can say that it has. */
async function hasSteppedDown(place: CofferPlace, { secret, from, to }: Followed): Promise<boolean> {
  const there = await statusOrTrouble(place, { secret: arnIn(secret, from), region: from })
  return !(there instanceof CallProblem) && there.role === 'replica' && there.primaryRegion === to
}

/** @returns a problem that may pass @throws {ConfigProblem} {CallProblem} others */
async function statusOrTrouble(
  place: CofferPlace,
  asked: { readonly secret: string; readonly region: string },
): Promise<ShownReplication | CallProblem> {
  try {
    return await showReplication(place, asked)
  } catch (error) {
    if (error instanceof Unanswered || (error instanceof Refusal && error.code === 'InternalServiceError')) return error
    throw error
  }
}

const notYet = ({ secret, from, to }: Followed, hasTakenOver: boolean): CallProblem =>
  new CallProblem(
    hasTakenOver
      ? `${from} is not in sync yet. See how it goes on with: coffer replication status ${secret} --region ${to}`
      : `${to} has not taken over yet: it goes on by itself. See how with: coffer replication status ${secret} --region ${to}\nTo take it back, call StopReplicationToReplica in ${from}.`,
  )

/** @throws {ConfigProblem} */
function timeoutOf({ timeout = '10m' }: ReprimaryFlags): number {
  const waitMs = parseDuration(timeout)
  if (waitMs !== undefined) return waitMs
  throw new ConfigProblem(`--timeout is ${JSON.stringify(timeout)}, expected a duration such as 90s or 10m`)
}
