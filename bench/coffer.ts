/**
 * Coffer as its users run it: `coffer serve` in its own process, with a log that goes to a file.
 * @module
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiClient } from './api-client.ts'
import { Child, freePort } from './child.ts'
import { freshDirectory } from './scratch.ts'
import { getCall } from './secrets.ts'
import { credentials, type Address } from './signed-call.ts'

export type KeyMode = 'per-secret' | 'shared'

export interface CofferOptions {
  /** Absent: a new, empty one. */
  readonly dataDir?: string
  readonly keyMode?: KeyMode
  /** Of node itself. */
  readonly nodeArgs?: readonly string[]
  /** Beside port, data directory and key mode. */
  readonly flags?: readonly string[]
}

export interface Server {
  readonly name: string
  readonly address: Address
  readonly pid: number
  readonly stop: () => Promise<void>
}

export interface Coffer extends Server {
  readonly dataDir: string
}

const COMMAND = join(import.meta.dirname, '..', 'bin', 'coffer.mjs')
/** The command's own flags for node stand in its first line. */
const COMMAND_FLAGS = /^#!.*\bnode +(--.*)/.exec(readFileSync(COMMAND, 'utf8'))?.[1]?.split(' ') ?? []

export async function startCoffer(options: CofferOptions = {}): Promise<Coffer> {
  const coffer = await spawnCoffer(options)
  const client = new ApiClient(coffer.address)
  await coffer.child.ready(async () => (await client.send({ operation: 'ListSecrets', input: {} })).status === 200)
  client.close()
  return coffer
}

/** Ends it whatever happens. */
export async function withCoffer<T>(options: CofferOptions, work: (coffer: Coffer) => Promise<T>): Promise<T> {
  const coffer = await startCoffer(options)
  try {
    return await work(coffer)
  } finally {
    await coffer.stop()
  }
}

/** @returns milliseconds from the start of the process to the first answer to a signed GetSecretValue */
export async function timeToFirstAnswer(dataDir: string): Promise<number> {
  const startedAt = performance.now()
  const coffer = await spawnCoffer({ dataDir })
  const client = new ApiClient(coffer.address)
  await coffer.child.ready(async () => (await client.send(getCall(0))).status === 200, { everyMs: 2 })
  const took = performance.now() - startedAt
  client.close()
  await coffer.stop()
  return took
}

async function spawnCoffer({
  dataDir = freshDirectory('data'),
  keyMode = 'per-secret',
  nodeArgs = [],
  flags = [],
}: CofferOptions): Promise<Coffer & { readonly child: Child }> {
  const address = { host: '127.0.0.1', port: await freePort() }
  const options = ['--port', String(address.port), '--data-dir', dataDir, '--key-mode', keyMode]
  const child = new Child({
    name: 'coffer',
    file: process.execPath,
    args: [...nodeArgs, ...COMMAND_FLAGS, COMMAND, 'serve', ...options, ...flags],
    environment: {
      COFFER_ADMIN_ACCESS_KEY_ID: credentials.accessKeyId,
      COFFER_ADMIN_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  })
  return { name: 'coffer', address, pid: child.pid, dataDir, child, stop: () => child.stop() }
}
