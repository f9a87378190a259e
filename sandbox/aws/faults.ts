/**
 * Faults on purpose: calls of a service are slowed down or answered with an error instead of being performed.
 * @module
 */
import { numberOf, objectOf, optionalText, textOf } from '../json.ts'

export interface Fault {
  /** Signing name, such as `dynamodb`. */
  readonly service: string
  /** All operations of the service when absent. */
  readonly operation?: string
  /** Only calls of this function, by name. */
  readonly function?: string
  /** The error to answer with; without it a call is only delayed. */
  readonly code?: string
  readonly status: number
  readonly message: string
  readonly delayMs: number
  /** How many calls it is for; without end when absent. */
  readonly count?: number
}

export function readFault(given: unknown): Fault {
  const fault = objectOf(given, 'fault')
  const {
    operation,
    function: name,
    code,
  } = {
    operation: optionalText(fault.operation, 'fault.operation'),
    function: optionalText(fault.function, 'fault.function'),
    code: optionalText(fault.code, 'fault.code'),
  }
  return {
    service: textOf(fault.service, 'fault.service'),
    ...(operation !== undefined && { operation }),
    ...(name !== undefined && { function: name }),
    ...(code !== undefined && { code }),
    status: numberOf(fault.status ?? 400, 'fault.status'),
    message: optionalText(fault.message, 'fault.message') ?? 'Injected by the sandbox',
    delayMs: numberOf(fault.delayMs ?? 0, 'fault.delayMs'),
    ...(fault.count !== undefined && { count: numberOf(fault.count, 'fault.count') }),
  }
}

export class Faults {
  #faults: { readonly fault: Fault; left: number }[] = []

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.count ?? Infinity })
  }

  clear(): void {
    this.#faults = []
  }

  /** The oldest fault that is meant for a call; it is used up by it. */
  take(call: { readonly service: string; readonly operation: string; readonly function: string }): Fault | undefined {
    const found = this.#faults.find(
      ({ fault, left }) =>
        left > 0 &&
        fault.service === call.service &&
        (fault.operation ?? call.operation) === call.operation &&
        (fault.function ?? call.function) === call.function,
    )
    if (found === undefined) return undefined
    found.left--
    this.#faults = this.#faults.filter(({ left }) => left > 0)
    return found.fault
  }
}
