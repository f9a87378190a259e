/**
 * The sweeper and its schedules: purges whose time has come, rotations whose start was lost, values that no head names, keys that no head names.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Schedule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForSweeper } from '../grants.ts'
import { CofferFunction, serviceEnvironment } from './coffer-function.ts'
import { scheduleTasks } from './scheduled-tasks.ts'

/** Lambda's longest: a walk over a large table notes where it is and goes on the next day. */
const TIMEOUT_SECONDS = 900
const MEMORY_MB = 512

/** The daily walks start at fixed, different times, and not at midnight when everybody's do. */
const schedules = {
  purges: Schedule.rate(Duration.minutes(10)),
  rotations: Schedule.rate(Duration.minutes(10)),
  values: Schedule.cron({ hour: '3', minute: '17' }),
  keys: Schedule.cron({ hour: '4', minute: '47' }),
}

export interface SweeperProps {
  readonly deployment: RegionalDeployment
  readonly deadLetters: IQueue
}

export class Sweeper extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment, deadLetters }: SweeperProps) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Sweeper', {
      deployment,
      entry: 'sweeper',
      description: 'Purges and cleans up, by schedule',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: [
        ...grantsForSweeper(deployment.place),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
      environment: serviceEnvironment(deployment),
    })
    scheduleTasks(this, { target: this.function.function, schedules, ruleName: deployment.names.sweep, deadLetters })
  }
}
