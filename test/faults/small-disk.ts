/**
 * File systems for tests to fill and to lock: a tmpfs where this user may mount one.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Why there can be no mount, or undefined. */
export function whyNoMount(directory: string): string | undefined {
  if (process.platform !== 'linux') return 'mounts are tried on Linux only'
  const tried = mount(directory, ['-t', 'tmpfs', '-o', 'size=64k', 'coffer-test'])
  if (tried !== undefined) return `this user may not mount a tmpfs (${tried})`
  unmount(directory)
  return undefined
}

export class SmallDisk {
  readonly path: string
  readonly #filler: string

  constructor(directory: string, megabytes: number) {
    this.path = directory
    this.#filler = join(directory, 'filler')
    const problem = mount(directory, ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'coffer-test'])
    if (problem !== undefined) throw new Error(problem)
  }

  /** Leaves no byte free. */
  fill(): void {
    const file = openSync(this.#filler, 'w')
    try {
      for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) writeUntilFull(file, Buffer.alloc(size))
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#filler)
  }

  /** While nobody has it open for writing. */
  remount(how: 'ro' | 'rw'): void {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${how}`, this.path])
    if (status !== 0) throw new Error(stderr.toString())
  }

  close(): void {
    unmount(this.path)
  }
}

function mount(directory: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync('mount', [...args, directory])
  return status === 0 ? undefined : (error?.message ?? stderr.toString().trim())
}

/** Lazily: whatever still has it open may finish. */
function unmount(directory: string): void {
  spawnSync('umount', ['-l', directory])
}

function writeUntilFull(file: number, bytes: Buffer): void {
  for (;;) {
    try {
      if (writeSync(file, bytes) < bytes.length) return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}
