/**
 * The wait after a failed attempt is over: the whole rotation is attempted again, under the same id (SM-ROTATE-16).
 * @module
 */
import { changeSecret } from '../commit-change.ts'
import { attemptedAgain, heldBy } from '../domain/rotation-state.ts'
import { openAttempt } from './recorder.ts'
import { secretKeyOf, STALE, type RotationMeans } from './rotation-means.ts'
import type { TaskInput, TaskOutcome } from './workflow.ts'

export async function retry({ services, patienceMs }: RotationMeans, input: TaskInput): Promise<TaskOutcome> {
  const now = services.clock.now()
  const head = await changeSecret(services, secretKeyOf(input), (present) => {
    const held = heldBy(present, input)
    if (!held) return { result: undefined }
    const change = attemptedAgain(held.head, held.running, { now, patienceMs })
    return { result: change, change }
  })
  const running = head?.rotation.running
  if (!head || !running) return STALE
  await openAttempt(services, head, running, { now })
  return { outcome: 'createSecret' }
}
