/**
 * What Coffer is measured against: a bare node:http server, and moto's server where it is installed.
 * @module
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiClient, type Answer } from './api-client.ts'
import { Child, freePort } from './child.ts'
import type { Server } from './coffer.ts'
import { scratchDirectory } from './scratch.ts'

/** These node:http adds by itself. */
const OWN_HEADERS: ReadonlySet<string> = new Set(['date', 'connection', 'keep-alive'])

/** @param answer of Coffer, whose bytes it repeats */
export async function startBare({ headers, body }: Answer): Promise<Server> {
  const file = join(scratchDirectory(), 'bare-answer.json')
  const kept = headers.filter((_, index) => !OWN_HEADERS.has((headers[index - (index % 2)] ?? '').toLowerCase()))
  writeFileSync(file, JSON.stringify({ headers: kept, body }))
  const port = await freePort()
  const program = fileURLToPath(import.meta.resolve('./bare-server.ts'))
  return started('bare', port, {
    name: 'bare',
    file: process.execPath,
    args: [program, String(port), file],
  })
}

export const hasMoto = (): boolean => spawnSync('moto_server', ['--help']).status === 0

export async function startMoto(): Promise<Server> {
  const port = await freePort()
  return started('moto', port, {
    name: 'moto',
    file: 'moto_server',
    args: ['-H', '127.0.0.1', '-p', String(port)],
  })
}

async function started(name: string, port: number, command: ConstructorParameters<typeof Child>[0]): Promise<Server> {
  const address = { host: '127.0.0.1', port }
  const child = new Child(command)
  const client = new ApiClient(address)
  await child.ready(async () => (await client.send({ operation: 'ListSecrets', input: {} })).status === 200)
  client.close()
  return { name, address, pid: child.pid, stop: () => child.stop() }
}
