/**
 * In place of the processes: remembers what it is given, and returns the event unless it is told otherwise.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { Runner } from '../../../../local/functions/function-host.ts'
import type {
  InvocationOptions,
  InvocationResult,
  LogLine,
  RunnableFunction,
} from '../../../../local/functions/runtime/runnable-function.ts'

export interface Ran {
  readonly fn: RunnableFunction
  readonly payload: Buffer
  readonly options: InvocationOptions | undefined
}

export class StubRunner implements Runner {
  readonly ran: Ran[] = []
  readonly forgotten: string[] = []
  /** What the next invocations come to. */
  result: Partial<InvocationResult> = {}
  /** What invocations wait for. */
  gate: Promise<unknown> = Promise.resolve()

  async invoke(fn: RunnableFunction, payload: Buffer, options?: InvocationOptions): Promise<InvocationResult> {
    this.ran.push({ fn, payload, options })
    await this.gate
    const requestId = options?.requestId ?? randomUUID()
    return { requestId, status: 'returned', payload, logTail: 'START\nEND\n', durationMs: 1, ...this.result }
  }

  get last(): Ran {
    return this.ran.at(-1)!
  }

  logs(arn: string): readonly LogLine[] {
    return [{ time: Date.parse('2026-01-02T03:04:05Z'), stream: 'one', text: `hello from ${arn}` }]
  }

  async forget(arn: string): Promise<void> {
    this.forgotten.push(arn)
  }

  async close(): Promise<void> {
    // Nothing runs.
  }
}
