/**
 * The event port over the metrics: rotations are counted as they are told.
 * @module
 */
import type { EventPort, ServiceEventName } from '../../lambda/core/ports/events.ts'
import type { Metrics } from './metrics.ts'

export function rotationMetrics(metrics: Pick<Metrics, 'countRotation'>): EventPort {
  return {
    async tell({ name }) {
      const count = COUNTS[name]
      if (count) metrics.countRotation(...count)
    },
  }
}

const COUNTS: Readonly<Partial<Record<ServiceEventName, Parameters<Metrics['countRotation']>>>> = {
  RotationStarted: ['rotation', 'started'],
  RotationSucceeded: ['rotation', 'succeeded'],
  RotationFailed: ['rotation', 'failed'],
  RotationAbandoned: ['rotation', 'abandoned'],
  TestRotationStarted: ['test', 'started'],
  TestRotationSucceeded: ['test', 'succeeded'],
  TestRotationFailed: ['test', 'failed'],
}
