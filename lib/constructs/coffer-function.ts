/**
 * A function as all of Coffer's are: its bundle, its own role with nothing but what it is given, its own log with an end.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ApplicationLogLevel,
  Architecture,
  type CfnFunction,
  Code,
  Function,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForLog, grantsForVpc } from '../grants.ts'
import { acknowledgeWildcards } from '../nag.ts'
import { KeptLog } from './kept-log.ts'

export interface CofferFunctionProps {
  readonly deployment: RegionalDeployment
  /** Its file under lambda/handlers, and the end of its name. */
  readonly entry: string
  readonly description: string
  readonly memoryMb: number
  readonly timeoutSeconds: number
  readonly grants: readonly PolicyStatement[]
  readonly environment?: Readonly<Record<string, string>>
  readonly reservedConcurrency?: number
  readonly network?: FunctionNetwork
}

/** Where in a VPC a function is. */
export interface FunctionNetwork {
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
}

export class CofferFunction extends Construct {
  readonly function: Function

  constructor(scope: Construct, id: string, props: CofferFunctionProps) {
    super(scope, id)
    const { entry, deployment, reservedConcurrency, network } = props
    const { config, names, bundles, place } = deployment
    const folder = bundles.functions[entry]
    if (folder === undefined) throw new Error(`there is no bundle for ${entry}`)

    const logGroup = new KeptLog(this, 'Log', { config, name: names.functionLogs(entry) })
    const statements = [
      grantsForLog(place, names.functionLogs(entry)),
      ...(network === undefined ? [] : grantsForVpc(place, entry)),
      ...props.grants,
    ]
    const role = new Role(this, 'Role', {
      roleName: names.role(entry, deployment.region),
      path: names.rolePath,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${names.function(entry)} may do`,
      inlinePolicies: { access: new PolicyDocument({ statements }) },
    })
    acknowledgeWildcards(role, statements)
    this.function = new Function(this, 'Function', {
      functionName: names.function(entry),
      description: props.description,
      code: Code.fromAsset(folder),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup,
      // Powertools writes its lines to stdout as JSON whatever is set; this makes what the platform says (REPORT, a crash) JSON too.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: 'coffer',
        POWERTOOLS_METRICS_NAMESPACE: 'Coffer',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        ...props.environment,
      },
      ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    })
    // By its ids alone: CDK's own way wants to look the VPC up, and gives the role a managed policy.
    if (network !== undefined)
      (this.function.node.defaultChild as CfnFunction).vpcConfig = {
        subnetIds: [...network.subnetIds],
        securityGroupIds: [...network.securityGroupIds],
      }
  }
}

/** What functions that read or write secrets are told. */
export const serviceEnvironment = ({ config, names, place }: RegionalDeployment): Record<string, string> => ({
  COFFER_TABLE: names.table,
  COFFER_KEY_MODE: config.keyMode,
  COFFER_DEPLOYMENT: config.prefix,
  COFFER_ACCOUNT: place.account,
  // Where a secret may have replicas, and whose items the table holds.
  COFFER_REGIONS: config.regions.join(','),
})

/** How functions that have to do with functions that rotate secrets are told which may. */
export const rotationEnvironment = ({ place }: RegionalDeployment): Record<string, string> =>
  place.rotationFunctions.length === 0 ? {} : { COFFER_ROTATION_FUNCTIONS: place.rotationFunctions.join(',') }

/** How functions that decide on access are told to do it. */
export const accessEnvironment = ({ config }: RegionalDeployment): Record<string, string> => ({
  COFFER_IDENTITY_GRACE_MINUTES: String(config.identitySnapshot.graceMinutes),
  ...(config.enforcedAtApi.length > 0 && { COFFER_ENFORCED_AT_API: config.enforcedAtApi.join(',') }),
})
