/**
 * How functions read the table's stream: in small batches, record by record, and never held up for long by one that cannot be dealt with.
 *
 * Two functions read it, which is the most that DynamoDB has room for in a shard; of a global table AWS recommends one, or requests of Lambda's pollers may be throttled, which costs time and no record ("Using AWS
 * Lambda with Amazon DynamoDB", Lambda developer guide). They are two because of what they may do: what opens values of other Regions schedules nothing, and a Region that does not answer holds up no rotation.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping, FilterCriteria, StartingPosition, type IFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

export interface StreamReaderProps {
  readonly target: IFunction
  readonly streamArn: string
  /** Records that match one of them, five at most ("Lambda event filtering", Lambda developer guide). */
  readonly patterns: readonly object[]
  readonly deadLetters: IQueue
}

export class StreamReader extends EventSourceMapping {
  constructor(scope: Construct, id: string, { target, streamArn, patterns, deadLetters }: StreamReaderProps) {
    super(scope, id, {
      target,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.LATEST,
      batchSize: 10,
      // Heads of different secrets wait for each other only within a tenth of a shard: many rotations begin and end in the same hour.
      parallelizationFactor: 10,
      filters: patterns.map((pattern) => FilterCriteria.filter(pattern)),
      // One record that cannot be dealt with holds up its shard no longer than this; a sweep makes it good.
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: 5,
      maxRecordAge: Duration.hours(1),
      onFailure: new WithoutGrant(deadLetters),
    })
  }
}

/** The role has its right to send in its one policy already; CDK would add a second. */
class WithoutGrant extends SqsDlq {
  readonly #queue: IQueue

  constructor(queue: IQueue) {
    super(queue)
    this.#queue = queue
  }

  override bind(): { destination: string } {
    return { destination: this.#queue.queueArn }
  }
}
