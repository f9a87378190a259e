/**
 * One step of a rotation: the function is invoked with a RotationToken of its own, and what came of it is written down. The workflow goes on only from a function that returned.
 * @module
 */
import { randomUuid } from '../domain/random-id.ts'
import { heldBy, type RotatingHead } from '../domain/rotation-state.ts'
import type { RunningRotation } from '../domain/rotation.ts'
import type { SecretHead } from '../domain/secret.ts'
import { functionUse } from '../function-use.ts'
import type { FunctionOutcome, RotationStep } from '../ports/functions.ts'
import { describeFailure } from './describe-failure.ts'
import { editRecord, labelMoves, openAttempt, stepBegun, stepEnded } from './recorder.ts'
import { secretKeyOf, STALE, type RotationMeans } from './rotation-means.ts'
import type { RotationError } from './rotation-record.ts'
import { rotationTokenHash } from './rotation-token.ts'
import type { TaskInput, TaskOutcome } from './workflow.ts'

export async function runStep(means: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const { services } = means
  const { step } = input
  if (step === undefined) throw new TypeError('a step must be named')
  const held = heldBy((await services.store.load(secretKeyOf(input)))?.head, input)
  if (!held) return STALE
  const { head, running } = held
  const rotationToken = randomUuid(services.entropy)
  await noteBegin(means, head, running, step, rotationToken)
  const outcome = await invoke(means, head, running, step, rotationToken)
  const after = (await services.store.load(head.key))?.head
  const error =
    outcome.kind === 'returned'
      ? undefined
      : await describeFailure(services, { outcome, head: after ?? head, running, step, rotationToken })
  await noteEnd(means, head, running, { outcome, error, after })
  return heldBy(after, input) ? { outcome: error ? 'failed' : 'ok' } : STALE
}

async function noteBegin(
  { services }: RotationMeans,
  head: RotatingHead,
  running: RunningRotation,
  step: RotationStep,
  rotationToken: string,
): Promise<void> {
  const { key, suffix } = head
  const startedAt = services.clock.now()
  const record = await openAttempt(services, head, running, { now: startedAt })
  await services.store.saveRotation(
    { key, suffix },
    stepBegun(record, { step, startedAt }, rotationTokenHash(rotationToken)),
  )
}

function invoke(
  { services }: RotationMeans,
  head: RotatingHead,
  { token }: RunningRotation,
  step: RotationStep,
  rotationToken: string,
): Promise<FunctionOutcome> {
  const { functionArn } = head.rotation
  if (functionArn === undefined) return Promise.resolve({ kind: 'not-invoked', reason: 'missing' })
  const use = functionUse(head, functionArn)
  return services.functions.invoke(use, {
    Step: step,
    SecretId: use.secretArn,
    ClientRequestToken: token,
    RotationToken: rotationToken,
  })
}

async function noteEnd(
  { services }: RotationMeans,
  head: RotatingHead,
  { token }: RunningRotation,
  {
    outcome,
    error,
    after,
  }: { outcome: FunctionOutcome; error: RotationError | undefined; after: SecretHead | undefined },
): Promise<void> {
  const moves = after ? labelMoves(head.versions, after.versions) : []
  const requestId = 'requestId' in outcome ? outcome.requestId : undefined
  await editRecord(services, head, token, (record) =>
    stepEnded(record, {
      endedAt: services.clock.now(),
      outcome: error ? 'failed' : 'ok',
      ...(requestId !== undefined && { requestId }),
      ...(error && { error }),
      ...(moves.length > 0 && { moves }),
    }),
  )
}
