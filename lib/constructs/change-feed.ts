/**
 * The change feed: what the table's stream tells in this Region. Within seconds it purges what a forced deletion condemned, and schedules and starts rotations.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { SORT_KEY } from '../../lambda/adapters/aws/table-schema.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForChangeFeed } from '../grants.ts'
import { CofferFunction, serviceEnvironment } from './coffer-function.ts'

/** A purge of a secret with a hundred versions takes seconds; a batch has ten. */
const TIMEOUT_SECONDS = 120
const MEMORY_MB = 512

export interface ChangeFeedProps {
  readonly deployment: RegionalDeployment
  readonly streamArn: string
  readonly deadLetters: IQueue
}

export class ChangeFeed extends Construct {
  readonly function: CofferFunction
  readonly mapping: EventSourceMapping

  constructor(scope: Construct, id: string, { deployment, streamArn, deadLetters }: ChangeFeedProps) {
    super(scope, id)
    this.function = new CofferFunction(this, 'ChangeFeed', {
      deployment,
      entry: 'change-feed',
      description: 'Purges at once what was deleted by force; schedules and starts rotations',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: [
        ...grantsForChangeFeed(deployment.place, streamArn),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
      environment: serviceEnvironment(deployment),
    })
    this.mapping = new EventSourceMapping(this, 'Stream', {
      target: this.function.function,
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.LATEST,
      batchSize: 10,
      // Heads of different secrets wait for each other only within a tenth of a shard: many rotations begin and end in the same hour.
      parallelizationFactor: 10,
      filters: [condemnedHeads, rotatingHeads].map((pattern) => FilterCriteria.filter(pattern(deployment.region))),
      // One record that cannot be dealt with holds up its shard no longer than this, and the sweeper purges it, or starts it, all the same within ten minutes or twenty.
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: 5,
      maxRecordAge: Duration.hours(1),
      onFailure: new WithoutGrant(deadLetters),
    })
  }
}

/** The stream tells of every Region's items; each has one writing Region, and that one purges it. */
const condemnedHeads = (region: string) => ({
  dynamodb: {
    Keys: { [SORT_KEY]: { S: [`head#${region}`] } },
    NewImage: { state: { S: ['purging'] } },
  },
})

/** Heads whose rotation was configured at some time; the handler leaves alone a change that is not about it, which no filter can tell. */
const rotatingHeads = (region: string) => ({
  dynamodb: {
    Keys: { [SORT_KEY]: { S: [`head#${region}`] } },
    NewImage: { rotates: { S: [{ exists: true }] } },
  },
})

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
