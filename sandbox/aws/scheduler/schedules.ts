/**
 * EventBridge Scheduler: schedules that fire by the sandbox's clock, at least once, under the role that each names; what their target does not take is tried again, and given up at last.
 * @module
 */
import { trusts, type Role } from '../../iam/role.ts'
import type { RoleGate } from '../../iam/role-gate.ts'
import { parseJson } from '../../json.ts'
import type { Agenda, Cancel } from '../../events/agenda.ts'
import type { Faults } from '../faults.ts'
import type { Executions } from '../states/executions.ts'
import type { StateMachine } from '../states/state-machine.ts'
import type { Schedule } from './schedule.ts'
import type { ScheduleGroup } from './schedule-group.ts'

/** How often a schedule's target is invoked when it fires. Scheduler promises once at least; a control makes it twice, or, as if it were lost, never. */
export type Delivery = 'once' | 'twice' | 'never'

/** What Scheduler gave up, as in its dead-letter queue, without the input. */
export interface LostInvocation {
  readonly schedule: string
  readonly group: string
  readonly region: string
  readonly destination: string | undefined
  /** `ERROR_CODE` */
  readonly code: string
  readonly attempts: number
}

export interface SchedulerOptions {
  readonly agenda: Agenda
  readonly groups: readonly ScheduleGroup[]
  readonly roles: ReadonlyMap<string, Role>
  readonly machines: readonly StateMachine[]
  readonly executions: Executions
  readonly gate: RoleGate
  readonly faults: Faults
}

/** Whose calls these are, for faults and reports. */
export const SCHEDULER = 'EventBridge Scheduler'
export const SCHEDULER_SERVICE = 'scheduler.amazonaws.com'

/** Backoff of its own making: Scheduler's is not published. */
const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 300_000

interface Armed {
  readonly schedule: Schedule
  readonly cancel: Cancel
}

interface Refused {
  readonly code: string
  /** It may pass. */
  readonly isTransient: boolean
}

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #armed = new Map<string, Armed>()
  readonly lost: LostInvocation[] = []
  delivery: Delivery = 'once'

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  now(): number {
    return this.#options.agenda.now()
  }

  group(name: string, region: string): ScheduleGroup | undefined {
    return this.#options.groups.find((group) => group.name === name && group.region === region)
  }

  role(arn: string): Role | undefined {
    return this.#options.roles.get(arn)
  }

  machine(arn: string): StateMachine | undefined {
    return this.#options.machines.find((machine) => machine.arn === arn)
  }

  /** The role lets Scheduler in, for this schedule's group. */
  mayTakeOn(role: Role, { region, group, account }: Pick<Schedule, 'region' | 'group' | 'account'>): boolean {
    const sourceArn = this.group(group, region)?.arn ?? ''
    return trusts(role, SCHEDULER_SERVICE, { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': account })
  }

  find(arn: string): Schedule | undefined {
    return this.#armed.get(arn)?.schedule
  }

  /** Sorted by the time at which they fire. */
  get all(): readonly Schedule[] {
    return [...this.#armed.values()].map(({ schedule }) => schedule).sort((a, b) => a.at - b.at)
  }

  /** In the place of the one of that name, if there is one. */
  put(schedule: Schedule): void {
    this.remove(schedule.arn)
    const cancel = schedule.isEnabled
      ? this.#options.agenda.at(schedule.at, () => this.#fire(schedule))
      : () => undefined
    this.#armed.set(schedule.arn, { schedule, cancel })
  }

  remove(arn: string): boolean {
    this.#armed.get(arn)?.cancel()
    return this.#armed.delete(arn)
  }

  #fire(schedule: Schedule): void {
    const times = { once: 1, twice: 2, never: 0 }[this.delivery]
    for (let time = 0; time < times; time++) this.#deliver(schedule, { attempts: 0, since: this.now() })
    if (times === 0) this.#completed(schedule)
  }

  #deliver(schedule: Schedule, { attempts: before, since }: { attempts: number; since: number }): void {
    const { agenda } = this.#options
    const attempts = before + 1
    const refused = this.#invoke(schedule)
    if (refused === undefined) {
      this.#completed(schedule)
      return
    }
    const { mostRetries, mostAgeMs } = schedule.target
    const next = this.now() + Math.min(FIRST_RETRY_MS * 2 ** before, LONGEST_RETRY_MS)
    if (refused.isTransient && attempts <= mostRetries && next <= since + mostAgeMs)
      agenda.at(next, () => this.#deliver(schedule, { attempts, since }))
    else {
      this.#giveUp(schedule, refused.code, attempts)
      this.#completed(schedule)
    }
  }

  /** @returns why it was not taken */
  #invoke({ target, name, region, group, account }: Schedule): Refused | undefined {
    const { gate, executions, faults } = this.#options
    const role = this.role(target.roleArn)
    const machine = this.machine(target.arn)
    if (role === undefined || !this.mayTakeOn(role, { region, group, account }))
      return { code: 'AccessDeniedException', isTransient: false }
    if (machine === undefined) return { code: 'StateMachineDoesNotExist', isTransient: false }
    const holder = { name: SCHEDULER, region, role }
    if (!gate.isAllowed(holder, { action: 'states:StartExecution', resource: machine.arn }))
      return { code: 'AccessDeniedException', isTransient: false }
    const fault = faults.take({ service: 'states', operation: 'StartExecution', function: SCHEDULER })
    if (fault?.code !== undefined) return { code: fault.code, isTransient: fault.code !== 'AccessDeniedException' }
    const input = target.input ?? '{}'
    if (parseJson(input) === undefined) return { code: 'InvalidExecutionInput', isTransient: false }
    const started = executions.start(machine, { input })
    return started.kind === 'taken' ? { code: `ExecutionAlreadyExists (${name})`, isTransient: false } : undefined
  }

  #giveUp(
    { name, group, region, target: { deadLetters: destination, roleArn } }: Schedule,
    code: string,
    attempts: number,
  ) {
    const role = this.role(roleArn)
    this.lost.push({ schedule: name, group, region, destination, code, attempts })
    if (destination === undefined || role === undefined) return
    // "Configuring a dead-letter queue for EventBridge Scheduler": it is sent under the schedule's role.
    this.#options.gate.isAllowed(
      { name: SCHEDULER, region, role },
      { action: 'sqs:SendMessage', resource: destination },
    )
  }

  /** Unless it was replaced meanwhile. */
  #completed(schedule: Schedule): void {
    if (schedule.isDeletedAfter && this.find(schedule.arn) === schedule) this.remove(schedule.arn)
  }
}
