/**
 * The metrics that alarms watch and the dashboard shows, by name, so that any stack can have them without a reference to another.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'

const FIVE_MINUTES = Duration.minutes(5)

type Options = Pick<MetricOptions, 'region' | 'label' | 'color'>

const metric = (
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  statistic: string,
  options: Options = {},
): Metric => new Metric({ namespace, metricName, dimensionsMap, statistic, period: FIVE_MINUTES, ...options })

export const apiMetric = (api: string, stage: string, name: string, statistic: string, options?: Options): Metric =>
  metric('AWS/ApiGateway', name, { ApiName: api, Stage: stage }, statistic, options)

export const functionMetric = (functionName: string, name: string, statistic: string, options?: Options): Metric =>
  metric('AWS/Lambda', name, { FunctionName: functionName }, statistic, options)

export const tableMetric = (table: string, name: string, options?: Options): Metric =>
  metric('AWS/DynamoDB', name, { TableName: table }, 'Sum', options)

export const tableOperationMetric = (table: string, operation: string, name: string, options?: Options): Metric =>
  metric('AWS/DynamoDB', name, { TableName: table, Operation: operation }, 'Sum', options)

export const queueMetric = (queueName: string, name: string, options?: Options): Metric =>
  metric('AWS/SQS', name, { QueueName: queueName }, 'Maximum', options)

export const executionMetric = (stateMachineArn: string, name: string, statistic: string, options?: Options): Metric =>
  metric('AWS/States', name, { StateMachineArn: stateMachineArn }, statistic, options)

/** What functions measure themselves (lambda/handlers/edge/telemetry.ts). */
export const deploymentMetric = (
  deployment: string,
  name: string,
  { statistic = 'Maximum', ...options }: Options & { readonly statistic?: string } = {},
): Metric => metric('Coffer', name, { service: 'coffer', deployment }, statistic, options)
