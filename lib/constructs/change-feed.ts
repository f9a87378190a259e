/**
 * The change feed: what the table's stream tells in this Region. Within seconds it purges what a forced deletion condemned, and schedules and starts rotations.
 * @module
 */
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { SORT_KEY } from '../../lambda/adapters/aws/table-schema.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForChangeFeed } from '../grants.ts'
import { CofferFunction, serviceEnvironment } from './coffer-function.ts'
import { StreamReader } from './stream-reader.ts'

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
    // What it gives up the sweeper purges, or starts, all the same within ten minutes or twenty.
    this.mapping = new StreamReader(this, 'Stream', {
      target: this.function.function,
      streamArn,
      patterns: [condemnedHeads(deployment.region), rotatingHeads(deployment.region)],
      deadLetters,
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
