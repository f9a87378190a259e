/**
 * Everything in one Region that holds no data: it may be removed and made again. It finds the table by name.
 * @module
 */
import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { AlarmTopic } from '../constructs/alarm-topic.ts'
import { Alarms } from '../constructs/alarms.ts'
import { Api } from '../constructs/api.ts'
import { ApiLogRole } from '../constructs/api-log-role.ts'
import { BotocoreLayer } from '../constructs/botocore-layer.ts'
import { ChangeFeed } from '../constructs/change-feed.ts'
import { CustomDomain } from '../constructs/custom-domain.ts'
import { DeadLetters } from '../constructs/dead-letters.ts'
import { EventTopic } from '../constructs/event-topic.ts'
import { ExplainFunction } from '../constructs/explain-function.ts'
import { IdentityFunction } from '../constructs/identity-function.ts'
import { ManagedRotation } from '../constructs/managed-rotation.ts'
import { OperationFunctions } from '../constructs/operation-functions.ts'
import { ReplicationAdminFunction } from '../constructs/replication-admin-function.ts'
import { Replicator } from '../constructs/replicator.ts'
import { RotationAdminFunction } from '../constructs/rotation-admin-function.ts'
import { RotationWorker } from '../constructs/rotation-worker.ts'
import { RotationWorkflow } from '../constructs/rotation-workflow.ts'
import { RouterFunction } from '../constructs/router-function.ts'
import { StreamArn } from '../constructs/stream-arn.ts'
import { Sweeper } from '../constructs/sweeper.ts'
import { WebAcl } from '../constructs/web-acl.ts'
import { inRegionOf, type Deployment } from '../deployment.ts'

export interface ServiceStackProps extends StackProps {
  readonly deployment: Deployment
}

export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, { deployment: given, ...props }: ServiceStackProps) {
    super(scope, id, props)
    const deployment = inRegionOf(this, given)
    const { config } = deployment

    const { all: operations } = new OperationFunctions(this, 'Operations', { deployment })
    const router = new RouterFunction(this, 'FrontDoor', { deployment, operations })
    const explain = new ExplainFunction(this, 'Explain', { deployment })
    const rotationAdmin = new RotationAdminFunction(this, 'RotationAdmin', { deployment })
    const replicationAdmin = new ReplicationAdminFunction(this, 'ReplicationAdmin', { deployment })
    const api = new Api(this, 'Api', {
      deployment,
      operations,
      router: router.function.function,
      explain: explain.function.function,
      rotationAdmin: rotationAdmin.function.function,
      replicationAdmin: replicationAdmin.function.function,
    })
    if (config.apiGatewayLogRole)
      api.rest.deploymentStage.node.addDependency(new ApiLogRole(this, 'ApiLogRole', { deployment }))
    if (config.customDomain)
      new CustomDomain(this, 'CustomDomain', { deployment, domain: config.customDomain, api: api.rest })
    if (config.waf)
      new WebAcl(this, 'WebAcl', { deployment, waf: config.waf, stageArn: api.rest.deploymentStage.stageArn })

    const { queue: deadLetters } = new DeadLetters(this, 'DeadLetters', { deployment })
    new IdentityFunction(this, 'Identity', { deployment, deadLetters })
    new Sweeper(this, 'Sweeper', { deployment, deadLetters })
    const { value: streamArn } = new StreamArn(this, 'StreamArn', { deployment })
    const { mapping } = new ChangeFeed(this, 'ChangeFeed', { deployment, streamArn, deadLetters })
    new Replicator(this, 'Replicator', { deployment, streamArn, deadLetters })

    new EventTopic(this, 'EventTopic', { deployment })
    new RotationWorker(this, 'RotationWorker', { deployment })
    new ManagedRotation(this, 'ManagedRotation', { deployment })
    // What the change feed starts and schedules is there before it hears of anything.
    mapping.node.addDependency(new RotationWorkflow(this, 'RotationWorkflow', { deployment }))

    new BotocoreLayer(this, 'BotocoreLayer', { deployment })
    const { topic } = new AlarmTopic(this, 'AlarmTopic', { deployment })
    new Alarms(this, 'Alarms', { deployment, topic })
  }
}
