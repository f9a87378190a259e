/**
 * This Region's part in replication, because a head or a link changed somewhere, or because it is time to look. A record only says which name to look at: what is done depends on the items as they are now, so records
 * may come twice, late or out of order, and from code of another version.
 * @module
 */
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent, StreamRecord } from 'aws-lambda'
import type { SecretKey } from '../../core/domain/secret.ts'
import type { Reconciled } from '../../core/replication/reconcile-secret.ts'
import type { SweepResult } from '../../core/sweeper.ts'
import { failedFrom } from './batch-failures.ts'
import { logger, measure, reportFault } from './telemetry.ts'

type NoteFault = (fault: unknown) => void

export interface ReplicatorOptions {
  readonly reconcile: (key: SecretKey, noteFault: NoteFault) => Promise<Reconciled>
  readonly sweep: (noteFault: NoteFault) => Promise<SweepResult>
  /** The deployment's own: whose part this is. */
  readonly region: string
  /** The prefix, for metrics. */
  readonly deployment: string
  readonly secretKeyOf: (keys: NonNullable<StreamRecord['Keys']>) => SecretKey
  readonly pause: (milliseconds: number) => Promise<unknown>
}

/**
 * A global table copies items each by itself, most of them within a second: a head may be here before its values are, and their arrival is no news to anybody. What takes longer comes again with the batch, and at
 * last with the sweep.
 */
const ARRIVING_MS = [100, 300, 900] as const

export function replicatorHandler({ reconcile, sweep, region, deployment, secretKeyOf, pause }: ReplicatorOptions) {
  return async (
    event: unknown,
    { awsRequestId: requestId }: Pick<Context, 'awsRequestId'>,
  ): Promise<DynamoDBBatchResponse | undefined> => {
    if (isStreamEvent(event)) return followStream(event.Records)
    await sweepDue(event)
    return undefined

    async function followStream(records: readonly DynamoDBRecord[]): Promise<DynamoDBBatchResponse> {
      const names = namesIn(records)
      const outcomes = await Promise.allSettled(names.map(({ key }) => settle(key)))
      const failed = names.flatMap(({ at }, index) => {
        const outcome = outcomes[index]
        if (outcome?.status === 'fulfilled') return outcome.value.isWaiting ? [at] : []
        reportFault(outcome?.reason, about('replicate'))
        return [at]
      })
      return failedFrom(records, failed)
    }

    async function sweepDue(given: unknown): Promise<void> {
      if (!isSweep(given)) throw new Error('the replicator must be told records of a stream, or the task replication')
      const { done, faults } = await sweep(noting('sweep replication'))
      for (const fault of faults) reportFault(fault, about('sweep replication'))
      logger.info('sweep', { task: 'replication', done, faults: faults.length })
      // Lambda shall count the invocation as failed, and try again.
      if (faults.length > 0) throw new Error(`${faults.length} steps of the sweep failed; the log names them`)
    }

    async function settle(key: SecretKey): Promise<Reconciled> {
      let reconciled = await step(key)
      for (const delay of ARRIVING_MS) {
        if (!reconciled.isWaiting) break
        await pause(delay)
        reconciled = await step(key)
      }
      return reconciled
    }

    async function step(key: SecretKey): Promise<Reconciled> {
      const reconciled = await reconcile(key, noting('replicate'))
      const { steps, isWaiting, isFailed, lagMs } = reconciled
      // Most records tell of what this function has done itself, or of what is none of this Region's business.
      if (steps.length > 0 || isWaiting)
        logger.info('replicate', {
          resource: key.name,
          steps,
          isWaiting,
          isFailed,
          ...(lagMs !== undefined && { lagMs }),
        })
      if (steps.length > 0) measure('ReplicationSteps', steps.length, { deployment })
      // What only has to arrive has not failed.
      if (isFailed && !isWaiting) measure('ReplicationFailures', 1, { deployment })
      if (lagMs !== undefined) measure('ReplicationLagMilliseconds', lagMs, { deployment })
      return reconciled
    }

    function about(operation: string): { operation: string; requestId: string } {
      return { operation, requestId }
    }

    function noting(operation: string): NoteFault {
      return (fault) => reportFault(fault, about(operation))
    }
  }

  /** A name that a batch tells of several times, in any Region, is looked at once. */
  function namesIn(records: readonly DynamoDBRecord[]): readonly { readonly key: SecretKey; readonly at: number }[] {
    const names = new Map<string, { readonly key: SecretKey; readonly at: number }>()
    for (const [at, { dynamodb = {} }] of records.entries()) {
      const { account, name } = secretKeyOf(dynamodb.Keys ?? {})
      const id = JSON.stringify([account, name])
      if (!names.has(id)) names.set(id, { key: { account, region, name }, at })
    }
    return [...names.values()]
  }
}

const isStreamEvent = (event: unknown): event is DynamoDBStreamEvent =>
  typeof event === 'object' && event !== null && 'Records' in event && Array.isArray(event.Records)

const isSweep = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'task' in event && event.task === 'replication'
