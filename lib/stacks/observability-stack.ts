/**
 * One dashboard over all Regions. It names metrics and refers to nothing, so it can be deployed, changed and removed at any time.
 * @module
 */
import { Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, TextWidget, type IWidget } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { rotationArns } from '../../lambda/adapters/aws/rotation/rotation-names.ts'
import {
  IDENTITY_ENTRY,
  MANAGED_ROTATION_ENTRY,
  REPLICATOR_ENTRY,
  WORKER_ENTRY,
} from '../../lambda/handlers/edge/function-name.ts'
import { STAGE } from '../constructs/api.ts'
import type { Deployment } from '../deployment.ts'
import { apiMetric, deploymentMetric, executionMetric, functionMetric, queueMetric, tableMetric } from '../metrics.ts'
import type { Names } from '../names.ts'

export interface ObservabilityStackProps extends StackProps {
  readonly deployment: Deployment
}

export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, ...props }: ObservabilityStackProps) {
    super(scope, id, props)
    const { config, names } = deployment
    new Dashboard(this, 'Dashboard', {
      dashboardName: names.dashboard,
      defaultInterval: Duration.hours(24),
      widgets: config.regions.flatMap((region) => rowsOf(names, region, this.account)),
    })
  }
}

const WIDTH = 8

function rowsOf(names: Names, region: string, account: string): IWidget[][] {
  const at = { region }
  const { stateMachine } = rotationArns({ deployment: names.table, account, region })
  const read = names.function('get-secret-value')
  const graph = (title: string, left: GraphWidgetLeft): GraphWidget =>
    new GraphWidget({ title, region, left, width: WIDTH })
  return [
    [new TextWidget({ markdown: `## ${names.table} in ${region}`, width: 24, height: 1 })],
    [
      graph('Calls and errors', [
        apiMetric(names.api, STAGE, 'Count', 'Sum', { ...at, label: 'calls' }),
        apiMetric(names.api, STAGE, '4XXError', 'Sum', { ...at, label: 'client errors' }),
        apiMetric(names.api, STAGE, '5XXError', 'Sum', { ...at, label: 'faults' }),
      ]),
      graph('Latency (ms)', [
        apiMetric(names.api, STAGE, 'Latency', 'p50', { ...at, label: 'p50' }),
        apiMetric(names.api, STAGE, 'Latency', 'p99', { ...at, label: 'p99' }),
        functionMetric(read, 'Duration', 'p99', { ...at, label: 'GetSecretValue p99' }),
      ]),
      graph('GetSecretValue', [
        functionMetric(read, 'Invocations', 'Sum', { ...at, label: 'calls' }),
        functionMetric(read, 'Throttles', 'Sum', { ...at, label: 'throttled' }),
        functionMetric(read, 'ConcurrentExecutions', 'Maximum', { ...at, label: 'at once' }),
      ]),
    ],
    [
      graph('Table: units', [
        tableMetric(names.table, 'ConsumedReadCapacityUnits', { ...at, label: 'read' }),
        tableMetric(names.table, 'ConsumedWriteCapacityUnits', { ...at, label: 'written' }),
      ]),
      graph('Table: throttled', [
        tableMetric(names.table, 'ReadThrottleEvents', { ...at, label: 'reads' }),
        tableMetric(names.table, 'WriteThrottleEvents', { ...at, label: 'writes' }),
      ]),
      graph('Background', [
        functionMetric(names.function('sweeper'), 'Errors', 'Sum', { ...at, label: 'sweeper: errors' }),
        functionMetric(names.function('change-feed'), 'Errors', 'Sum', { ...at, label: 'change feed: errors' }),
        functionMetric(names.function(IDENTITY_ENTRY), 'Errors', 'Sum', { ...at, label: 'identities: errors' }),
        deploymentMetric(names.table, 'SnapshotAgeSeconds', { ...at, label: 'identities: age (s)' }),
        queueMetric(names.deadLetters, 'ApproximateNumberOfMessagesVisible', { ...at, label: 'dead letters' }),
      ]),
    ],
    [
      graph('Rotations', [
        executionMetric(stateMachine, 'ExecutionsStarted', 'Sum', { ...at, label: 'started' }),
        executionMetric(stateMachine, 'ExecutionsSucceeded', 'Sum', { ...at, label: 'succeeded' }),
        executionMetric(stateMachine, 'ExecutionsFailed', 'Sum', { ...at, label: 'failed' }),
        executionMetric(stateMachine, 'ExecutionsTimedOut', 'Sum', { ...at, label: 'timed out' }),
        executionMetric(stateMachine, 'ExecutionsAborted', 'Sum', { ...at, label: 'aborted' }),
      ]),
      graph('Rotation: time (ms)', [
        executionMetric(stateMachine, 'ExecutionTime', 'p50', { ...at, label: 'execution p50' }),
        executionMetric(stateMachine, 'ExecutionTime', 'p99', { ...at, label: 'execution p99' }),
        functionMetric(names.function(MANAGED_ROTATION_ENTRY), 'Duration', 'p99', { ...at, label: 'managed step p99' }),
      ]),
      graph('Rotation: errors', [
        functionMetric(names.function(WORKER_ENTRY), 'Errors', 'Sum', { ...at, label: 'worker: errors' }),
        functionMetric(names.function(WORKER_ENTRY), 'Throttles', 'Sum', { ...at, label: 'worker: throttled' }),
        functionMetric(names.function(MANAGED_ROTATION_ENTRY), 'Errors', 'Sum', {
          ...at,
          label: 'managed: failed steps',
        }),
      ]),
    ],
    [
      graph('Replication into this Region', [
        deploymentMetric(names.table, 'ReplicationSteps', { ...at, statistic: 'Sum', label: 'steps' }),
        deploymentMetric(names.table, 'ReplicationFailures', { ...at, statistic: 'Sum', label: 'failed' }),
      ]),
      graph('Replication: from a change to its copy (ms)', [
        deploymentMetric(names.table, 'ReplicationLagMilliseconds', { ...at, statistic: 'p50', label: 'p50' }),
        deploymentMetric(names.table, 'ReplicationLagMilliseconds', { ...at, statistic: 'p99', label: 'p99' }),
      ]),
      graph('Replicator', [
        functionMetric(names.function(REPLICATOR_ENTRY), 'Errors', 'Sum', { ...at, label: 'errors' }),
        functionMetric(names.function(REPLICATOR_ENTRY), 'Throttles', 'Sum', { ...at, label: 'throttled' }),
        functionMetric(names.function(REPLICATOR_ENTRY), 'IteratorAge', 'Maximum', { ...at, label: 'behind (ms)' }),
      ]),
    ],
  ]
}

type GraphWidgetLeft = NonNullable<ConstructorParameters<typeof GraphWidget>[0]['left']>
