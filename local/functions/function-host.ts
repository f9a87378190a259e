/**
 * Runs the functions of the registry: gives the runner what a function needs, and removes code once nobody runs it.
 * @module
 */
import type { Identities } from '../identities/identities.ts'
import type { CodeStore } from './code-store.ts'
import { assumableRole, roleCredentials } from './execution-role.ts'
import { functionArn, LATEST } from './function-name.ts'
import type { FunctionRecord } from './function-record.ts'
import { RunnerClosed, type FunctionRunner } from './runtime/function-runner.ts'
import type { InvocationOptions, InvocationResult, RunnableFunction } from './runtime/runnable-function.ts'

/** What of the runner is used; tests bring their own. */
export type Runner = Pick<FunctionRunner, 'invoke' | 'logs' | 'forget' | 'close'>

export interface FunctionHostOptions {
  readonly runner: Runner
  readonly code: CodeStore
  readonly identities: Pick<Identities, 'store' | 'sessions'>
  /** Where functions reach Coffer; asked when one is run, since it is known only then. */
  readonly url: () => string
  readonly onFault: (error: unknown) => void
}

/** Of a function that reserves none. */
export const DEFAULT_CONCURRENCY = 10

/** Events that nobody waits for, all functions together: they are in memory alone. */
const MOST_EVENTS = 1000

/** Its role was deleted, or no longer trusts Lambda. */
export class RoleNotAssumable extends Error {
  override readonly name = 'RoleNotAssumable'
}

export class FunctionHost {
  readonly #options: FunctionHostOptions
  /** Invocations that are running, by code. */
  readonly #running = new Map<string, number>()
  /** Code that is to be removed once nothing runs it. */
  readonly #retired = new Set<string>()
  #waiting = 0

  constructor(options: FunctionHostOptions) {
    this.#options = options
  }

  /** Never throws for what the function does. @throws {RoleNotAssumable}, {RangeError} when the event is too large */
  async invoke(record: FunctionRecord, payload: Buffer, options?: InvocationOptions): Promise<InvocationResult> {
    const { codeId } = record
    this.requireRole(record)
    this.#running.set(codeId, (this.#running.get(codeId) ?? 0) + 1)
    try {
      return await this.#options.runner.invoke(this.#runnable(record), payload, options)
    } finally {
      const left = (this.#running.get(codeId) ?? 1) - 1
      if (left > 0) this.#running.set(codeId, left)
      else {
        this.#running.delete(codeId)
        if (this.#retired.delete(codeId)) void this.#remove(codeId)
      }
    }
  }

  /** Invokes it and does not wait: once, and never when Coffer ends before. @returns false when too many are under way */
  invokeLater(record: FunctionRecord, payload: Buffer, options?: InvocationOptions): boolean {
    if (this.#waiting >= MOST_EVENTS) return false
    this.#waiting++
    this.invoke(record, payload, options)
      .catch((error: unknown) => {
        if (!(error instanceof RoleNotAssumable) && !(error instanceof RunnerClosed)) this.#options.onFault(error)
      })
      .finally(() => this.#waiting--)
    return true
  }

  /** Nobody names this code any more: it goes when its last invocation has ended. */
  async retire(codeId: string): Promise<void> {
    if (this.#running.has(codeId)) this.#retired.add(codeId)
    else await this.#remove(codeId)
  }

  /** @throws {RoleNotAssumable} */
  requireRole(record: FunctionRecord): void {
    const { role } = record
    if (role === undefined) return
    if (assumableRole(this.#options.identities, { fn: record, role }) === undefined)
      throw new RoleNotAssumable('The role defined for the function cannot be assumed by Lambda.')
  }

  async #remove(codeId: string): Promise<void> {
    // What cannot be removed now is removed by the next start.
    await this.#options.code.remove(codeId).catch(this.#options.onFault)
  }

  #runnable(record: FunctionRecord): RunnableFunction {
    const { name, account, region, runtime, handler, timeoutSeconds, memoryMb } = record
    const { code, identities } = this.#options
    const url = this.#options.url()
    const { role: arn } = record
    return {
      arn: functionArn(record),
      name,
      account,
      region,
      version: LATEST,
      revisionId: record.processRevision,
      runtime,
      handler,
      folder: code.folderOf(record.codeId),
      timeoutSeconds,
      memoryMb,
      // AWS's rotation templates read the first; every SDK reads the second.
      environment: { SECRETS_MANAGER_ENDPOINT: url, AWS_ENDPOINT_URL: url, ...record.environment },
      ...(arn !== undefined && {
        credentials: () => {
          const role = assumableRole(identities, { fn: record, role: arn })
          return role && roleCredentials(identities, role, record)
        },
      }),
      maxConcurrency: record.reservedConcurrency ?? DEFAULT_CONCURRENCY,
    }
  }
}
