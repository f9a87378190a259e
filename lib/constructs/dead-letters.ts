/**
 * What background work could not do: events of the sweeper's rules, batches of the change feed and of the replicator, and starts of rotations that no schedule could make. Ids and keys of items only, never a value (the
 * stream's failure record names a shard and a range; a schedule's, what the execution would have been told).
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { acknowledge } from '../nag.ts'

export class DeadLetters extends Construct {
  readonly queue: Queue

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.queue = new Queue(this, 'Queue', {
      queueName: deployment.names.deadLetters,
      // SQS's longest: time to look at it after a holiday.
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    })
    acknowledge(this.queue, 'AwsSolutions-SQS3', 'It is the dead-letter queue.')
  }
}
