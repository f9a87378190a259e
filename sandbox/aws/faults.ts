/**
 * Faults on purpose: calls of a service are slowed down or answered with an error instead of being performed.
 * @module
 */
import { objectOf, optionalText, SandboxProblem, textOf } from '../json.ts'

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

/** What a fault can be for. */
export interface FaultTargets {
  /** Operations by signing name. */
  readonly services: ReadonlyMap<string, readonly string[]>
  readonly functions: readonly string[]
}

const FIELDS = ['service', 'operation', 'function', 'code', 'status', 'message', 'delayMs', 'count']

/**
 * A fault that could never come about is refused: a test that waits for it would prove nothing. Error codes are taken as they are: nothing here knows all that a service has.
 * @throws {SandboxProblem}
 */
export function readFault(given: unknown, targets: FaultTargets): Fault {
  const fault = objectOf(given, 'fault')
  for (const field of Object.keys(fault)) oneOf(FIELDS, field, 'A fault has the fields')
  const service = oneOf([...targets.services.keys()], textOf(fault.service, 'fault.service'), 'fault.service is one of')
  const operation = optionalText(fault.operation, 'fault.operation')
  if (operation !== undefined) oneOf(targets.services.get(service) ?? [], operation, 'fault.operation is one of')
  const name = optionalText(fault.function, 'fault.function')
  if (name !== undefined) oneOf(targets.functions, name, 'fault.function is one of')
  const code = optionalText(fault.code, 'fault.code')
  if (code !== undefined && !/^[A-Za-z][\w.]*$/.test(code))
    throw new SandboxProblem('fault.code is the name of an error such as ThrottlingException')
  const delayMs = wholeNumber(fault.delayMs ?? 0, 'fault.delayMs', 0, LONGEST_DELAY_MS)
  if (code === undefined && delayMs === 0) throw new SandboxProblem('A fault needs a code, a delayMs or both')
  return {
    service,
    ...(operation !== undefined && { operation }),
    ...(name !== undefined && { function: name }),
    ...(code !== undefined && { code }),
    status: wholeNumber(fault.status ?? 400, 'fault.status', 400, 599),
    message: optionalText(fault.message, 'fault.message') ?? 'Injected by the sandbox',
    delayMs,
    ...(fault.count !== undefined && { count: wholeNumber(fault.count, 'fault.count', 1, Number.MAX_SAFE_INTEGER) }),
  }
}

/** Longer than any function or integration waits. */
const LONGEST_DELAY_MS = 900_000

function oneOf(known: readonly string[], given: string, what: string): string {
  if (!known.includes(given)) throw new SandboxProblem(`${what} ${known.join(', ')}, not ${JSON.stringify(given)}`)
  return given
}

function wholeNumber(given: unknown, place: string, least: number, most: number): number {
  if (typeof given !== 'number' || !Number.isInteger(given) || given < least || given > most)
    throw new SandboxProblem(`${place} takes a whole number from ${least} to ${most}`)
  return given
}

export class Faults {
  #faults: { readonly fault: Fault; left: number }[] = []

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.count ?? Infinity })
  }

  /** Oldest first; `count` is how many calls are left. */
  get inForce(): readonly Fault[] {
    return this.#faults.map(({ fault, left }) => (fault.count === undefined ? fault : { ...fault, count: left }))
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
