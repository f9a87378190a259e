/**
 * One schedule of EventBridge Scheduler for each secret that has a rotation to come. It fires once and is gone. That it may fire twice, late, or not at all is provided for: the first task consumes the
 * planned start, and the sweeper starts what was lost.
 * @module
 */
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  UpdateScheduleCommand,
  type CreateScheduleCommandInput,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler'
import type { Clock } from '../../../core/ports/clock.ts'
import type { ExecutionInput } from '../../../core/rotation/workflow.ts'
import { hashOf, rotationArns, scheduleGroupName, type RotationPlace } from './rotation-names.ts'

export interface RotationSchedulesOptions {
  readonly client: Pick<SchedulerClient, 'send'>
  readonly place: RotationPlace
  readonly clock: Clock
}

export interface PlannedExecution {
  readonly secretArn: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly input: ExecutionInput
}

/** The first attempt is for the schedule that there is mostly none of, the second for one that there is, the third for one that fired in between. */
const ATTEMPTS = 3

/** Scheduler knows minutes; it is not asked for one that is over by the time that it hears of it. */
const LEAD_MS = 60_000

export class RotationSchedules {
  readonly #options: RotationSchedulesOptions

  constructor(options: RotationSchedulesOptions) {
    this.#options = options
  }

  /** @throws what the client throws */
  async put(planned: PlannedExecution): Promise<void> {
    const schedule = this.#scheduleOf(planned)
    for (let attempt = 1; ; attempt++) {
      const isNew = attempt % 2 === 1
      try {
        await this.#options.client.send(
          isNew ? new CreateScheduleCommand(schedule) : new UpdateScheduleCommand(schedule),
        )
        return
      } catch (error) {
        const expected = isNew ? 'ConflictException' : 'ResourceNotFoundException'
        if (attempt === ATTEMPTS || nameOf(error) !== expected) throw error
      }
    }
  }

  async remove(secretArn: string): Promise<void> {
    const { deployment } = this.#options.place
    try {
      await this.#options.client.send(
        new DeleteScheduleCommand({ Name: hashOf(secretArn), GroupName: scheduleGroupName(deployment) }),
      )
    } catch (error) {
      if (nameOf(error) !== 'ResourceNotFoundException') throw error
    }
  }

  #scheduleOf({ secretArn, at, input }: PlannedExecution): CreateScheduleCommandInput {
    const { place, clock } = this.#options
    const arns = rotationArns(place)
    return {
      Name: hashOf(secretArn),
      GroupName: scheduleGroupName(place.deployment),
      Description: `Next rotation of ${input.name}`.slice(0, LONGEST_DESCRIPTION),
      ScheduleExpression: `at(${secondsOf(Math.max(at, clock.now() + LEAD_MS))})`,
      ScheduleExpressionTimezone: 'UTC',
      // The start was drawn from the window already.
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      State: 'ENABLED',
      Target: {
        Arn: arns.stateMachine,
        RoleArn: arns.scheduleRole,
        Input: JSON.stringify(input),
        RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3_600 },
        DeadLetterConfig: { Arn: arns.deadLetters },
      },
    }
  }
}

const LONGEST_DESCRIPTION = 512

/** `yyyy-mm-ddThh:mm:ss`, not before the moment. */
const secondsOf = (at: number): string => new Date(Math.ceil(at / 1000) * 1000).toISOString().slice(0, 19)

const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : ''
