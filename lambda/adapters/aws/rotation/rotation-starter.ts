/**
 * Sees to it that what a head wants happens: the change feed tells it of every change, the sweeper of what should have happened by now.
 * @module
 */
import type { SecretHead } from '../../../core/domain/secret.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import type { RotationExecutions } from './rotation-executions.ts'
import type { RotationSchedules } from './rotation-schedules.ts'
import { executionInput, secretIdOf, wantedBy } from './wanted.ts'

export interface RotationStarterOptions {
  readonly schedules: Pick<RotationSchedules, 'put' | 'remove'>
  readonly executions: Pick<RotationExecutions, 'start'>
  readonly clock: Clock
}

/** What was done, for the log. */
export type Armed = 'scheduled' | 'started' | 'nothing planned'
export type Revived = 'started' | 'taken over' | 'nothing due'

export class RotationStarter {
  readonly #options: RotationStarterOptions

  constructor(options: RotationStarterOptions) {
    this.#options = options
  }

  /** After a change of the head: its schedule is as it should be, and what shall begin now begins. May be repeated. */
  async arm(head: SecretHead): Promise<Armed> {
    const { schedules, executions, clock } = this.#options
    const secretArn = secretIdOf(head)
    const { schedule, start } = wantedBy(head)
    const isDue = schedule !== undefined && schedule.at <= clock.now()
    const begin = start ?? (isDue ? schedule : undefined)
    if (begin) await executions.start({ secretArn, input: executionInput(head, begin.run) })
    if (schedule === undefined) await schedules.remove(secretArn)
    else if (!isDue) await schedules.put({ secretArn, at: schedule.at, input: executionInput(head, schedule.run) })
    return begin ? 'started' : schedule ? 'scheduled' : 'nothing planned'
  }

  /**
   * A rotation that nothing has been heard of for longer than it takes the services to do their part: a schedule that never fired, a start that the change feed never saw, an execution that broke.
   * @param before what is due since then
   */
  async revive(head: SecretHead, before: number): Promise<Revived> {
    const { executions } = this.#options
    const secretArn = secretIdOf(head)
    const running = head.state === 'active' ? head.rotation?.running : undefined
    const { schedule, start } = wantedBy(head)
    if (running !== undefined && running.checkAt <= before) {
      const isHeld = start === undefined
      const input = executionInput(head, running.run, isHeld)
      // A start under the name that it would have had is answered as done, where its execution broke before it took the run up: so each time of looking has a name of its own.
      await executions.start({ secretArn, input, since: isHeld ? running.checkAt : before })
      return isHeld ? 'taken over' : 'started'
    }
    if (running !== undefined || schedule === undefined || schedule.at > before) return 'nothing due'
    await executions.start({ secretArn, input: executionInput(head, schedule.run), since: before })
    return 'started'
  }
}
