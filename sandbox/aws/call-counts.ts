/**
 * How often each function was invoked, and which AWS calls each invocation made.
 * @module
 */

export interface OperationCount {
  readonly calls: number
  readonly failures: number
  readonly readUnits: number
  readonly writeUnits: number
}

export interface FunctionCount {
  readonly invocations: number
  readonly errors: number
  /** By `dynamodb:Query` and the like. */
  readonly operations: Readonly<Record<string, OperationCount>>
}

export interface RecordedCall {
  readonly operation: string
  readonly status: number
  readonly readUnits: number
  readonly writeUnits: number
}

export interface Invocation {
  readonly function: string
  readonly region: string
  readonly requestId: string
  readonly calls: readonly RecordedCall[]
}

interface Tally {
  invocations: number
  errors: number
  readonly operations: Map<string, OperationCount>
}

const KEPT_INVOCATIONS = 1000

export class CallCounts {
  readonly #tallies = new Map<string, Tally>()
  /** Newest last. */
  readonly #invocations: Invocation[] = []
  readonly #open = new Map<string, RecordedCall[]>()

  call(name: string, requestId: string | undefined, call: RecordedCall): void {
    const { operations } = this.#tally(name)
    const before = operations.get(call.operation) ?? { calls: 0, failures: 0, readUnits: 0, writeUnits: 0 }
    operations.set(call.operation, {
      calls: before.calls + 1,
      failures: before.failures + (call.status >= 400 ? 1 : 0),
      readUnits: before.readUnits + call.readUnits,
      writeUnits: before.writeUnits + call.writeUnits,
    })
    if (requestId === undefined) return
    // A call that ends after its invocation was given up would stay here for ever.
    if (this.#open.size > KEPT_INVOCATIONS) this.#open.clear()
    const calls = this.#open.get(requestId) ?? []
    calls.push(call)
    this.#open.set(requestId, calls)
  }

  invoked(invocation: Omit<Invocation, 'calls'>, failed: boolean): void {
    const tally = this.#tally(invocation.function)
    tally.invocations++
    if (failed) tally.errors++
    this.#invocations.push({ ...invocation, calls: this.#open.get(invocation.requestId) ?? [] })
    this.#open.delete(invocation.requestId)
    if (this.#invocations.length > KEPT_INVOCATIONS) this.#invocations.shift()
  }

  reset(): void {
    this.#tallies.clear()
    this.#invocations.length = 0
    this.#open.clear()
  }

  get functions(): Readonly<Record<string, FunctionCount>> {
    return Object.fromEntries(
      [...this.#tallies].map(([name, { operations, ...tally }]) => [
        name,
        { ...tally, operations: Object.fromEntries(operations) },
      ]),
    )
  }

  get invocations(): readonly Invocation[] {
    return this.#invocations
  }

  #tally(name: string): Tally {
    let tally = this.#tallies.get(name)
    if (tally === undefined) this.#tallies.set(name, (tally = { invocations: 0, errors: 0, operations: new Map() }))
    return tally
  }
}
