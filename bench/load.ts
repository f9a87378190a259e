/**
 * Load from a second process: wrk where it is installed, else autocannon, which is slower than a bare node:http server and then flatters Coffer's share of it.
 * @module
 */
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { GOOD_FOR_MS, type Address } from './signed-call.ts'
import type { RequestFile } from './request-file.ts'

export interface Load {
  readonly address: Address
  readonly requests: RequestFile
  readonly connections: number
  readonly seconds: number
  /** Which share of the answers may be errors; absent: none. */
  readonly maxFailed?: number
}

export interface LoadResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers. */
  readonly completed: number
}

/** What a generator prints as its last line. */
interface Report {
  readonly completed: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers that were not 2xx, and requests without an answer. */
  readonly failed: number
}

export type LoadTool = 'wrk' | 'autocannon'

let tool: LoadTool | undefined

export function loadTool(): LoadTool {
  // `wrk -v` prints its version and ends with 1.
  tool ??= spawnSync('wrk', ['-v']).error === undefined ? 'wrk' : 'autocannon'
  return tool
}

/** @throws when an answer was an error, or the requests did not suffice */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { requests, connections, seconds, maxFailed = 0 } = load
  if (Date.now() + seconds * 1000 > requests.signedAt + GOOD_FOR_MS) throw new Error('the signatures are too old')
  const { completed, failed, p50Ms, p99Ms, ...report } = await run(commandOf(load))
  if (failed > maxFailed * completed) throw new Error(`${failed} of ${completed} answers were errors`)
  if (completed === 0) throw new Error('there was no answer')
  if (requests.isOnce && completed + connections > requests.count)
    throw new Error(`${requests.count} requests did not suffice for ${seconds} s`)
  return { completed, perSecond: completed / report.seconds, p50Ms, p99Ms }
}

function commandOf({ address, requests, connections, seconds }: Load): readonly string[] {
  const url = `http://${address.host}:${address.port}/`
  if (loadTool() === 'autocannon') {
    const program = fileURLToPath(import.meta.resolve('./autocannon-load.ts'))
    return [process.execPath, program, url, requests.path, String(connections), String(seconds)]
  }
  const script = fileURLToPath(new URL('wrk-load.lua', import.meta.url))
  return ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url, '--', requests.path]
}

function run([file = '', ...args]: readonly string[]): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.once('error', reject)
    child.once('close', (code) => {
      const last = output.trimEnd().split('\n').at(-1) ?? ''
      if (code === 0 && last.startsWith('{')) resolve(JSON.parse(last) as Report)
      else reject(new Error(`${file} ended with ${code}: ${output}`))
    })
  })
}
