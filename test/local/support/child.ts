import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..', '..')
export const COFFER = join(ROOT, 'bin', 'coffer.mjs')
export const SERVE_WITH_STUB = join(ROOT, 'test', 'local', 'support', 'serve-with-stub.ts')

export interface Child {
  readonly process: ChildProcess
  readonly pid: number
  /** Standard output and error so far. */
  readonly text: () => string
  /** Resolves with the URL of the ready line. */
  readonly ready: Promise<string>
  /** Resolves when the output holds it. */
  readonly says: (words: string) => Promise<void>
  /** Resolves with the exit code, or the signal. */
  readonly exit: Promise<number | string | null>
}

/** Child processes that are ended after the test that started them. */
export function childProcesses(): (
  args: readonly string[],
  environment?: Record<string, string>,
  isGroup?: boolean,
) => Child {
  let started: Child[] = []
  afterEach(async () => {
    for (const child of started) child.process.kill('SIGKILL')
    await Promise.all(started.map((child) => child.exit))
    started = []
  })
  return (args, environment = {}, isGroup = false) => {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|COFFER)_/.test(name)))
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...inherited, ...environment }, detached: isGroup })
    let text = ''
    const listeners = new Set<() => void>()
    const listen = (chunk: Buffer): void => {
      text += chunk.toString()
      for (const listener of listeners) listener()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    const matching = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve) => {
        const look = (): void => {
          const match = pattern.exec(text)
          if (match === null) return
          listeners.delete(look)
          resolve(match)
        }
        listeners.add(look)
        look()
      })
    const ready = matching(/^ready (https?:\/\/\S+)$/m).then((match) => match[1] ?? '')
    const says = async (words: string): Promise<void> => {
      await matching(new RegExp(`^${words}$`, 'm'))
    }
    const exit = new Promise<number | string | null>((resolve) =>
      child.on('close', (code, signal) => resolve(code ?? signal)),
    )
    const handle: Child = { process: child, pid: child.pid ?? 0, text: () => text, ready, says, exit }
    started.push(handle)
    return handle
  }
}
