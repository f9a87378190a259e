/**
 * A server in a process of its own: started, waited for, and ended with the benchmark whatever happens to that.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { scratchDirectory } from './scratch.ts'

const READY_WITHIN_MS = 60_000
const ENDS_WITHIN_MS = 20_000

export interface Command {
  readonly name: string
  readonly file: string
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class Child {
  readonly #command: Command
  readonly #process: ChildProcess
  readonly #log: string

  constructor(command: Command) {
    this.#command = command
    this.#log = join(scratchDirectory(), `${command.name.replaceAll(' ', '-')}-${Date.now()}.log`)
    const output = openSync(this.#log, 'w')
    this.#process = spawn(command.file, command.args, {
      env: { ...process.env, ...command.environment },
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    this.#process.on('error', () => running.delete(this.#process))
    running.add(this.#process)
  }

  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error(`${this.#command.name} could not be started`)
    return pid
  }

  /** Resolves once `isReady` says so. @throws when the process ends before, or takes too long */
  async ready(isReady: () => Promise<boolean>, { everyMs = 20 } = {}): Promise<void> {
    const until = performance.now() + READY_WITHIN_MS
    while (!(await isReady().catch(() => false))) {
      if (this.#process.exitCode !== null || performance.now() > until)
        throw new Error(`${this.#command.name} did not come up: ${readFileSync(this.#log, 'utf8').slice(-2000)}`)
      await sleep(everyMs)
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve))
      this.#process.kill('SIGTERM')
      await Promise.race([ended, sleep(ENDS_WITHIN_MS, undefined, { ref: false })])
      this.#process.kill('SIGKILL')
    }
    running.delete(this.#process)
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
