/**
 * What the sandbox has seen: refused calls, grants that nobody used, and calls per operation.
 * @module
 */
import type { CallCounts, FunctionCount, Invocation } from './aws/call-counts.ts'
import type { LostInvocation, Scheduler } from './aws/scheduler/schedules.ts'
import type { Execution, Executions } from './aws/states/executions.ts'
import type { DeadLetter } from './events/event-source.ts'
import type { Ledger, UnusedGrant, Violation } from './iam/ledger.ts'

export interface Report {
  readonly violations: readonly Violation[]
  readonly unusedGrants: readonly UnusedGrant[]
  /** By name of the function, all Regions together. */
  readonly functions: Readonly<Record<string, FunctionCount>>
  /** The latest ones, oldest first, with the calls that each made. */
  readonly invocations: readonly Invocation[]
  readonly deadLetters: readonly DeadLetter[]
  /** What schedules were given up for. */
  readonly lostInvocations: readonly LostInvocation[]
  /** How many executions there are, by state machine and status. */
  readonly executions: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export interface ReportSources {
  readonly ledger: Ledger
  readonly counts: CallCounts
  readonly deadLetters: readonly DeadLetter[]
  readonly executions: Pick<Executions, 'all'>
  readonly scheduler: Pick<Scheduler, 'lost'>
}

export const reportOf = ({ ledger, counts, deadLetters, executions, scheduler }: ReportSources): Report => ({
  violations: ledger.violations,
  unusedGrants: ledger.unusedGrants,
  functions: counts.functions,
  invocations: counts.invocations,
  deadLetters,
  lostInvocations: scheduler.lost,
  executions: countedExecutions(executions.all),
})

function countedExecutions(all: readonly Execution[]): Report['executions'] {
  const counted: Record<string, Record<string, number>> = {}
  for (const { machine, status } of all) {
    const statuses = (counted[machine.name] ??= {})
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  return counted
}

export interface ReportStyle {
  /** Name each unused grant instead of telling how many there are. */
  readonly isVerbose: boolean
  /** Of the deployment. */
  readonly regions: readonly string[]
}

/** For people: what has to be mended first. */
export const reportText = (report: Report, style: ReportStyle): string =>
  [
    ...refusals(report.violations),
    ...report.deadLetters.flatMap(({ function: name, batchSize }) => [
      '',
      `${name} gave up ${counted(batchSize, 'stream record')}.`,
    ]),
    ...report.lostInvocations.flatMap(({ schedule, group, code }) => [
      '',
      `EventBridge Scheduler gave up schedule ${schedule} of group ${group}: ${code}.`,
    ]),
    ...calls(report.functions, style),
    ...executions(report.executions),
    ...unused(report.unusedGrants, style),
  ].join('\n')

function refusals(violations: readonly Violation[]): string[] {
  if (violations.length === 0) return ['', 'No call was refused.']
  return ['', 'REFUSED, as AWS would have:', ...violations.map((violation) => `  ${violationText(violation)}`)]
}

export function violationText({ function: name, region, action, resource, reason, role }: Violation): string {
  const place = role === undefined ? '' : ` (role ${role.logicalId} in stack ${role.stack})`
  return `${name} in ${region}: ${action} on ${resource} ${reason}${place}`
}

function calls(functions: Report['functions'], { regions }: ReportStyle): string[] {
  const lines = ['', regions.length > 1 ? 'AWS calls per function, all Regions together:' : 'AWS calls per function:']
  for (const [name, { invocations, errors, operations }] of Object.entries(functions)) {
    lines.push(`  ${name}: ${counted(invocations, 'invocation')}${errors > 0 ? `, ${errors} failed` : ''}`)
    for (const [operation, { calls: count, readUnits, writeUnits }] of Object.entries(operations)) {
      const units = [
        ...(readUnits > 0 ? [counted(readUnits, 'read unit')] : []),
        ...(writeUnits > 0 ? [counted(writeUnits, 'write unit')] : []),
      ]
      lines.push(`    ${operation}: ${[counted(count, 'call'), ...units].join(', ')}`)
    }
  }
  return lines
}

function executions(machines: Report['executions']): string[] {
  const lines = Object.entries(machines).map(([name, statuses]) => {
    const counts = Object.entries(statuses).map(([status, count]) => `${count} ${status}`)
    return `  ${name}: ${counts.join(', ')}`
  })
  return lines.length === 0 ? [] : ['', 'Executions of state machines:', ...lines]
}

function unused(grants: readonly UnusedGrant[], { isVerbose, regions }: ReportStyle): string[] {
  if (grants.length === 0) return ['', 'Every grant was used.']
  if (!isVerbose) {
    const were = grants.length === 1 ? 'was' : 'were'
    return ['', `${counted(grants.length, 'grant')} ${were} not used in this run: --verbose names them at the end.`]
  }
  const lines = grants.map(({ function: name, regions: places, action, resources, statement }) => {
    const place = regions.length > 1 && places.length === regions.length ? 'all Regions' : places.join(', ')
    return `  ${name} in ${place}: ${action} on ${shortened(resources)} (policy ${statement})`
  })
  const style = regions.length > 1 ? ' (ARNs as the first Region has them)' : ''
  return ['', `Grants that nothing used in this run${style}:`, ...lines]
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const shortened = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} and ${others.length} more`
