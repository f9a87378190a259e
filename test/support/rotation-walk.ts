/**
 * Carries rotations out in a test: walks the workflow as it is written down, over the core's own tasks. Waits are a move of the clock.
 */
import { randomUUID } from 'node:crypto'
import type { FunctionOutcome, RotationEvent } from '../../lambda/core/ports/functions.ts'
import type { SecretHead } from '../../lambda/core/domain/secret.ts'
import { rotationTasks } from '../../lambda/core/rotation/tasks.ts'
import { rotationWorkflow, type ExecutionInput } from '../../lambda/core/rotation/workflow.ts'
import { ApiError, type Coffer, REGION } from './coffer.ts'

export interface Walk {
  /** Ends before a wait instead of letting it pass. */
  readonly stopsAtWait?: boolean
}

/** @returns the state that it ended in: `Done`, `Failed`, or `Wait` */
export async function walk(coffer: Coffer, head: SecretHead, { stopsAtWait = false }: Walk = {}): Promise<string> {
  const { running, due } = head.rotation ?? {}
  const run = running?.run ?? due?.run ?? 0
  const execution: ExecutionInput = { ...head.key, suffix: head.suffix, run }
  const tasks = rotationTasks({ services: coffer.services, patienceMs: 60_000, noteFault: () => undefined })
  const executor = randomUUID()
  let [at, waitSeconds] = [rotationWorkflow.start, 0]
  for (;;) {
    const state = rotationWorkflow.states[at]
    if (!state) throw new Error(`there is no state ${at}`)
    if (state.kind === 'end' || (state.kind === 'wait' && stopsAtWait)) return at
    if (state.kind === 'wait') {
      coffer.clock.advance(waitSeconds * 1000)
      at = state.next
      continue
    }
    const { task, step } = state
    const answer = await tasks({ ...execution, task, executor, ...(step !== undefined && { step }) })
    waitSeconds = answer.waitSeconds ?? 0
    const next = state.next[answer.outcome]
    if (next === undefined) throw new Error(`${at} has no way on from ${answer.outcome}`)
    at = next
  }
}

/** A function that does what its contract says, as a caller of the API. */
export function goodFunction(coffer: Coffer): (event: RotationEvent) => Promise<FunctionOutcome> {
  return async ({ Step, SecretId, ClientRequestToken: token }) => {
    if (Step === 'createSecret') {
      const pending = { SecretId, VersionId: token, VersionStage: 'AWSPENDING' }
      await coffer.call('GetSecretValue', pending).catch(async (error: unknown) => {
        if (!(error instanceof ApiError) || error.code !== 'ResourceNotFoundException') throw error
        const value = { SecretString: `next-${token}`, VersionStages: ['AWSPENDING'] }
        await coffer.call('PutSecretValue', { SecretId, ClientRequestToken: token, ...value })
      })
    }
    if (Step === 'finishSecret') {
      const { VersionIdsToStages } = await coffer.call('DescribeSecret', { SecretId })
      const stages = VersionIdsToStages as Readonly<Record<string, readonly string[]>>
      const [current] = Object.entries(stages).find(([, held]) => held.includes('AWSCURRENT')) ?? []
      if (current !== token)
        await coffer.call('UpdateSecretVersionStage', {
          SecretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: token,
          RemoveFromVersionId: current,
        })
    }
    return { kind: 'returned', requestId: `request-${Step}` }
  }
}

export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:123456789012:function:${name}`
