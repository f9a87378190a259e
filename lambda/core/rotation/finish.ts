/**
 * The end of a rotation whose steps have all succeeded: the secret must have moved on, whatever the function says (SM-ROTATE-14). Of a test: its copy goes.
 * @module
 */
import { changeSecret } from '../commit-change.ts'
import { heldBy, isPromoted, succeeded, testEnded } from '../domain/rotation-state.ts'
import type { RotationKind } from '../domain/rotation.ts'
import type { SecretHead } from '../domain/secret.ts'
import { CURRENT, holderOf, PREVIOUS } from '../domain/staging-labels.ts'
import { notPromoted } from './diagnosis.ts'
import { attemptEnded, editRecord, recordEnded } from './recorder.ts'
import { momentOf, secretKeyOf, STALE, type RotationMeans } from './rotation-means.ts'
import { tellRotation } from './rotation-event.ts'
import { unendedRecord } from './unended-record.ts'
import type { TaskInput, TaskOutcome } from './workflow.ts'

interface Ended {
  readonly head: SecretHead
  readonly kind: RotationKind
  readonly token: string
  readonly isDone: boolean
}

export async function finish(means: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const { services } = means
  const ended = await changeSecret<Ended | undefined>(services, secretKeyOf(input), (present) => {
    const held = heldBy(present, input)
    if (!held) return { result: undefined }
    const { head, running } = held
    const { kind, token } = running
    if (kind === 'test') return { result: { head, kind, token, isDone: true }, change: testEnded(head) }
    if (!isPromoted(head, token)) return { result: { head, kind, token, isDone: false } }
    return { result: { head, kind, token, isDone: true }, change: succeeded(head, momentOf(services)) }
  })
  if (ended === undefined) return makeGood(means, input)
  if (ended.isDone) return done(means, ended)
  const { head, token } = ended
  await editRecord(services, head, token, (record) =>
    attemptEnded(record, { endedAt: services.clock.now(), error: { diagnosis: notPromoted(head, token) } }),
  )
  return { outcome: 'failed' }
}

async function done({ services }: RotationMeans, { head, kind, token }: Ended): Promise<TaskOutcome> {
  const now = services.clock.now()
  const name = kind === 'test' ? 'TestRotationSucceeded' : 'RotationSucceeded'
  // Told first: a process that is ended between the two tells it again, instead of never.
  await tellRotation(services, head, { name, versionId: token })
  await editRecord(services, head, token, (record) =>
    recordEnded(attemptEnded(record, { endedAt: now }), 'succeeded', now),
  )
  return { outcome: 'succeeded' }
}

/** The task was carried out before and broke off after its commit: what was left to be told is told now. */
async function makeGood(means: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const found = await unendedRecord(means, input)
  if (!found) return STALE
  const { head, record } = found
  const { kind, token } = record
  const isOurs = kind === 'test' || [CURRENT, PREVIOUS].some((stage) => holderOf(head.versions, stage)?.id === token)
  return isOurs ? done(means, { head, kind, token, isDone: true }) : STALE
}
