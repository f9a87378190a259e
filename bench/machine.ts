/**
 * What the numbers were measured on.
 * @module
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { loadTool } from './load.ts'
import { scratchDirectory } from './scratch.ts'
import { median } from './statistics.ts'

const SYNCS = 100

/** Name and value. */
export function machineFacts(): readonly (readonly [string, string])[] {
  return [
    ['Date', new Date().toISOString().slice(0, 10)],
    ['Processor', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`],
    ['Memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['System', `${type()} ${release()}`],
    ['Node', process.version],
    ['Disk', `a write of 8 KiB and its fdatasync take ${Math.round(medianSyncUs())} us`],
    ['Load', loadTool()],
  ]
}

function medianSyncUs(): number {
  const file = openSync(join(scratchDirectory(), 'sync'), 'w')
  const block = Buffer.alloc(8192, 1)
  const times = Array.from({ length: SYNCS }, () => {
    const startedAt = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    return (performance.now() - startedAt) * 1000
  })
  closeSync(file)
  return median(times)
}
