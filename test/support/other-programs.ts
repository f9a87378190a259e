/**
 * Other people's clients: found on this machine or not.
 * @module
 */
import { execFile, spawnSync } from 'node:child_process'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command in an environment of its own; never rejects. */
export function run(
  command: string,
  args: readonly string[],
  { environment = {}, cwd = process.cwd() }: { environment?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...outside(), ...environment }
    const child = execFile(command, args, { env, cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** Nothing of the developer's own AWS or Coffer set-up reaches a test. */
function outside(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|COFFER|BOTO|TF)_/.test(name))
  return {
    ...Object.fromEntries(kept),
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  }
}

/** @returns why the tests cannot run, or undefined when they can */
export function lacking(command: string, args: readonly string[], what: string): string | undefined {
  const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 })
  return status === 0 ? undefined : `${what} is not installed here`
}

/** A suite that needs something: without it one skipped test says what is missing, and so does the console. */
export function describeUnless(reason: string | undefined, title: string, tests: () => void): void {
  if (reason === undefined) {
    describe(title, tests)
    return
  }
  console.warn(`skipped: ${title}: ${reason}`)
  describe(title, () => {
    it.skip(`is not tested: ${reason}`, () => undefined)
  })
}
