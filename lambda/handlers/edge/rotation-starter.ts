/**
 * How the change feed and the sweeper start rotations.
 * @module
 */
import { schedulerClient, sfnClient } from '../../adapters/aws/rotation/clients.ts'
import { RotationExecutions } from '../../adapters/aws/rotation/rotation-executions.ts'
import { RotationSchedules } from '../../adapters/aws/rotation/rotation-schedules.ts'
import { RotationStarter } from '../../adapters/aws/rotation/rotation-starter.ts'
import { wallClock } from '../../adapters/wall-clock.ts'
import type { Deployment } from './environment.ts'

export function rotationStarter(place: Deployment): RotationStarter {
  const clock = wallClock
  return new RotationStarter({
    schedules: new RotationSchedules({ client: schedulerClient(), place, clock }),
    executions: new RotationExecutions({ client: sfnClient(), place }),
    clock,
  })
}
