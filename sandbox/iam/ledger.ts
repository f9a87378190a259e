/**
 * What was refused and what was used: the two halves of proving that each role has what it needs and nothing else.
 * @module
 */
import type { Grant } from './policy-document.ts'

/** Something that would not have worked, or should not have been tried, in an account. */
export interface Violation {
  readonly function: string
  readonly region: string
  readonly action: string
  readonly resource: string
  readonly reason: string
  /** Where the role is to be mended, when it was a role that refused. */
  readonly role?: { readonly logicalId: string; readonly stack: string }
}

export interface UnusedGrant {
  readonly function: string
  /** Regions in which nothing used it. A grant that was used in one Region counts as used in all. */
  readonly regions: readonly string[]
  readonly statement: string
  readonly action: string
  readonly resources: readonly string[]
}

interface Holder {
  readonly function: string
  readonly region: string
  readonly grants: readonly Grant[]
}

/** Repeated violations are kept once; a loop must not fill the memory. */
const MAX_VIOLATIONS = 1000

export class Ledger {
  readonly #violations = new Map<string, Violation>()
  readonly #holders: Holder[] = []
  readonly #used = new Set<string>()
  readonly #onViolation: (violation: Violation) => void

  /** @param onViolation hears of each violation when it is first seen */
  constructor(onViolation: (violation: Violation) => void = () => undefined) {
    this.#onViolation = onViolation
  }

  /** @param name of the function, @param grants of its role */
  watch(name: string, region: string, grants: readonly Grant[]): void {
    this.#holders.push({ function: name, region, grants })
  }

  violation(violation: Violation): void {
    const id = JSON.stringify(violation)
    if (this.#violations.has(id) || this.#violations.size >= MAX_VIOLATIONS) return
    this.#violations.set(id, violation)
    this.#onViolation(violation)
  }

  used(name: string, grants: readonly Grant[]): void {
    for (const grant of grants) this.#used.add(idOf(name, grant))
  }

  get violations(): readonly Violation[] {
    return [...this.#violations.values()]
  }

  get unusedGrants(): readonly UnusedGrant[] {
    const unused = new Map<string, UnusedGrant>()
    for (const holder of this.#holders)
      for (const grant of holder.grants) {
        const id = idOf(holder.function, grant)
        if (this.#used.has(id)) continue
        const { statement, action, resources } = grant
        // Shown as the first Region has it.
        const first = unused.get(id) ?? { function: holder.function, regions: [], statement, action, resources }
        unused.set(id, { ...first, regions: [...first.regions, holder.region] })
      }
    return [...unused.values()]
  }
}

const idOf = (name: string, { statement, action }: Grant): string => `${name}\n${statement}\n${action}`
