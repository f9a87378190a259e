/**
 * The sweeper's function: one task per invocation, told by the rule that fired. A walk that runs out of time leaves its place in the table and the next
 * invocation goes on from there.
 * @module
 */
import type { Context } from 'aws-lambda'
import type { RotationStarter } from '../../adapters/aws/rotation/rotation-starter.ts'
import { sweepRotations } from '../../adapters/aws/rotation/sweep-rotations.ts'
import type { Services } from '../../core/services.ts'
import { sweepKeys, sweepPurges, sweepValues, type SweepResult, type Walk, type Walked } from '../../core/sweeper.ts'
import { logger, reportFault } from './telemetry.ts'

export interface SweeperOptions {
  readonly services: Pick<Services, 'store' | 'replication' | 'keys' | 'clock'>
  readonly starter: Pick<RotationStarter, 'revive'>
  /** Where walks that ran out of time ended. */
  readonly checkpoints: {
    read(task: string): Promise<string | undefined>
    write(task: string, position: string | undefined): Promise<void>
  }
}

/** What must be left of the function's time to begin another page. */
const TIME_FOR_A_PAGE_MS = 60_000

const walks = { values: sweepValues, keys: sweepKeys } as const

export function sweeperHandler({ services, starter, checkpoints }: SweeperOptions) {
  return async (event: unknown, context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>): Promise<void> => {
    const task = taskOf(event)
    const { done, faults } = await sweep(task)
    for (const fault of faults) reportFault(fault, { operation: `sweep ${task}`, requestId: context.awsRequestId })
    logger.info('sweep', { task, done, faults: faults.length })
    // Lambda shall count the invocation as failed, and EventBridge try again.
    if (faults.length > 0) throw new Error(`${faults.length} of the sweeper's steps failed; the log names them`)

    async function sweep(name: Task): Promise<SweepResult> {
      if (name === 'purges') return sweepPurges(services)
      return name === 'rotations' ? sweepRotations({ ...services, starter }) : walk(name)
    }

    async function walk(name: keyof typeof walks): Promise<Walked> {
      const limits: Walk = {
        after: await checkpoints.read(name),
        reached: async (position) => {
          await checkpoints.write(name, position)
          return context.getRemainingTimeInMillis() > TIME_FOR_A_PAGE_MS
        },
      }
      const walked = await walks[name](services, limits)
      if (walked.position === undefined) await checkpoints.write(name, undefined)
      return walked
    }
  }
}

type Task = 'purges' | 'rotations' | keyof typeof walks

const isTask = (given: unknown): given is Task =>
  given === 'purges' || given === 'rotations' || (typeof given === 'string' && Object.hasOwn(walks, given))

function taskOf(event: unknown): Task {
  const task = typeof event === 'object' && event !== null && 'task' in event ? event.task : undefined
  if (isTask(task)) return task
  throw new Error('the sweeper must be told a task: purges, rotations, values or keys')
}
