import type { ServiceEvent, ServiceEventName } from '../../../lambda/core/ports/events.ts'
import { Metrics } from '../../../local/server/metrics.ts'
import { rotationMetrics } from '../../../local/server/rotation-metrics.ts'

const event = (name: ServiceEventName): ServiceEvent => ({
  name,
  secret: { account: '1', region: 'r', name: 'db' },
  secretArn: 'arn:db',
  at: 0,
  id: 'i',
  requestId: 'r',
  versionId: 'v',
})

it('counts rotations and tests by their result, and names no secret', async () => {
  const metrics = new Metrics()
  const port = rotationMetrics(metrics)
  for (const name of ['RotationStarted', 'RotationFailed', 'RotationFailed', 'RotationSucceeded'] as const)
    await port.tell(event(name))
  for (const name of [
    'RotationAbandoned',
    'TestRotationStarted',
    'TestRotationSucceeded',
    'TestRotationFailed',
  ] as const)
    await port.tell(event(name))
  const text = await metrics.text()
  expect(text.split('\n').filter((line) => line.startsWith('coffer_rotations_total'))).toEqual([
    'coffer_rotations_total{kind="rotation",result="started"} 1',
    'coffer_rotations_total{kind="rotation",result="failed"} 2',
    'coffer_rotations_total{kind="rotation",result="succeeded"} 1',
    'coffer_rotations_total{kind="rotation",result="abandoned"} 1',
    'coffer_rotations_total{kind="test",result="started"} 1',
    'coffer_rotations_total{kind="test",result="succeeded"} 1',
    'coffer_rotations_total{kind="test",result="failed"} 1',
  ])
  expect(text).toContain('# TYPE coffer_rotations_total counter')
  expect(text).not.toContain('arn:db')
})
