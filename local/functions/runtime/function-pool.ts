/**
 * The processes of one function, and the invocations that wait for one.
 * @module
 */
import { FunctionLog } from './function-log.ts'
import type { FunctionProcess, ProcessInvocation } from './function-process.ts'
import type { InvocationResult, RunnableFunction } from './runnable-function.ts'

export interface Waiting extends ProcessInvocation {
  readonly resolve: (result: InvocationResult) => void
  readonly reject: (error: unknown) => void
  timer: NodeJS.Timeout | undefined
}

export class FunctionPool {
  /** As it was last invoked: what waits runs the newest code. */
  fn: RunnableFunction
  readonly log = new FunctionLog()
  readonly processes = new Set<FunctionProcess>()
  /** Since when they are unused: wall time. The one that was used last comes last. */
  readonly idle = new Map<FunctionProcess, number>()
  /** In the order of their arrival. */
  readonly waiting = new Set<Waiting>()

  constructor(fn: RunnableFunction) {
    this.fn = fn
  }

  remove(process: FunctionProcess): void {
    this.processes.delete(process)
    this.idle.delete(process)
  }

  /** @returns the process that was used last and is still good, and those that are good no more. The others grow idle for longer, and end. */
  takeIdle(now: number): readonly [FunctionProcess | undefined, readonly FunctionProcess[]] {
    const stale: FunctionProcess[] = []
    for (const process of [...this.idle.keys()].reverse()) {
      if (process.isGoodFor(this.fn.revisionId, now)) {
        this.idle.delete(process)
        return [process, stale]
      }
      stale.push(process)
    }
    return [undefined, stale]
  }
}
