/**
 * The history of an execution as Step Functions keeps it, and shows it to whoever may read it: so nothing secret may be in it.
 * @module
 */

export interface HistoryEvent {
  /** From 1. */
  readonly id: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** Such as `TaskStateEntered`. */
  readonly type: string
  /** As the API names them: name, input, output, parameters, error, cause; data as JSON texts. */
  readonly details: Readonly<Record<string, string | number>>
}

/** Step Functions quotas: an execution with more fails. */
export const MOST_EVENTS = 25_000

export class History {
  readonly #events: HistoryEvent[] = []

  get events(): readonly HistoryEvent[] {
    return this.#events
  }

  get isFull(): boolean {
    return this.#events.length >= MOST_EVENTS
  }

  add(timestamp: number, type: string, details: HistoryEvent['details'] = {}): void {
    this.#events.push({ id: this.#events.length + 1, timestamp, type, details })
  }
}
