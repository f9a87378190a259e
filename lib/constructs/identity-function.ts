/**
 * The function that keeps the snapshot of the account's identities, and its schedule. Nobody else may read IAM.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { IDENTITY_ENTRY } from '../../lambda/handlers/edge/function-name.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForIdentity } from '../grants.ts'
import { CofferFunction, serviceEnvironment } from './coffer-function.ts'

/** EventBridge's shortest. */
const INTERVAL = Duration.minutes(1)

/** Accounts with thousands of roles take IAM the better part of a minute. */
const TIMEOUT_SECONDS = 120

/** All that IAM tells of an account is parsed at once: megabytes of XML, for which memory buys the processor. */
const MEMORY_MB = 1024

export interface IdentityFunctionProps {
  readonly deployment: RegionalDeployment
  readonly deadLetters: IQueue
}

export class IdentityFunction extends Construct {
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment, deadLetters }: IdentityFunctionProps) {
    super(scope, id)
    const { reservedConcurrency } = deployment.config.identitySnapshot
    this.function = new CofferFunction(this, 'Identity', {
      deployment,
      entry: IDENTITY_ENTRY,
      description: 'Keeps the snapshot of users, roles and policies that access is decided by',
      memoryMb: MEMORY_MB,
      timeoutSeconds: TIMEOUT_SECONDS,
      grants: grantsForIdentity(deployment.place),
      environment: serviceEnvironment(deployment),
      ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    })
    // The next minute makes good what this one failed at; a pass that is late is no use.
    this.function.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: INTERVAL })
    new Rule(this, 'Snapshot', {
      ruleName: deployment.names.identitySnapshot,
      description: "Coffer's snapshot of identities",
      schedule: Schedule.rate(INTERVAL),
      targets: [
        new LambdaFunction(this.function.function, {
          event: RuleTargetInput.fromObject({ task: 'snapshot' }),
          retryAttempts: 0,
          maxEventAge: INTERVAL,
          deadLetterQueue: deadLetters,
        }),
      ],
    })
  }
}
