/**
 * Following a rotation that was asked for: its steps are printed as they end, until the rotation has, or an attempt has failed.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { callRotation, Refusal, type CofferPlace } from './coffer-call.ts'
import { shownRotation, type ShownAttempt, type ShownRecord, type ShownRotation } from './rotation-answers.ts'
import { attemptErrorLines, moment, stepLines, textOf } from './rotation-timeline.ts'
import { CallProblem, Unanswered } from './signed-call.ts'

export interface Followed {
  readonly secret: string
  readonly versionId: string
  /** Attempts of this run and of earlier ones are old; 0: none is. */
  readonly afterRun: number
}

export interface FollowMeans {
  readonly print: (text: string) => void
  /** How long to follow. */
  readonly waitMs: number
  /** How long to go on asking a Coffer that gives no answer: it may be starting again. */
  readonly patienceMs?: number
}

/** Between looks: most rotations take a second or two. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
const PATIENCE_MS = 60_000

/** @returns whether it succeeded @throws {ConfigProblem} {CallProblem} also when it takes longer than anybody wants to wait */
export async function follow(
  place: CofferPlace,
  { secret, versionId, afterRun }: Followed,
  { print, waitMs, patienceMs = PATIENCE_MS }: FollowMeans,
): Promise<boolean> {
  const end = performance.now() + waitMs
  let answeredAt = performance.now()
  let printed = 0
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const shown = await show(place, secret)
    if (shown instanceof CallProblem) {
      if (performance.now() - answeredAt > patienceMs || performance.now() > end) throw lost(shown, secret)
      await sleep(pauseMs)
      continue
    }
    answeredAt = performance.now()
    const record = shown.rotations.find((each) => each.versionId === versionId)
    const attempts = record?.attempts.filter(({ run }) => run > afterRun) ?? []
    const lines = attempts.slice(0, 1).flatMap(endedSteps)
    print(textOf(lines.slice(printed)))
    printed = lines.length
    const verdict = record && verdictOn(record, attempts[0])
    if (verdict) {
      print(textOf(verdict.lines))
      return verdict.isSuccess
    }
    if (performance.now() > end)
      throw new CallProblem(`It has not ended yet. See how it goes on with: coffer rotation show ${secret}`)
    await sleep(pauseMs)
  }
}

/** @returns a problem that may pass @throws {ConfigProblem} {CallProblem} others */
async function show(place: CofferPlace, secret: string): Promise<ShownRotation | CallProblem> {
  try {
    return await callRotation(place, 'show', { secret, schema: shownRotation })
  } catch (error) {
    if (error instanceof Unanswered || (error instanceof Refusal && error.code === 'InternalServiceError')) return error
    throw error
  }
}

const lost = (last: CallProblem, secret: string): CallProblem =>
  new CallProblem(
    `${last.message}\nThe rotation goes on where Coffer does. See how it went with: coffer rotation show ${secret}`,
    { cause: last },
  )

const endedSteps = ({ steps }: ShownAttempt): readonly string[] =>
  steps.filter(({ outcome }) => outcome !== undefined).flatMap((step) => stepLines(step))

interface Verdict {
  readonly isSuccess: boolean
  readonly lines: readonly string[]
}

/** The first attempt decides: whoever follows wants to know, and not to wait for an hour. */
function verdictOn({ kind, result }: ShownRecord, attempt: ShownAttempt | undefined): Verdict | undefined {
  const what = kind === 'test' ? 'The test' : 'The rotation'
  if (attempt?.endedAt !== undefined && attempt.retryAt !== undefined)
    return {
      isSuccess: false,
      lines: [...attemptErrorLines(attempt), `${what} has failed. The next attempt is at ${moment(attempt.retryAt)}.`],
    }
  // The end of an earlier run, which this one has not replaced yet.
  if (result === undefined || (result === 'failed' && attempt === undefined)) return undefined
  if (result === 'succeeded') return { isSuccess: true, lines: [`${what} has succeeded.`] }
  if (result === 'failed')
    return { isSuccess: false, lines: [...(attempt ? attemptErrorLines(attempt) : []), `${what} has failed.`] }
  return { isSuccess: false, lines: [`${what} was ended: ${result}.`] }
}
