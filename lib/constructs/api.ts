/**
 * The API: `POST /{Operation}` for each operation, `POST /` for the router and paths that explain access and administer rotations and replication, all with IAM authorization, all handed on to a function as they are.
 * @module
 */
import { CfnOutput } from 'aws-cdk-lib'
import {
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { EXPLAIN_PATHS } from '../../lambda/protocol/explain-call.ts'
import { REPLICATION_PATHS } from '../../lambda/protocol/replication-call.ts'
import { ROTATION_PATHS } from '../../lambda/protocol/rotation-call.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { operationsToCome } from '../names.ts'
import { acknowledge } from '../nag.ts'
import { accessLogFormat } from './access-log.ts'
import { restyleErrors } from './gateway-errors.ts'
import { KeptLog } from './kept-log.ts'
import type { DeployedOperation } from './operation-functions.ts'
import { resourcePolicy } from './resource-policy.ts'

export const STAGE = 'v1'

export interface ApiProps {
  readonly deployment: RegionalDeployment
  readonly operations: readonly DeployedOperation[]
  readonly router: IFunction
  readonly explain: IFunction
  readonly rotationAdmin: IFunction
  readonly replicationAdmin: IFunction
}

export class Api extends Construct {
  readonly rest: RestApi

  constructor(scope: Construct, id: string, { deployment, operations, router, ...beside }: ApiProps) {
    super(scope, id)
    const { config, names } = deployment
    const accessLog = new KeptLog(this, 'AccessLog', { config, name: names.accessLogs })
    this.rest = new RestApi(this, 'Rest', {
      restApiName: names.api,
      description: `Coffer (${config.prefix}): the API of AWS Secrets Manager`,
      endpointConfiguration: endpointOf(this, deployment),
      policy: resourcePolicy(deployment),
      // The account's one logging role is made where the config says so (api-log-role.ts).
      cloudWatchRole: false,
      defaultMethodOptions: { authorizationType: AuthorizationType.IAM },
      deployOptions: {
        stageName: STAGE,
        accessLogDestination: new LogGroupLogDestination(accessLog),
        accessLogFormat,
        // Execution logs would hold whole requests and answers: secrets.
        loggingLevel: MethodLoggingLevel.OFF,
        dataTraceEnabled: false,
        metricsEnabled: false,
        throttlingRateLimit: config.throttle.rate,
        throttlingBurstLimit: config.throttle.burst,
      },
    })
    // CDK's own output; ours has a name that users can rely on.
    this.rest.node.tryRemoveChild('Endpoint')

    for (const { operation, target } of operations)
      this.rest.root.addResource(operation).addMethod('POST', handOnTo(target))
    // What is not offered yet is answered by the router, in the service's own words and not as a path that does not exist.
    for (const operation of operationsToCome) this.rest.root.addResource(operation).addMethod('POST', handOnTo(router))
    this.rest.root.addMethod('POST', handOnTo(router))
    for (const [paths, target] of [
      [EXPLAIN_PATHS, beside.explain],
      [ROTATION_PATHS, beside.rotationAdmin],
      [REPLICATION_PATHS, beside.replicationAdmin],
    ] as const)
      for (const path of Object.values(paths)) this.rest.root.resourceForPath(path).addMethod('POST', handOnTo(target))
    restyleErrors(this.rest)

    new CfnOutput(this, 'Output', {
      key: 'CofferEndpoint',
      description: 'Endpoint for SDKs and the CLI',
      value: this.rest.urlForPath('/').replace(/\/$/, ''),
    })
    this.#acknowledge()
  }

  #acknowledge(): void {
    acknowledge(
      this.rest,
      'AwsSolutions-APIG2',
      'Requests are validated in the functions, against the model of the service and with its own messages; a model in API Gateway would answer first and differently.',
    )
    acknowledge(
      this.rest.deploymentStage,
      'AwsSolutions-APIG3',
      'A web ACL is put in front by the option waf; every request is signed and checked by IAM before anything else.',
    )
    acknowledge(
      this.rest.deploymentStage,
      'AwsSolutions-APIG6',
      'Execution logs would hold requests and answers, and so secrets. Access logs and the functions have a line for each call.',
    )
    acknowledge(
      this.rest,
      'AwsSolutions-COG4',
      'Callers are authenticated by IAM with signature version 4, as the service does.',
    )
  }
}

/** Without the console's test button, which would be a second caller with a permission of its own. */
const handOnTo = (target: IFunction): LambdaIntegration =>
  new LambdaIntegration(target, { proxy: true, allowTestInvoke: false })

function endpointOf(scope: Construct, { config, region }: RegionalDeployment) {
  const ids = config.privateApi?.vpcEndpointIds[region]
  if (ids === undefined) return { types: [EndpointType.REGIONAL] }
  const vpcEndpoints = ids.map((vpcEndpointId) =>
    InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(scope, vpcEndpointId, { vpcEndpointId, port: 443 }),
  )
  return { types: [EndpointType.PRIVATE], vpcEndpoints }
}
