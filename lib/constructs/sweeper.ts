/**
 * The sweeper and its schedules: purges whose time has come, rotations whose start was lost, values that no head names, keys that no head names.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForSweeper } from '../grants.ts'
import { CofferFunction, serviceEnvironment } from './coffer-function.ts'

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
    // A failed sweep is made good by the next; retrying a daily walk at once would only meet the same trouble.
    this.function.function.configureAsyncInvoke({
      retryAttempts: 1,
      maxEventAge: Duration.hours(1),
      // The rules' own queue is for events that did not get to the function; this is for those that it failed at.
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    })
    for (const [task, schedule] of Object.entries(schedules))
      new Rule(this, `Sweep-${task}`, {
        ruleName: deployment.names.sweep(task),
        description: `Coffer's sweeper: ${task}`,
        schedule,
        targets: [
          new LambdaFunction(this.function.function, {
            event: RuleTargetInput.fromObject({ task }),
            retryAttempts: 3,
            maxEventAge: Duration.hours(1),
            deadLetterQueue: deadLetters,
          }),
        ],
      })
  }
}
