/**
 * The replicator: this Region's part in replication. It is told by the table's stream of heads and links of every Region, since the table is the same everywhere, and sweeps by the clock what was lost, failed or drifted.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Schedule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { SORT_KEY } from '../../lambda/adapters/aws/table-schema.ts'
import { REPLICATOR_ENTRY } from '../../lambda/handlers/edge/function-name.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForReplicator } from '../grants.ts'
import { accessEnvironment, CofferFunction, serviceEnvironment } from './coffer-function.ts'
import { scheduleTasks } from './scheduled-tasks.ts'
import { StreamReader } from './stream-reader.ts'

/** Lambda's longest: a copy with a hundred versions under a key of another Region takes a minute, and a sweep has many copies. What it does not get to is due at the next. */
const TIMEOUT_SECONDS = 900
const MEMORY_MB = 512

/** Copies that failed, and what nobody heard of: their links say when they are due. */
const schedules = { replication: Schedule.rate(Duration.minutes(10)) }

export interface ReplicatorProps {
  readonly deployment: RegionalDeployment
  readonly streamArn: string
  readonly deadLetters: IQueue
}

export class Replicator extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment, streamArn, deadLetters }: ReplicatorProps) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Function', {
      deployment,
      entry: REPLICATOR_ENTRY,
      description: 'Makes and keeps copies of secrets of other Regions',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: [
        ...grantsForReplicator(deployment.place, streamArn),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
      environment: { ...serviceEnvironment(deployment), ...accessEnvironment(deployment) },
    })
    const target = this.function.function
    new StreamReader(this, 'Stream', {
      target,
      streamArn,
      patterns: [replicatingHeads('NewImage'), replicatingHeads('OldImage'), links],
      deadLetters,
    })
    scheduleTasks(this, { target, schedules, ruleName: deployment.names.sweep, deadLetters })
  }
}

/** Heads that have to do with other Regions, or had until now: of every Region, since a primary's change is what its copies wait for. */
const replicatingHeads = (image: 'NewImage' | 'OldImage') => ({
  dynamodb: {
    Keys: { [SORT_KEY]: { S: [{ prefix: 'head#' }] } },
    [image]: { replicates: { S: [{ exists: true }] } },
  },
})

/** What a Region tells the others of its copy. */
const links = { dynamodb: { Keys: { [SORT_KEY]: { S: [{ prefix: 'link#' }] } } } }
