/**
 * What starts rotations and leads them to their end: a state machine made of the core's workflow, and the group of schedules that start it, one for each secret, kept by the change feed.
 * @module
 */
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { rotationWorkflow } from '../../lambda/core/rotation/workflow.ts'
import { functionName, WORKER_ENTRY } from '../../lambda/handlers/edge/function-name.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForSchedules, grantsForStateMachine } from '../grants.ts'
import { acknowledge } from '../nag.ts'
import { stateMachineDefinition } from '../state-machine-definition.ts'
import { CofferRole } from './coffer-role.ts'
import { KeptLog } from './kept-log.ts'

export class RotationWorkflow extends Construct {
  readonly stateMachine: CfnStateMachine

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    const { config, names, place, region } = deployment
    const { partition, account } = place
    const workerArn = `arn:${partition}:lambda:${region}:${account}:function:${functionName(config.prefix, WORKER_ENTRY)}`
    const log = new KeptLog(this, 'Log', { config, name: names.stateMachineLogs })
    const role = new CofferRole(this, 'Role', {
      deployment,
      roleName: names.stateMachineRole(region),
      description: `What the state machine ${names.stateMachine} may do`,
      service: 'states.amazonaws.com',
      sourceArn: `arn:${partition}:states:${region}:${account}:stateMachine:${names.stateMachine}`,
      grants: grantsForStateMachine(workerArn),
    })
    this.stateMachine = new CfnStateMachine(this, 'StateMachine', {
      stateMachineName: names.stateMachine,
      // An execution waits for hours between attempts, and has a name that is refused for 90 days: both are of this type alone.
      stateMachineType: 'STANDARD',
      roleArn: role.roleArn,
      definitionString: JSON.stringify(stateMachineDefinition(rotationWorkflow, { partition, workerArn })),
      loggingConfiguration: {
        level: 'ERROR',
        includeExecutionData: false,
        destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: log.logGroupArn } }],
      },
      tracingConfiguration: { enabled: false },
    })
    // The role names nothing that it must wait for, and the machine is made with a look at what the role may do.
    this.stateMachine.node.addDependency(role)
    const group = new CfnScheduleGroup(this, 'Schedules', { name: names.scheduleGroup })
    new CofferRole(this, 'ScheduleRole', {
      deployment,
      roleName: names.scheduleRole(region),
      description: `What the schedules of rotations in the group ${names.scheduleGroup} may do`,
      service: 'scheduler.amazonaws.com',
      // The schedules are taken for their group (EventBridge Scheduler user guide, confused deputy).
      sourceArn: group.attrArn,
      grants: grantsForSchedules(place),
    })
    acknowledge(
      this.stateMachine,
      'AwsSolutions-SF1',
      'Failures are logged. Every event of every execution would cost more than the executions, and Step Functions keeps them for 90 days.',
    )
    acknowledge(
      this.stateMachine,
      'AwsSolutions-SF2',
      'A trace would tell less than the recorder beside the secret and the history of the execution, and its libraries make functions slow to start.',
    )
  }
}
