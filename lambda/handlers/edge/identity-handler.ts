/**
 * The identity function: renews the snapshot by schedule, and on demand for a principal that is not in it. How old the snapshot is goes into a metric after every scheduled pass, for the alarm that
 * comes before everybody is refused.
 * @module
 */
import type { Context } from 'aws-lambda'
import type { IdentitySnapshot } from '../../adapters/aws/identity/identity-snapshot.ts'
import { logger, measure, reportFault } from './telemetry.ts'

export interface IdentityHandlerOptions {
  readonly snapshot: Pick<IdentitySnapshot, 'pass' | 'age'>
  /** The prefix of all names, which tells its metrics from those of another deployment. */
  readonly deployment: string
}

type Invocation = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>

/** What an operation function is told; a function that throws has failed. */
interface Renewed {
  readonly renewed: boolean
}

/** A storm of unknown principals is one pass each so many seconds. */
const PAUSE_ON_DEMAND_MS = 5_000
/** Beyond the function's own end. */
const MARGIN_MS = 5_000

export function identityHandler({ snapshot, deployment }: IdentityHandlerOptions) {
  return async (event: unknown, context: Invocation): Promise<Renewed> => {
    const task = taskOf(event)
    const renewed = await renew(task, context)
    if (task === 'snapshot') await measureAge(context.awsRequestId)
    // Lambda shall count the invocation as failed.
    if (renewed === undefined) throw new Error('the identities could not be read and kept; the log says why')
    return { renewed }
  }

  /** @returns undefined when it failed */
  async function renew(task: Task, context: Invocation): Promise<boolean | undefined> {
    const longestMs = context.getRemainingTimeInMillis() + MARGIN_MS
    try {
      const result = await snapshot.pass({ longestMs, ...(task === 'refresh' && { pauseMs: PAUSE_ON_DEMAND_MS }) })
      const { kind: outcome, ...counts } = result
      logger.info('identities', { task, outcome, ...counts })
      if (result.kind === 'done' && result.unusable > 0) measure('UnusableIdentities', result.unusable, { deployment })
      return result.kind === 'done'
    } catch (fault) {
      reportFault(fault, { operation: `identities ${task}`, requestId: context.awsRequestId })
      return undefined
    }
  }

  /** Where there is no age, the metric has a gap, which alarms too. */
  async function measureAge(requestId: string): Promise<void> {
    try {
      const age = await snapshot.age()
      if (age !== undefined) measure('SnapshotAgeSeconds', Math.max(0, Math.round(age / 1000)), { deployment })
    } catch (fault) {
      reportFault(fault, { operation: 'identities age', requestId })
    }
  }
}

type Task = 'snapshot' | 'refresh'

function taskOf(event: unknown): Task {
  const task = typeof event === 'object' && event !== null && 'task' in event ? event.task : undefined
  if (task === 'snapshot' || task === 'refresh') return task
  throw new Error('the identity function must be told a task: snapshot or refresh')
}
