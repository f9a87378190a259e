import type { ServiceEvent } from '../../../lambda/core/ports/events.ts'
import { Metrics } from '../../../local/server/metrics.ts'
import { ReplicationMetrics } from '../../../local/server/replication-metrics.ts'

const event = (name: ServiceEvent['name'], more: Partial<ServiceEvent> = {}): ServiceEvent => ({
  name,
  secret: { account: '1', region: 'us-east-1', name: 'db' },
  secretArn: 'arn:db',
  at: 0,
  id: 'i',
  requestId: 'r',
  ...more,
})

async function linesOf(replication: ReplicationMetrics): Promise<readonly string[]> {
  const metrics = new Metrics()
  metrics.include(() => replication.text())
  const text = await metrics.text()
  return text.split('\n').filter((line) => line.includes('coffer_replication'))
}

it('counts steps, lag and results by Region, tells what is on its way when it is asked, and names no secret', async () => {
  const metrics = new ReplicationMetrics()
  metrics.count('eu-west-1', { steps: ['copied', 'noted'], lagMs: 700 })
  metrics.count('eu-west-1', { steps: ['copied'], lagMs: 90_000_000 })
  metrics.count('us-east-1', { steps: [] })
  await metrics.tell(event('ReplicationStarted', { replicaRegion: 'eu-west-1' }))
  await metrics.tell(event('ReplicationFailed', { replicaRegion: 'eu-west-1', errorMessage: 'arn:db' }))
  await metrics.tell(event('RotationStarted'))
  let waiting = 1
  metrics.watch(() => new Map([['us-east-1', waiting++]]))
  const lines = await linesOf(metrics)
  expect(lines.filter((line) => !line.includes('_bucket') && !line.startsWith('# HELP'))).toEqual([
    '# TYPE coffer_replication_lag_seconds histogram',
    'coffer_replication_lag_seconds_sum{region="eu-west-1"} 90000.7',
    'coffer_replication_lag_seconds_count{region="eu-west-1"} 2',
    '# TYPE coffer_replication_steps_total counter',
    'coffer_replication_steps_total{region="eu-west-1",step="copied"} 2',
    'coffer_replication_steps_total{region="eu-west-1",step="noted"} 1',
    '# TYPE coffer_replications_total counter',
    'coffer_replications_total{region="eu-west-1",result="started"} 1',
    'coffer_replications_total{region="eu-west-1",result="failed"} 1',
    '# TYPE coffer_replication_pending gauge',
    'coffer_replication_pending{region="us-east-1"} 1',
  ])
  expect(lines).toEqual(
    expect.arrayContaining([
      'coffer_replication_lag_seconds_bucket{region="eu-west-1",le="0.5"} 0',
      'coffer_replication_lag_seconds_bucket{region="eu-west-1",le="1"} 1',
      'coffer_replication_lag_seconds_bucket{region="eu-west-1",le="86400"} 1',
      'coffer_replication_lag_seconds_bucket{region="eu-west-1",le="+Inf"} 2',
    ]),
  )
  expect(await linesOf(metrics)).toContain('coffer_replication_pending{region="us-east-1"} 2')
  expect(lines.join('\n')).not.toContain('arn:db')
})
