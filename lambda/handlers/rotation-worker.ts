/**
 * The function behind the state machine of rotations.
 * @module
 */
import { invokeRotationFunction } from '../adapters/aws/functions/invoke-rotation-function.ts'
import { rotationTasks } from '../core/rotation/tasks.ts'
import { composeOnAws } from './edge/compose-on-aws.ts'
import { readDeployment, readRotationSettings } from './edge/environment.ts'
import { functionServiceOf } from './edge/rotation-functions-of.ts'
import { rotationWorkerHandler } from './edge/rotation-worker-handler.ts'

/** The longest that an execution that goes on is not heard of: a task is attempted six times, and may take a quarter of an hour each time. The sweeper looks at it ten minutes later. */
const PATIENCE_MS = 80 * 60_000

const deployment = readDeployment(process.env)
const { services, account, region } = composeOnAws(process.env, {
  functions: functionServiceOf(deployment, readRotationSettings(process.env), invokeRotationFunction()),
})

export const handler = rotationWorkerHandler({
  tasks: (noteFault) => rotationTasks({ services, patienceMs: PATIENCE_MS, noteFault }),
  account,
  region,
})
