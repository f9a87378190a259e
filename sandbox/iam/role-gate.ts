/**
 * The one place where what a role may do is asked and noted: what it used, and what refused it.
 * @module
 */
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Need } from '../aws/service.ts'
import type { Ledger } from './ledger.ts'
import { checkRole, principalOf, type RoleHolder } from './role-check.ts'

export interface RoleGateOptions {
  readonly ledger: Ledger
  /** The functions' time. */
  readonly clock: Clock
}

export class RoleGate {
  readonly #options: RoleGateOptions

  constructor(options: RoleGateOptions) {
    this.#options = options
  }

  /** Whether a role may do something; what refuses it is a violation. */
  isAllowed(holder: RoleHolder, need: Need): boolean {
    return this.refusalOf(holder, need) === undefined
  }

  /** The same in AWS's words; undefined when the role may. */
  refusalOf(holder: RoleHolder, need: Need): string | undefined {
    const { role, name, region } = holder
    const { ledger, clock } = this.#options
    const now = clock.now()
    const verdict = checkRole(holder, need, now)
    if (verdict.kind === 'allowed') {
      ledger.used(name, verdict.used)
      return undefined
    }
    const { because } = verdict
    const { action, resource } = need
    const { logicalId, stack } = role
    ledger.violation({ function: name, region, action, resource, reason: because, role: { logicalId, stack } })
    return `User: ${principalOf(holder, now).arn} is not authorized to perform: ${action} on resource: ${resource} ${because}`
  }
}
