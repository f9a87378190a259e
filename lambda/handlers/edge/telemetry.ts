/**
 * What functions tell of themselves: one log line per request from an allow-list, and metrics for what went wrong. Lambda counts calls and their duration itself;
 * a custom metric costs money in every month it has data, so there are two, with data only when there is trouble.
 * @module
 */
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { CallReport } from '../../protocol/wire.ts'
import { describeFault } from '../../protocol/describe-fault.ts'

export const logger = new Logger()
const metrics = new Metrics()

/** Everything that a request's line may hold beside the report. */
export interface RequestFacts {
  readonly requestId: string
  readonly account?: string | undefined
  readonly principal?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly sourceIp?: string | undefined
  readonly status: number
  readonly latencyMs: number
}

export function reportRequest({ operation, resource, code, fault }: CallReport, facts: RequestFacts): void {
  logger.info('request', {
    operation,
    ...facts,
    ...(resource !== undefined && { resource }),
    ...(code !== undefined && { code }),
  })
  if (fault !== undefined) reportFault(fault, { operation, requestId: facts.requestId })
  if (code !== undefined && facts.status < 500) count('ClientErrors', operation)
}

/** A fault of the service itself: in the log with its causes, and in the metric that an alarm watches. */
export function reportFault(fault: unknown, { operation, requestId }: { operation: string; requestId: string }): void {
  logger.error('fault', { operation, requestId, fault: describeFault(fault) })
  count('Faults', operation)
}

/** A single metric is written at once, so that there is nothing to flush and nothing is said of a call that had no trouble. */
function count(name: 'ClientErrors' | 'Faults', operation: string): void {
  const single = metrics.singleMetric()
  single.addDimension('operation', operation)
  single.addMetric(name, MetricUnit.Count, 1)
}
