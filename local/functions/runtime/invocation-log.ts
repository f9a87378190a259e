/**
 * The lines that Lambda writes around what a function writes, and the log of one process: every line goes to the function's log, and to the tail of the invocation
 * that is running.
 * @module
 */
import { readFileSync } from 'node:fs'
import { LogTail, type FunctionLog } from './function-log.ts'
import type { RunnableFunction } from './runnable-function.ts'

export class ProcessLog {
  #tail = new LogTail()
  readonly #log: FunctionLog
  readonly #stream: string
  readonly #now: () => number

  constructor(log: FunctionLog, stream: string, now: () => number) {
    this.#log = log
    this.#stream = stream
    this.#now = now
  }

  append(text: string): void {
    this.#tail.append(text)
    this.#log.append({ time: this.#now(), stream: this.#stream, text })
  }

  /** @returns the tail since the last one was taken */
  takeTail(): string {
    const text = this.#tail.toString()
    this.#tail = new LogTail()
    return text
  }
}

export const startLine = (requestId: string, version: string): string =>
  `START RequestId: ${requestId} Version: ${version}`

export const endLine = (requestId: string): string => `END RequestId: ${requestId}`

export interface Report {
  readonly requestId: string
  readonly durationMs: number
  readonly initMs: number | undefined
  readonly memoryUsedMb: number | undefined
  /** Absent for success. */
  readonly status?: 'error' | 'timeout'
  readonly errorType?: string | undefined
}

export function reportLine({ memoryMb }: RunnableFunction, report: Report): string {
  const { requestId, durationMs, initMs, memoryUsedMb, status, errorType } = report
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
  ]
  if (memoryUsedMb !== undefined) parts.push(`Max Memory Used: ${memoryUsedMb} MB`)
  if (initMs !== undefined) parts.push(`Init Duration: ${initMs.toFixed(2)} ms`)
  if (status !== undefined) parts.push(`Status: ${status}`)
  if (errorType !== undefined) parts.push(`Error Type: ${errorType}`)
  return parts.join('\t')
}

/** The most that a process has used, in MB; undefined where that is not told: only Linux does, of a process that is running. */
export function memoryUsedMb(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return kilobytes === undefined ? undefined : Math.ceil(Number(kilobytes) / 1024)
  } catch {
    return undefined
  }
}
