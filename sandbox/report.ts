/**
 * What the sandbox has seen: refused calls, grants that nobody used, and calls per operation.
 * @module
 */
import type { CallCounts, FunctionCount, Invocation } from './aws/call-counts.ts'
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
}

export const reportOf = (ledger: Ledger, counts: CallCounts, deadLetters: readonly DeadLetter[]): Report => ({
  violations: ledger.violations,
  unusedGrants: ledger.unusedGrants,
  functions: counts.functions,
  invocations: counts.invocations,
  deadLetters,
})

/** For people. */
export function reportText({ violations, unusedGrants, functions, deadLetters }: Report): string {
  const lines: string[] = ['', 'AWS calls per function']
  for (const [name, { invocations, errors, operations }] of Object.entries(functions)) {
    lines.push(`  ${name}: ${invocations} invocations${errors > 0 ? `, ${errors} failed` : ''}`)
    for (const [operation, { calls, readUnits, writeUnits }] of Object.entries(operations)) {
      const units = [readUnits > 0 ? `${readUnits} read units` : '', writeUnits > 0 ? `${writeUnits} write units` : '']
      lines.push(`    ${operation}: ${[`${calls} calls`, ...units.filter((unit) => unit !== '')].join(', ')}`)
    }
  }
  lines.push('', unusedGrants.length === 0 ? 'Every grant was used.' : 'Grants that nothing used in this run:')
  for (const grant of unusedGrants)
    lines.push(`  ${grant.function}: ${grant.action} on ${shortened(grant.resources)} (${grant.statement})`)
  for (const { function: name, batchSize } of deadLetters)
    lines.push('', `${name} gave up ${batchSize} stream records.`)
  lines.push('', violations.length === 0 ? 'No call was refused.' : 'REFUSED, as AWS would have:')
  for (const { function: name, region, action, resource, reason } of violations)
    lines.push(`  ${name} in ${region}: ${action} on ${resource} ${reason}`)
  return lines.join('\n')
}

const shortened = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} and ${others.length} more`
