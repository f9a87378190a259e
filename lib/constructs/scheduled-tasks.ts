/**
 * Rules that tell a function its task by the clock. What fails is tried again once, then made good by the next time; what was given up is among the dead letters.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Rule, RuleTargetInput, type Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Function } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

export interface ScheduledTasksProps {
  readonly target: Function
  readonly schedules: Readonly<Record<string, Schedule>>
  readonly ruleName: (task: string) => string
  readonly deadLetters: IQueue
}

export function scheduleTasks(
  scope: Construct,
  { target, schedules, ruleName, deadLetters }: ScheduledTasksProps,
): void {
  // Retrying a daily walk at once would only meet the same trouble.
  target.configureAsyncInvoke({
    retryAttempts: 1,
    maxEventAge: Duration.hours(1),
    // The rules' own queue is for events that did not get to the function; this is for those that it failed at.
    onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
  })
  for (const [task, schedule] of Object.entries(schedules))
    new Rule(scope, `Sweep-${task}`, {
      ruleName: ruleName(task),
      description: `Coffer's sweeper: ${task}`,
      schedule,
      targets: [
        new LambdaFunction(target, {
          event: RuleTargetInput.fromObject({ task }),
          retryAttempts: 3,
          maxEventAge: Duration.hours(1),
          deadLetterQueue: deadLetters,
        }),
      ],
    })
}
