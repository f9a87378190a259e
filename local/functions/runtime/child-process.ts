/**
 * The operating system's side of a function's process: started with its children in a process group of its own, and ended with them.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Guardian } from './guardian.ts'
import { OutputLines, type OutputListener } from './output-lines.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ChildOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Record<string, string>
  readonly guardian: Guardian
  readonly output: OutputListener
  /** It has ended, and what it has written was told. */
  readonly onExit: (exit: Exit) => void
  readonly onCannotStart: (error: Error) => void
}

/** Children that hold the pipes open are not waited for longer than this. */
const PIPES_MS = 250
/** Time to end by itself after SIGTERM. */
const GRACE_MS = 1000

const HAS_GROUPS = process.platform !== 'win32'

export class Child {
  readonly pid: number | undefined
  readonly #child: ChildProcess
  readonly #guardian: Guardian
  #hasExited = false

  /** @throws node's error for an environment that cannot be one */
  constructor(options: ChildOptions) {
    const { program, args, folder, environment, guardian, output, onExit, onCannotStart } = options
    this.#guardian = guardian
    const child = spawn(program, args, {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: HAS_GROUPS,
      windowsHide: true,
    })
    this.#child = child
    this.pid = child.pid
    if (child.pid === undefined) {
      child.once('error', onCannotStart)
      return
    }
    if (HAS_GROUPS) guardian.watch(child.pid)
    const streams = [child.stdout, child.stderr].map((stream) => {
      const lines = new OutputLines(output)
      stream.on('data', (chunk: Buffer) => lines.write(chunk))
      return { stream, lines }
    })
    child.on('error', () => undefined)
    child.once('exit', (code, signal) => {
      this.#hasExited = true
      const done = (): void => {
        clearTimeout(timer)
        child.off('close', done)
        for (const { stream, lines } of streams) {
          lines.finish()
          stream.destroy()
        }
        this.#release()
        onExit({ code, signal })
      }
      const timer = setTimeout(done, PIPES_MS)
      child.once('close', done)
    })
  }

  /** At once, with its children. */
  kill(): void {
    this.#signal('SIGKILL')
  }

  /** Lets it end by itself for a moment. */
  terminate(): void {
    this.#signal('SIGTERM')
    const timer = setTimeout(() => this.kill(), GRACE_MS)
    this.#child.once('exit', () => clearTimeout(timer))
  }

  /** What it has left behind in its group ends with it. */
  #release(): void {
    const { pid } = this
    if (pid === undefined || !HAS_GROUPS) return
    signalGroup(pid, 'SIGKILL')
    this.#guardian.release(pid)
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.pid === undefined || this.#hasExited) return
    if (HAS_GROUPS) signalGroup(this.pid, signal)
    else this.#child.kill(signal)
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // There is no such group any more.
  }
}
