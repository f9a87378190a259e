/**
 * Numbers about replication for Prometheus: how late copies are, what Regions did, how many messages are on their way, and how copies went. Labels are Regions and steps, never names or ARNs.
 * @module
 */
import type { EventPort, ServiceEvent } from '../../lambda/core/ports/events.ts'
import type { Reconciled } from '../../lambda/core/replication/reconcile-secret.ts'
import { Histogram } from './histogram.ts'

/** Seconds. */
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 86_400] as const

const RESULTS: Partial<Record<ServiceEvent['name'], string>> = {
  ReplicationStarted: 'started',
  ReplicationSucceeded: 'succeeded',
  ReplicationFailed: 'failed',
}

export class ReplicationMetrics implements EventPort {
  readonly #lag = new Histogram('region', BUCKETS)
  readonly #steps = new Map<string, number>()
  readonly #results = new Map<string, number>()
  #pending: () => ReadonlyMap<string, number> = () => new Map()

  /** What a Region has done about a secret. */
  count(region: string, { steps, lagMs }: Pick<Reconciled, 'steps' | 'lagMs'>): void {
    for (const step of steps) increase(this.#steps, `region="${region}",step="${step}"`)
    if (lagMs !== undefined) this.#lag.observe(region, lagMs / 1000)
  }

  /** Replications are counted as they are told. */
  async tell({ name, replicaRegion }: ServiceEvent): Promise<void> {
    const result = RESULTS[name]
    if (result !== undefined && replicaRegion !== undefined)
      increase(this.#results, `region="${replicaRegion}",result="${result}"`)
  }

  /** @param pending messages by the Region that they are for, when the numbers are asked for */
  watch(pending: () => ReadonlyMap<string, number>): void {
    this.#pending = pending
  }

  /** The text exposition format 0.0.4. */
  text(): string {
    const pending = new Map([...this.#pending()].map(([region, count]) => [`region="${region}"`, count]))
    return [
      ...this.#lag.lines(
        'coffer_replication_lag_seconds',
        "Time from a primary's change to its copy, by the copy's Region",
      ),
      ...numberLines('coffer_replication_steps_total', 'counter', 'What Regions did about replication', this.#steps),
      ...numberLines(
        'coffer_replications_total',
        'counter',
        'Replications that were asked for, by result',
        this.#results,
      ),
      ...numberLines(
        'coffer_replication_pending',
        'gauge',
        'Messages on their way, by the Region that they are for',
        pending,
      ),
      '',
    ].join('\n')
  }
}

const increase = (counts: Map<string, number>, labels: string): void =>
  void counts.set(labels, (counts.get(labels) ?? 0) + 1)

const numberLines = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  values: ReadonlyMap<string, number>,
): readonly string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...[...values].map(([labels, value]) => `${name}{${labels}} ${value}`),
]
