/**
 * What functions tell of themselves: one log line per request from an allow-list, and metrics for what went wrong. Lambda counts calls and their duration itself;
 * a custom metric costs money in every month it has data, so there are few, with data only when there is trouble: but for the age of the snapshot of identities, whose absence is the
 * trouble.
 * @module
 */
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { WireResponse } from '../../protocol/wire.ts'
import type { ProxyRequest } from './proxy-event.ts'
import { describeFault } from '../../protocol/describe-fault.ts'

export const logger = new Logger()
const metrics = new Metrics()

/** @param startedAt of `performance.now()` */
export function reportRequest(
  { status, report: { operation, resource, code, reason, fault } }: WireResponse,
  { request, startedAt }: { request: ProxyRequest | undefined; startedAt: number },
): void {
  const requestId = request?.requestId ?? 'unknown'
  logger.info('request', {
    operation,
    requestId,
    account: request?.principal.account,
    principal: request?.principal.arn,
    accessKeyId: request?.principal.accessKeyId,
    sourceIp: request?.origin.sourceIp,
    status,
    latencyMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
    ...(resource !== undefined && { resource }),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
  })
  if (fault !== undefined) reportFault(fault, { operation, requestId })
  if (code !== undefined && status < 500) count('ClientErrors', operation)
}

/** A fault of the service itself: in the log with its causes, and in the metric that an alarm watches. */
export function reportFault(fault: unknown, { operation, requestId }: { operation: string; requestId: string }): void {
  logger.error('fault', { operation, requestId, fault: describeFault(fault) })
  count('Faults', operation)
}

/** Figures of the deployment in this Region, which an alarm watches or the dashboard shows; those of replication have data only where there are copies. */
const figures = {
  SnapshotAgeSeconds: MetricUnit.Seconds,
  UnusableIdentities: MetricUnit.Count,
  /** What was done in reconciling, failures among it. */
  ReplicationSteps: MetricUnit.Count,
  ReplicationFailures: MetricUnit.Count,
  /** From the primary's change to its copy. */
  ReplicationLagMilliseconds: MetricUnit.Milliseconds,
} as const

export function measure(name: keyof typeof figures, value: number, { deployment }: { deployment: string }): void {
  const single = metrics.singleMetric()
  single.addDimension('deployment', deployment)
  single.addMetric(name, figures[name], value)
}

/** A single metric is written at once, so that there is nothing to flush and nothing is said of a call that had no trouble. */
function count(name: 'ClientErrors' | 'Faults', operation: string): void {
  const single = metrics.singleMetric()
  single.addDimension('operation', operation)
  single.addMetric(name, MetricUnit.Count, 1)
}
