/**
 * The first task of a rotation: takes up a start that was planned or asked for. A schedule that fires twice or too late, and one that was replaced, end here without an effect.
 * @module
 */
import { changeSecret, type Decided } from '../commit-change.ts'
import { ServiceError } from '../domain/errors.ts'
import { randomUuid } from '../domain/random-id.ts'
import { isRotating, postponed, takenUp, type RotatingHead } from '../domain/rotation-state.ts'
import type { RunningRotation } from '../domain/rotation.ts'
import type { SecretHead } from '../domain/secret.ts'
import { attemptEnded, editRecord, openAttempt } from './recorder.ts'
import { momentOf, secretKeyOf, STALE, type RotationMeans } from './rotation-means.ts'
import { tellRotation } from './rotation-event.ts'
import { copyForTest } from './test-copy.ts'
import type { TaskInput, TaskOutcome } from './workflow.ts'

type Taken =
  | { readonly kind: 'begun'; readonly head: RotatingHead; readonly running: RunningRotation }
  | { readonly kind: 'impossible'; readonly head: SecretHead; readonly why: string; readonly advice: string }

export async function begin(means: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const { services } = means
  const freshToken = randomUuid(services.entropy)
  const taken = await changeSecret(services, secretKeyOf(input), (head) => takeUp(means, input, head, freshToken))
  if (taken === undefined) return STALE
  if (taken.kind === 'impossible') {
    await tellRotation(services, taken.head, {
      name: 'RotationFailed',
      versionId: freshToken,
      errorMessage: `The rotation could not begin: ${taken.why}`,
      diagnosis: taken.advice,
    })
    return { outcome: 'gave-up' }
  }
  const { head, running } = taken
  const name = running.kind === 'test' ? 'TestRotationStarted' : 'RotationStarted'
  await openAttempt(services, head, running, {
    now: services.clock.now(),
    whenNew: () => tellRotation(services, head, { name, versionId: running.token }),
  })
  if (running.kind === 'rotation') return { outcome: running.from ?? 'createSecret' }
  return prepareTest(means, input, head, running)
}

function takeUp(
  { services, patienceMs }: RotationMeans,
  { suffix, run, executor, takeOver = false }: TaskInput,
  head: SecretHead | undefined,
  freshToken: string,
): Decided<Taken | undefined> {
  if (head?.suffix !== suffix) return { result: undefined }
  const moment = momentOf(services)
  try {
    const begun = takenUp(head, { run, executor, takeOver, freshToken, patienceMs }, moment)
    if (begun.kind === 'stale') return { result: undefined }
    if (begun.kind === 'blocked') return { result: blocked(begun), change: begun.head }
    if (begun.kind === 'late') return { result: undefined, change: begun.head }
    const { running } = begun.head.rotation
    return running
      ? { result: { kind: 'begun', head: begun.head, running }, change: begun.head }
      : { result: undefined }
  } catch (error) {
    // All labels that a secret may have are in use: there is no room for AWSPENDING.
    if (!(error instanceof ServiceError) || !isRotating(head)) throw error
    const advice = 'Remove staging labels that are not used any more.'
    return { result: { kind: 'impossible', head, why: error.message, advice }, change: postponed(head, moment) }
  }
}

const blocked = ({ head, by }: { readonly head: SecretHead; readonly by: string }): Taken => ({
  kind: 'impossible',
  head,
  why: `AWSPENDING is on version ${by}, which no rotation made.`,
  advice: 'Remove AWSPENDING from it with UpdateSecretVersionStage, or make it current.',
})

async function prepareTest(
  { services }: RotationMeans,
  input: TaskInput,
  head: RotatingHead,
  { token }: RunningRotation,
): Promise<TaskOutcome> {
  try {
    return { outcome: (await copyForTest(services, input)) ? 'test' : 'stale' }
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code === 'InternalServiceError') throw error
    const diagnosis = `The current value could not be copied for the test: ${error.message}`
    await editRecord(services, head, token, (record) =>
      attemptEnded(record, { endedAt: services.clock.now(), error: { type: error.code, diagnosis } }),
    )
    return { outcome: 'failed' }
  }
}
