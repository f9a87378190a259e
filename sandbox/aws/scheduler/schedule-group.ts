/**
 * Groups of schedules of the templates: `AWS::Scheduler::ScheduleGroup`.
 * @module
 */
import type { Resource } from '../../template/assembly.ts'
import type { Resolver } from '../../template/resolver.ts'

export interface ScheduleGroup {
  readonly name: string
  readonly arn: string
  readonly region: string
}

export const readScheduleGroup = (resolver: Resolver, { logicalId }: Resource): ScheduleGroup => ({
  name: resolver.ref(logicalId),
  arn: resolver.attribute(logicalId, 'Arn'),
  region: resolver.stack.region,
})
