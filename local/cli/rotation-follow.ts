/**
 * Following a rotation that was asked for: its steps are printed as they end, until the rotation has, or an attempt has failed.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { callRotation, type CofferPlace } from './coffer-call.ts'
import { shownRotation, type ShownAttempt, type ShownRecord } from './rotation-answers.ts'
import { attemptErrorLines, moment, stepLines, textOf } from './rotation-timeline.ts'
import { CallProblem } from './signed-call.ts'

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
}

/** Between looks: most rotations take a second or two. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/** @returns whether it succeeded @throws {ConfigProblem} {CallProblem} also when it takes longer than anybody wants to wait */
export async function follow(
  place: CofferPlace,
  { secret, versionId, afterRun }: Followed,
  { print, waitMs }: FollowMeans,
): Promise<boolean> {
  const end = performance.now() + waitMs
  let printed = 0
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const { rotations } = await callRotation(place, 'show', { secret, schema: shownRotation })
    const record = rotations.find((each) => each.versionId === versionId)
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

const endedSteps = ({ steps }: ShownAttempt): readonly string[] =>
  steps.filter(({ outcome }) => outcome !== undefined).flatMap(stepLines)

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
