/**
 * What a process has used, as Linux tells it; elsewhere nothing is known.
 * @module
 */
import { readFileSync } from 'node:fs'

/** The kernel's USER_HZ: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Processor time in microseconds. */
export function processorTime(pid: number): number | undefined {
  const stat = readProc(pid, 'stat')
  // The name before the last parenthesis may hold blanks; user and system time are the 14th and 15th field.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (!fields) return undefined
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}

/** The highest resident memory so far, in bytes: the kernel keeps it, so nothing between two samples is missed. */
export const peakMemory = (pid: number): number | undefined => memory(pid, 'VmHWM')

/** Resident memory now, in bytes. */
export const residentMemory = (pid: number): number | undefined => memory(pid, 'VmRSS')

function memory(pid: number, field: string): number | undefined {
  const kilobytes = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(readProc(pid, 'status') ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
