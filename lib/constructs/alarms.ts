/**
 * The alarms of one Region: what somebody should be told of, and what it means. Each is in the Region of its metric.
 * @module
 */
import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { rotationArns } from '../../lambda/adapters/aws/rotation/rotation-names.ts'
import { IDENTITY_ENTRY, REPLICATOR_ENTRY, WORKER_ENTRY } from '../../lambda/handlers/edge/function-name.ts'
import type { RegionalDeployment } from '../deployment.ts'
import {
  apiMetric,
  deploymentMetric,
  executionMetric,
  functionMetric,
  queueMetric,
  tableMetric,
  tableOperationMetric,
} from '../metrics.ts'
import { STAGE } from './api.ts'

/**
 * Each metric that an alarm looks at is paid for, so there is no alarm per function: an operation that crashes, runs out of time or is throttled ends as a fault of the API
 * (api-5xx), by its own path and through the router. What has no caller is watched by itself.
 */
const WITHOUT_CALLER = ['sweeper', 'change-feed', IDENTITY_ENTRY, WORKER_ENTRY, REPLICATOR_ENTRY]

/** The router tells its caller of throttling, as the service would: no fault of the API shows it. */
const THROTTLED_UNSEEN = ['get-secret-value', 'router', ...WITHOUT_CALLER]

/** The two that no request can do without, and the commit. */
const TABLE_OPERATIONS = ['Query', 'GetItem', 'PutItem']

interface Watch {
  readonly name: string
  readonly description: string
  readonly metric: IMetric
  /** Above it for all the periods: alarm. */
  readonly above: number
  /** Of five minutes. */
  readonly periods: number
  /** Something is measured every minute: silence is the worst news. */
  readonly isSteady?: boolean
}

/** Well before the grace ends, and after a few passes have failed. */
const STALE_AFTER = Duration.minutes(5)

export interface AlarmsProps {
  readonly deployment: RegionalDeployment
  readonly topic: ITopic
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { deployment, topic }: AlarmsProps) {
    super(scope, id)
    const action = new SnsAction(topic)
    for (const { name, description, metric, above, periods, isSteady = false } of watches(deployment)) {
      const alarm = new Alarm(this, name, {
        alarmName: deployment.names.alarm(name),
        alarmDescription: description,
        metric,
        threshold: above,
        evaluationPeriods: periods,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        // Nothing is measured where nothing is called.
        treatMissingData: isSteady ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      })
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
  }
}

/** The ways in which an execution ends badly. */
const BAD_ENDS = ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted']

function watches({ names, config, place }: RegionalDeployment): Watch[] {
  const { stateMachine } = rotationArns({ deployment: config.prefix, account: place.account, region: place.region })
  const sumOf = (entries: readonly string[], name: string): IMetric =>
    sum(entries.map((entry) => functionMetric(names.function(entry), name, 'Sum')))
  return [
    {
      name: 'api-5xx',
      description: 'Calls end in a fault of the service. The log of the function has a line "fault" with the cause.',
      metric: apiMetric(names.api, STAGE, '5XXError', 'Sum'),
      above: 0,
      periods: 1,
    },
    {
      name: 'api-latency',
      description: 'One call in a hundred takes longer than two seconds, for a quarter of an hour.',
      metric: apiMetric(names.api, STAGE, 'Latency', 'p99'),
      above: 2000,
      periods: 3,
    },
    {
      name: 'background-errors',
      description:
        'The sweeper, the change feed, the identity function, the worker of rotations or the replicator fails. Its log says why; what was deleted is not purged, who may do what is not looked up, secrets are not rotated, or copies are not made, meanwhile.',
      metric: sumOf(WITHOUT_CALLER, 'Errors'),
      above: 0,
      periods: 1,
    },
    {
      name: 'identities-stale',
      description:
        'The snapshot of users, roles and policies is not renewed. When its grace ends, everybody is refused. The log of the identity function says why.',
      metric: deploymentMetric(config.prefix, 'SnapshotAgeSeconds'),
      above: STALE_AFTER.toSeconds(),
      periods: 1,
      isSteady: true,
    },
    {
      name: 'identities-unusable',
      description:
        'Users or roles are refused because their policies cannot be read in full, or are too large to be kept. If it does not end by itself, look at the log of the identity function.',
      metric: deploymentMetric(config.prefix, 'UnusableIdentities'),
      above: 0,
      periods: 3,
    },
    {
      name: 'rotations-failed',
      description:
        'A rotation was given up until its next window, or its execution broke. The topic of events, and the recorder of the secret, say which, at which step and why.',
      metric: sum(BAD_ENDS.map((name) => executionMetric(stateMachine, name, 'Sum'))),
      above: 0,
      periods: 1,
    },
    {
      name: 'replication-failed',
      description:
        'A copy in this Region could not be made or brought up to date, and is tried again by and by. DescribeSecret of the primary, and coffer replication status, say why and what to do.',
      metric: deploymentMetric(config.prefix, 'ReplicationFailures', { statistic: 'Sum' }),
      above: 0,
      periods: 1,
    },
    {
      name: 'function-throttles',
      description: 'Functions are not run because the concurrency of the account, or the reserved one, is used up.',
      metric: sumOf(THROTTLED_UNSEEN, 'Throttles'),
      above: 0,
      periods: 1,
    },
    {
      name: 'dead-letters',
      description:
        'Background work was given up: a sweep, a batch of the change feed or of the replicator, or a schedule that could not start its rotation. Look into the queue, then at the log of the sweeper, the change feed or the replicator.',
      metric: queueMetric(names.deadLetters, 'ApproximateNumberOfMessagesVisible'),
      above: 0,
      periods: 1,
    },
    {
      name: 'change-feed-lag',
      description:
        'The change feed is ten minutes behind: forced deletions and rotations wait for it, or for the sweeper.',
      metric: functionMetric(names.function('change-feed'), 'IteratorAge', 'Maximum'),
      above: Duration.minutes(10).toMilliseconds(),
      periods: 1,
    },
    {
      name: 'replicator-lag',
      description:
        'The replicator is ten minutes behind with what has changed in any Region: copies in this one are older than that.',
      metric: functionMetric(names.function(REPLICATOR_ENTRY), 'IteratorAge', 'Maximum'),
      above: Duration.minutes(10).toMilliseconds(),
      periods: 1,
    },
    {
      name: 'table-throttles',
      description: 'DynamoDB throttles: most likely one secret is read or written more than a partition can bear.',
      metric: sum([tableMetric(names.table, 'ReadThrottleEvents'), tableMetric(names.table, 'WriteThrottleEvents')]),
      above: 0,
      periods: 3,
    },
    {
      name: 'table-faults',
      description: 'DynamoDB answers with faults of its own.',
      metric: sum(TABLE_OPERATIONS.map((operation) => tableOperationMetric(names.table, operation, 'SystemErrors'))),
      above: 0,
      periods: 2,
    },
  ]
}

function sum(metrics: readonly IMetric[]): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index + 1}`, metric]))
  return new MathExpression({
    expression: Object.keys(usingMetrics)
      .map((id) => `FILL(${id}, 0)`)
      .join(' + '),
    usingMetrics,
    period: Duration.minutes(5),
  })
}
