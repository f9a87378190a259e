/**
 * What `Ref` and `Fn::GetAtt` give for each type of resource: physical names, ids and ARNs, as CloudFormation documents them in each type's "Return values".
 * @module
 */
import { hash } from 'node:crypto'
import { SandboxProblem } from '../json.ts'
import type { Resource } from './assembly.ts'

/** Where a resource lives, and its properties. */
export interface Placed {
  readonly resource: Resource
  readonly stack: string
  readonly account: string
  readonly region: string
  readonly partition: string
  readonly urlSuffix: string
  /** A property that names something; resolved. */
  readonly text: (property: string) => string | undefined
}

interface ReturnValues {
  readonly ref: (placed: Placed) => string
  readonly attributes: Readonly<Record<string, (placed: Placed) => string>>
}

/** The time part of a stream's label: nothing depends on it. */
const STREAM_LABEL = '2026-01-01T00:00:00.000'

export function refOf(placed: Placed): string {
  return returnValuesOf(placed).ref(placed)
}

export function attributeOf(placed: Placed, attribute: string): string {
  const { type, logicalId } = placed.resource
  const { attributes } = returnValuesOf(placed)
  const attributeValue = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
  if (attributeValue === undefined)
    throw new SandboxProblem(
      `Fn::GetAtt ${logicalId}.${attribute}: the sandbox does not know this attribute of ${type}`,
    )
  return attributeValue(placed)
}

export const tableArn = (
  { partition, region, account }: Pick<Placed, 'partition' | 'region' | 'account'>,
  name: string,
): string => `arn:${partition}:dynamodb:${region}:${account}:table/${name}`

export const streamArnOf = (table: string): string => `${table}/stream/${STREAM_LABEL}`

/** As long as AWS's, and the same in every start: derived from where the resource stands. */
const idOf = ({ stack, region, resource }: Placed, length: number): string =>
  BigInt(`0x${hash('sha256', `${region}/${stack}/${resource.logicalId}`)}`)
    .toString(36)
    .slice(-length)

const named =
  (property: string) =>
  (placed: Placed): string =>
    placed.text(property) ?? `${placed.stack}-${placed.resource.logicalId}-${idOf(placed, 12)}`.slice(-64)

const arn =
  (service: string, resource: (placed: Placed) => string) =>
  (placed: Placed): string =>
    `arn:${placed.partition}:${service}:${placed.region}:${placed.account}:${resource(placed)}`

const globalArn =
  (service: string, resource: (placed: Placed) => string) =>
  (placed: Placed): string =>
    `arn:${placed.partition}:${service}::${placed.account}:${resource(placed)}`

const tableName = named('TableName')
const functionName = named('FunctionName')
const roleName = named('RoleName')
const ruleName = named('Name')
const queueName = named('QueueName')
const topicName = named('TopicName')
const logGroupName = named('LogGroupName')
const tableArnOf = (placed: Placed): string => tableArn(placed, tableName(placed))
const functionArn = arn('lambda', (placed) => `function:${functionName(placed)}`)
const topicArn = arn('sns', topicName)
const policyName = named('PolicyName')
const layerArn = arn('lambda', (placed) => `layer:${named('LayerName')(placed)}:1`)

const machineName = named('StateMachineName')
const machineArn = arn('states', (placed) => `stateMachine:${machineName(placed)}`)
const groupName = named('Name')

const table: ReturnValues = {
  ref: tableName,
  attributes: {
    Arn: tableArnOf,
    StreamArn: (placed) => streamArnOf(tableArnOf(placed)),
    TableId: (placed) => idOf(placed, 32),
  },
}

const BY_TYPE: Readonly<Record<string, ReturnValues>> = {
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::Lambda::Function': { ref: functionName, attributes: { Arn: functionArn } },
  'AWS::Lambda::Version': {
    ref: (placed) => qualified(placed, '1'),
    attributes: { Version: () => '1', FunctionArn: (placed) => qualified(placed, '1') },
  },
  'AWS::Lambda::Alias': {
    ref: (placed) => qualified(placed, placed.text('Name') ?? ''),
    attributes: { AliasArn: (placed) => qualified(placed, placed.text('Name') ?? '') },
  },
  'AWS::Lambda::LayerVersion': { ref: layerArn, attributes: { LayerVersionArn: layerArn } },
  'AWS::IAM::Role': {
    ref: roleName,
    attributes: {
      Arn: globalArn('iam', (placed) => `role${placed.text('Path') ?? '/'}${roleName(placed)}`),
      RoleId: (placed) => `AROA${idOf(placed, 16).toUpperCase()}`,
    },
  },
  'AWS::IAM::Policy': { ref: policyName, attributes: {} },
  'AWS::ApiGateway::RestApi': {
    ref: (placed) => idOf(placed, 10),
    attributes: { RootResourceId: (placed) => `r${idOf(placed, 9)}`, RestApiId: (placed) => idOf(placed, 10) },
  },
  'AWS::ApiGateway::Resource': {
    ref: (placed) => idOf(placed, 6),
    attributes: { ResourceId: (placed) => idOf(placed, 6) },
  },
  'AWS::ApiGateway::Deployment': {
    ref: (placed) => idOf(placed, 6),
    attributes: { DeploymentId: (placed) => idOf(placed, 6) },
  },
  'AWS::ApiGateway::Stage': { ref: (placed) => placed.text('StageName') ?? '', attributes: {} },
  'AWS::Logs::LogGroup': {
    ref: logGroupName,
    attributes: { Arn: arn('logs', (placed) => `log-group:${logGroupName(placed)}:*`) },
  },
  'AWS::SQS::Queue': {
    ref: (placed) => `https://sqs.${placed.region}.${placed.urlSuffix}/${placed.account}/${queueName(placed)}`,
    attributes: { Arn: arn('sqs', queueName), QueueName: queueName },
  },
  'AWS::SNS::Topic': { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: topicName } },
  'AWS::Events::Rule': { ref: ruleName, attributes: { Arn: arn('events', (placed) => `rule/${ruleName(placed)}`) } },
  'AWS::SNS::TopicPolicy': { ref: (placed) => idOf(placed, 12), attributes: {} },
  'AWS::StepFunctions::StateMachine': {
    ref: machineArn,
    attributes: { Arn: machineArn, Name: machineName },
  },
  'AWS::Scheduler::ScheduleGroup': {
    ref: groupName,
    attributes: { Arn: arn('scheduler', (placed) => `schedule-group/${groupName(placed)}`) },
  },
  'AWS::KMS::Key': {
    ref: (placed) => idOf(placed, 32),
    attributes: { Arn: arn('kms', (placed) => `key/${idOf(placed, 32)}`), KeyId: (placed) => idOf(placed, 32) },
  },
}

/** ARN of a version or an alias; templates name the function by its name or its ARN. */
function qualified(placed: Placed, qualifier: string): string {
  const target = placed.text('FunctionName') ?? ''
  const whole = target.startsWith('arn:') ? target : arn('lambda', () => `function:${target}`)(placed)
  return `${whole}:${qualifier}`
}

function returnValuesOf({ resource: { type, logicalId } }: Placed): ReturnValues {
  const values = Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined
  if (values === undefined)
    throw new SandboxProblem(`${logicalId}: the sandbox does not know what Ref and Fn::GetAtt give for ${type}`)
  return values
}
