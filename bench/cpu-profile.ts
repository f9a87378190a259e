/**
 * Reads what `node --cpu-prof` wrote: which functions and which files the time went to, by themselves, without what they called.
 * @module
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

export interface Share {
  readonly name: string
  readonly microseconds: number
}

export interface ProfileShares {
  /** Without the time in which there was nothing to do. */
  readonly busy: number
  readonly functions: readonly Share[]
  readonly files: readonly Share[]
}

const ROOT = `${import.meta.dirname}/..`

/** @param from microseconds at the beginning that are left out: the start of the process */
export function readCpuProfile(path: string, from: number): ProfileShares {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as CpuProfile
  const self = new Map<number, number>()
  let elapsed = 0
  for (const [index, id] of samples.entries()) {
    const delta = Math.max(timeDeltas[index + 1] ?? 0, 0)
    elapsed += delta
    if (elapsed > from) self.set(id, (self.get(id) ?? 0) + delta)
  }
  const functions = new Map<string, number>()
  const files = new Map<string, number>()
  let busy = 0
  for (const { id, callFrame } of nodes) {
    const time = self.get(id) ?? 0
    const { functionName, lineNumber } = callFrame
    if (time === 0 || functionName === '(idle)') continue
    busy += time
    const file = fileOf(callFrame.url)
    add(functions, file === NATIVE ? functionName : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`, time)
    add(files, file === NATIVE ? functionName : file, time)
  }
  return { busy, functions: sorted(functions), files: sorted(files) }
}

/** Frames without a file: natives, the garbage collector, and `(program)`, which is what runs outside of JavaScript. */
const NATIVE = ''

function fileOf(url: string): string {
  if (!url.startsWith('file://')) return url
  return relative(ROOT, url.slice('file://'.length))
}

function add(totals: Map<string, number>, name: string, time: number): void {
  totals.set(name, (totals.get(name) ?? 0) + time)
}

const sorted = (totals: Map<string, number>): Share[] =>
  [...totals].map(([name, microseconds]) => ({ name, microseconds })).sort((a, b) => b.microseconds - a.microseconds)
