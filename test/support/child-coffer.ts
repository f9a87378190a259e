/**
 * The real command in a process of its own, for tests that end it, fill its disk or read what it printed.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

export const ADMIN = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'chosen-for-a-test-and-nothing-else' }

export interface ChildOptions {
  readonly dataDir: string
  readonly flags?: readonly string[]
  /** Beside PATH: a child inherits nothing else. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const adminEnvironment = {
  COFFER_ADMIN_ACCESS_KEY_ID: ADMIN.accessKeyId,
  COFFER_ADMIN_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
}

/** None outlives its suite, also when a test failed before it could stop its own. */
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

export class ChildCoffer {
  readonly #process: ChildProcess
  /** All that it wrote to standard output and standard error so far. */
  output = ''
  url = ''
  readonly exited: Promise<Exit>

  private constructor({ dataDir, flags = [], environment = adminEnvironment }: ChildOptions) {
    const args = [resolve('bin/coffer.mjs'), 'serve', '--port', '0', '--data-dir', dataDir, ...flags]
    this.#process = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(this.#process)
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString('utf8')))
    // `close` comes after the last output was read.
    this.exited = once(this.#process, 'close').then(([code, signal]) => {
      running.delete(this.#process)
      return { code, signal }
    })
  }

  /** Resolves when it serves. @throws when it ends instead, with what it said */
  static async start(options: ChildOptions): Promise<ChildCoffer> {
    const child = new ChildCoffer(options)
    const ready = new Promise<string>((found) => {
      child.#process.stdout?.on('data', () => {
        const url = /^ready (\S+)$/m.exec(child.output)?.[1]
        if (url !== undefined) found(url)
      })
    })
    const ended = child.exited.then((exit) => {
      throw new Error(`Coffer did not start (${JSON.stringify(exit)}): ${child.output}`)
    })
    child.url = await Promise.race([ready, ended])
    ended.catch(() => undefined)
    return child
  }

  /** For a start that is expected to fail. */
  static async startAndEnd(options: ChildOptions): Promise<Exit & { readonly output: string }> {
    const child = new ChildCoffer(options)
    const limit = setTimeout(() => child.kill('SIGKILL'), 20_000)
    const exit = await child.exited
    clearTimeout(limit)
    return { ...exit, output: child.output }
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Graceful; whatever state it is in. */
  async stop(): Promise<Exit> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.kill('SIGTERM')
    return this.exited
  }
}
