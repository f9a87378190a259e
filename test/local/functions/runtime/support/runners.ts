/**
 * Functions written into temporary folders, and runners that are closed after the test that made them.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  FunctionRunner,
  type FunctionRunnerOptions,
  type InvocationResult,
  type RunnableFunction,
} from '../../../../../local/functions/runtime/function-runner.ts'

export type Files = Readonly<Record<string, string>>

export interface Bench {
  readonly runner: (options?: FunctionRunnerOptions) => FunctionRunner
  readonly folder: (files: Files) => string
}

export function bench(): Bench {
  let runners: FunctionRunner[] = []
  let folders: string[] = []
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.close()))
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    runners = []
    folders = []
  })
  return {
    runner: (options) => {
      const runner = new FunctionRunner(options)
      runners.push(runner)
      return runner
    },
    folder: (files) => {
      const folder = mkdtempSync(join(tmpdir(), 'coffer-function-'))
      folders.push(folder)
      writeInto(folder, files)
      return folder
    },
  }
}

export function writeInto(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

export const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:rotate'

export const nodeFunction = (folder: string, changes: Partial<RunnableFunction> = {}): RunnableFunction => ({
  arn: ARN,
  name: 'rotate',
  account: '111122223333',
  region: 'eu-west-1',
  version: '$LATEST',
  revisionId: 'one',
  runtime: 'nodejs24.x',
  handler: 'index.handler',
  folder,
  timeoutSeconds: 20,
  memoryMb: 128,
  environment: {},
  maxConcurrency: 4,
  ...changes,
})

export const pythonFunction = (folder: string, changes: Partial<RunnableFunction> = {}): RunnableFunction =>
  nodeFunction(folder, { runtime: 'python3.12', handler: 'app.handler', ...changes })

export const event = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** The payload, read. */
export const said = ({ payload }: InvocationResult): Record<string, unknown> =>
  JSON.parse(payload.toString()) as Record<string, unknown>

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Looks again and again until it is so. */
export async function until(isSo: () => boolean, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!isSo()) {
    if (performance.now() > end) throw new Error('It has not come about.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
