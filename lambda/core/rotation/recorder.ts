/**
 * Writing the flight recorder: pure changes of a rotation's record, and the reading and saving around them. The record is for people: what decides is on the head, and the worst that two writers
 * at once do is to lose a line.
 * @module
 */
import type { RotatingHead } from '../domain/rotation-state.ts'
import type { RunningRotation } from '../domain/rotation.ts'
import type { SecretHead, Version } from '../domain/secret.ts'
import type { Services } from '../services.ts'
import type {
  AttemptRecord,
  LabelMove,
  RotationError,
  RotationRecord,
  RotationResult,
  StepRecord,
} from './rotation-record.ts'

/** Attempts that a record keeps: the first, which tells most of what was the matter, and the last of a rotation that fails for days. */
const KEPT_ATTEMPTS = 25

type Means = Pick<Services, 'store'>

/** Reads a record, changes it and saves it. @returns as saved; undefined where there is none */
export async function editRecord(
  { store }: Means,
  { key, suffix }: SecretHead,
  token: string,
  edit: (record: RotationRecord) => RotationRecord,
): Promise<RotationRecord | undefined> {
  const before = await store.rotation({ key, suffix, token })
  if (before === undefined) return undefined
  const after = edit(before)
  if (after !== before) await store.saveRotation({ key, suffix }, after)
  return after
}

/** The record of what is running, with its attempt; made where there is none yet. */
/** @param whenNew before it is saved: what is told first may be told twice, and is never left out */
export async function openAttempt(
  { store }: Means,
  head: RotatingHead,
  running: RunningRotation,
  { now, whenNew }: { readonly now: number; readonly whenNew?: () => Promise<void> },
): Promise<RotationRecord> {
  const { key, suffix } = head
  const before = await store.rotation({ key, suffix, token: running.token })
  const last = before?.attempts.at(-1)
  if (before && last?.run === running.run && last.attempt === running.attempt) return before
  const number = (last?.number ?? 0) + 1
  const record = withAttempt(before ?? fresh(head, running), {
    number,
    run: running.run,
    attempt: running.attempt,
    startedAt: now,
    steps: [],
  })
  await whenNew?.()
  await store.saveRotation({ key, suffix }, record)
  return record
}

const fresh = ({ rotation }: RotatingHead, { kind, token, startedAt }: RunningRotation): RotationRecord => ({
  kind,
  token,
  functionArn: rotation.functionArn ?? '',
  startedAt,
  attempts: [],
})

function withAttempt(record: RotationRecord, attempt: AttemptRecord): RotationRecord {
  // It goes on: a rotation that was given up is attempted again another day.
  const { result: _former, endedAt: _ended, ...rest } = record
  const [first, ...others] = record.attempts
  if (!first) return { ...rest, attempts: [attempt] }
  return { ...rest, attempts: [first, ...[...others, attempt].slice(1 - KEPT_ATTEMPTS)] }
}

export const stepBegun = (record: RotationRecord, step: StepRecord, tokenHash: string): RotationRecord => ({
  ...onLastAttempt(record, (attempt) => ({ ...attempt, steps: [...attempt.steps, step] })),
  tokenHash,
})

export const stepEnded = (
  record: RotationRecord,
  end: Required<Pick<StepRecord, 'endedAt' | 'outcome'>> & Partial<Pick<StepRecord, 'requestId' | 'error' | 'moves'>>,
): RotationRecord =>
  onLastAttempt(record, (attempt) => ({
    ...attempt,
    steps: attempt.steps.map((step, index) => (index === attempt.steps.length - 1 ? { ...step, ...end } : step)),
  }))

export const attemptEnded = (
  record: RotationRecord,
  end: { readonly endedAt: number; readonly error?: RotationError; readonly retryAt?: number },
): RotationRecord => onLastAttempt(record, (attempt) => ({ ...attempt, ...end }))

/** After it no RotationToken counts any more. */
export function recordEnded(record: RotationRecord, result: RotationResult, endedAt: number): RotationRecord {
  if (record.result !== undefined) return record
  const { tokenHash: _void, ...rest } = record
  return { ...rest, result, endedAt }
}

function onLastAttempt(record: RotationRecord, change: (attempt: AttemptRecord) => AttemptRecord): RotationRecord {
  const last = record.attempts.at(-1)
  return last ? { ...record, attempts: [...record.attempts.slice(0, -1), change(last)] } : record
}

/** What happened to the labels between two states of a secret. */
export function labelMoves(before: readonly Version[], after: readonly Version[]): readonly LabelMove[] {
  const [former, present] = [holders(before), holders(after)]
  const labels = [...new Set([...former.keys(), ...present.keys()])].sort()
  return labels.flatMap((label) => {
    const [from, to] = [former.get(label), present.get(label)]
    if (from === to) return []
    return [{ label, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }]
  })
}

const holders = (versions: readonly Version[]): ReadonlyMap<string, string> =>
  new Map(versions.flatMap(({ id, stages }) => stages.map((stage) => [stage, id] as const)))
