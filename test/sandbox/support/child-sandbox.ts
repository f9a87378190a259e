/**
 * `npm run sandbox` in a process of its own, as a user starts it, and its admin endpoint.
 * @module
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Report } from '../../../sandbox/report.ts'
import { deploymentWith } from './deployment.ts'

export const ADMIN = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'chosen-for-a-test-and-nothing-else' }

interface Welcome {
  readonly url: string
  readonly adminUrl: string
  readonly kmsUrl: string
  readonly account: string
  readonly regions: readonly string[]
}

/** A suite stops its own, and so lets it tidy up; none outlives the tests. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** For temporary folders and compiled code (test/support/run/begin.ts). */
const placesOfTheRun = (): Record<string, string> => {
  const { TMPDIR, NODE_COMPILE_CACHE } = process.env
  return { ...(TMPDIR !== undefined && { TMPDIR }), ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) }
}

export class ChildSandbox {
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  #stderr = ''
  #code: number | null = null
  #stdout = ''
  #welcome: Welcome | undefined

  private constructor(flags: readonly string[]) {
    this.#process = spawn(process.execPath, [resolve('sandbox/main.ts'), '--port', '0', '--json', ...flags], {
      env: {
        PATH: process.env.PATH,
        ...placesOfTheRun(),
        COFFER_ADMIN_ACCESS_KEY_ID: ADMIN.accessKeyId,
        COFFER_ADMIN_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(this.#process)
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString('utf8')))
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString('utf8')))
    this.#exited = once(this.#process, 'close').then(() => {
      running.delete(this.#process)
      this.#code = this.#process.exitCode
    })
  }

  /** Resolves when it serves. What is served by default was synthesised before, once for all suites. @throws when it ends instead, with what it said */
  static async start(...flags: readonly string[]): Promise<ChildSandbox> {
    const isChosen = flags.some((flag) => ['--out', '--config', '--regions', '--key-mode'].includes(flag))
    const child = new ChildSandbox(isChosen ? flags : ['--out', await deploymentWith(), ...flags])
    const ready = new Promise<void>((found) => {
      child.#process.stdout?.on('data', () => {
        if (child.#stdout.includes('\n')) found()
      })
    })
    const ended = child.#exited.then(() => {
      throw new Error(`the sandbox did not start: ${child.output}`)
    })
    await Promise.race([ready, ended])
    ended.catch(() => undefined)
    child.#welcome = JSON.parse(child.#stdout.split('\n')[0]!) as Welcome
    return child
  }

  get welcome(): Welcome {
    return this.#welcome!
  }

  get stdout(): string {
    return this.#stdout
  }

  get output(): string {
    return this.#stdout + this.#stderr
  }

  /** After its end. */
  get code(): number | null {
    return this.#code
  }

  /** Calls that were refused, and what went wrong in the sandbox itself. */
  get complaints(): string {
    return this.#stderr
  }

  async admin<T = unknown>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const response = await fetch(this.welcome.adminUrl + path, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as T
  }

  report(): Promise<Report> {
    return this.admin('GET', '/report')
  }

  logs(): Promise<Record<string, string>> {
    return this.admin('GET', '/logs')
  }

  async advanceClock(milliseconds: number): Promise<void> {
    await this.admin('POST', '/clock', { advance: milliseconds })
  }

  /** Ends it as a user does. @returns the report that it printed */
  async stop(): Promise<Report> {
    this.#process.kill('SIGTERM')
    await this.#exited
    return JSON.parse(this.#stdout.trimEnd().split('\n').at(-1)!) as Report
  }
}
