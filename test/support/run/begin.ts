/**
 * Before the tests: a folder for all that they write to `tmpdir()`, gone after them. It is in memory where that can be had, so that a commit of theirs waits for no disk: what a process leaves behind
 * when it is killed is the same there. Suites about the disk itself ask for it (`onDisk` of test/support/suite-directories.ts).
 * @module
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'

const IN_MEMORY = '/dev/shm'
const PREFIX = 'coffer-tests-'
/** Bytes; several times what two suites have there at once. */
const NEEDED = 4 * 2 ** 30
/** Linux: TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994

export default function begin(): void {
  const disk = tmpdir()
  // Where Node has it by default: compiled code outlives the run.
  process.env.NODE_COMPILE_CACHE ??= join(disk, 'node-compile-cache')
  process.env.COFFER_TEST_DISK = disk
  const folder = inMemory() ?? mkdtempSync(join(disk, PREFIX))
  // As the folder that it stands for: database servers run as another user.
  chmodSync(folder, 0o1777)
  process.env.TMPDIR = folder
}

/** A folder there, unless it is small (as in a container), memory is short, or programs may not be run from it. */
function inMemory(): string | undefined {
  try {
    const { type, bavail, bsize } = statfsSync(IN_MEMORY)
    if (type !== TMPFS || bavail * bsize < NEEDED || freemem() < NEEDED) return undefined
    removeLeftOvers()
    const folder = mkdtempSync(join(IN_MEMORY, `${PREFIX}${process.pid}-`))
    const program = join(folder, 'program')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 })
    const { status } = spawnSync(program)
    rmSync(status === 0 ? program : folder, { recursive: true })
    return status === 0 ? folder : undefined
  } catch {
    return undefined
  }
}

/** Of runs that were killed: memory is not given back by itself. */
function removeLeftOvers(): void {
  for (const name of readdirSync(IN_MEMORY)) {
    const [, pid] = /^coffer-tests-(\d+)-/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(IN_MEMORY, name), { recursive: true, force: true })
  }
}
