/**
 * A database server as a child process: a folder of its own, a free port on loopback, ended by its pid.
 * @module
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Where Debian has servers that are not on every PATH. */
const places = ['/usr/local/bin', '/usr/sbin', '/usr/local/sbin', ...debianPostgres()]
const searched = [...(process.env.PATH ?? '').split(delimiter), ...places].join(delimiter)

function debianPostgres(): string[] {
  try {
    return readdirSync('/usr/lib/postgresql').map((version) => join('/usr/lib/postgresql', version, 'bin'))
  } catch {
    return []
  }
}

const environment = { ...process.env, PATH: searched, LC_ALL: 'C' }
/** The servers refuse to be root; so does a run as root need somebody else, whom Debian has anyway. */
const isRoot = process.getuid?.() === 0
const SOMEBODY = 'nobody'

/** @returns why a server cannot be started here, or undefined when it can */
export function lackingServer(...programs: readonly string[]): string | undefined {
  const wanted = [...programs, 'openssl', ...(isRoot ? ['setpriv'] : [])]
  const missing = wanted.filter((program) => spawnSync('which', [program], { env: environment }).status !== 0)
  return missing.length === 0 ? undefined : `${missing.join(', ')}: not installed here`
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A folder for a server, which it will own once `handOver` was called. */
export const serverFolder = (name: string): string => {
  const folder = mkdtempSync(join(tmpdir(), `coffer-${name}-`))
  chmodSync(folder, 0o755)
  return folder
}

export function handOver(folder: string): void {
  if (isRoot) execFileSync('chown', ['-R', SOMEBODY, folder])
}

const asSomebody = (command: string, args: readonly string[]): [string, string[]] =>
  isRoot
    ? ['setpriv', [`--reuid=${SOMEBODY}`, '--regid=nogroup', '--clear-groups', command, ...args]]
    : [command, [...args]]

/** Runs a program to its end as the server's user. */
export function runAsServer(command: string, args: readonly string[], input = ''): string {
  const [program, all] = asSomebody(command, args)
  const { status, stdout, stderr } = spawnSync(program, all, { env: environment, input, cwd: '/', encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`)
  return stdout
}

interface StartOptions {
  /** Removed at the end. */
  readonly folder: string
  /** Asked until it says so. */
  readonly isReady: () => Promise<boolean>
  /** What ends the server in good order. */
  readonly signal?: NodeJS.Signals
}

export class DatabaseProcess {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #signal: NodeJS.Signals
  #output = ''

  private constructor(child: ChildProcess, { folder, signal = 'SIGTERM' }: Pick<StartOptions, 'folder' | 'signal'>) {
    this.#child = child
    this.#folder = folder
    this.#signal = signal
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    }
  }

  /** @throws with the server's own words when it ends or does not come up */
  static async start(
    command: string,
    args: readonly string[],
    { isReady, ...options }: StartOptions,
  ): Promise<DatabaseProcess> {
    const [program, all] = asSomebody(command, args)
    const child = spawn(program, all, { env: environment, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
    const started = new DatabaseProcess(child, options)
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) break
      if (await isReady().catch(() => false)) return started
      await delay(100)
    }
    await started.stop()
    throw new Error(`${command} did not come up: ${started.#output.slice(-2000)}`)
  }

  /** What it printed, which is its log. */
  get output(): string {
    return this.#output
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve))
      this.#child.kill(this.#signal)
      if ((await Promise.race([ended, delay(5000, 'late', { ref: false })])) === 'late') {
        this.#child.kill('SIGKILL')
        await ended
      }
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
